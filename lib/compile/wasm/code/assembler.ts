/**
 * @file Writes WebAssembly modules, so that kernels are built at run time without a toolchain.
 *
 * Code is a nested list of bytes, and an instruction is a function from the code of its operands to code:
 * `i32.add(p, i32.const(4))` leaves `p + 4` on the stack. Nesting gives the stack order, and the final flattening gives the
 * body. Only what our kernels use is here: i32, f32 and v128, one imported memory, functions and exports.
 *
 * @see WebAssembly Core Specification, chapter 5 (binary format)
 */
import { InvariantError } from "../../../core/errors.js";

export type ValueType = "i32" | "f32" | "v128";

/** Bytes of instructions, nested as convenient. */
export type Code = readonly (number | Code)[];

const TYPE_BYTE: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };
const VOID_BLOCK = 0x40;

/** Unsigned LEB128 of an integer in [0, 2^32). */
export const unsignedLeb = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
};

/** Signed LEB128 of a 32-bit integer. */
export const signedLeb = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
};

const f32Bytes = (value: number): number[] => [...new Uint8Array(new Float32Array([value]).buffer)];
const i32Bytes = (value: number): number[] => [...new Uint8Array(new Int32Array([value]).buffer)];

const unary =
  (...opcode: number[]) =>
  (x: Code): Code => [x, ...opcode];
const binary =
  (...opcode: number[]) =>
  (x: Code, y: Code): Code => [x, y, ...opcode];

/** Vector instructions have the prefix 0xfd and a LEB128 opcode. */
const simd = (opcode: number): number[] => [0xfd, ...unsignedLeb(opcode)];

const load =
  (opcode: readonly number[], alignLog2: number) =>
  (address: Code, offset = 0): Code => [address, ...opcode, alignLog2, ...unsignedLeb(offset)];
const store =
  (opcode: readonly number[], alignLog2: number) =>
  (address: Code, value: Code, offset = 0): Code => [address, value, ...opcode, alignLog2, ...unsignedLeb(offset)];
/** Stores lane 0. */
const storeLane =
  (opcode: readonly number[], alignLog2: number) =>
  (address: Code, value: Code): Code => [address, value, ...opcode, alignLog2, 0, 0];

export const i32 = {
  const: (value: number): Code => [0x41, ...signedLeb(value)],
  load: load([0x28], 2),
  store: store([0x36], 2),
  eqz: unary(0x45),
  eq: binary(0x46),
  ne: binary(0x47),
  ltS: binary(0x48),
  ltU: binary(0x49),
  gtS: binary(0x4a),
  geS: binary(0x4e),
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  and: binary(0x71),
  or: binary(0x72),
  shl: binary(0x74),
  shrU: binary(0x76),
};

export const f32 = {
  const: (value: number): Code => [0x43, ...f32Bytes(value)],
  load: load([0x2a], 2),
  store: store([0x38], 2),
  add: binary(0x92),
};

export const v128 = {
  zero: [...simd(0x0c), ...new Array<number>(16).fill(0)] as Code,
  load: load(simd(0x00), 2),
  /** Reads one 32-bit element and copies it to all four lanes. */
  load32Splat: load(simd(0x09), 2),
  /** Reads one byte and copies it to all sixteen lanes. */
  load8Splat: load(simd(0x07), 0),
  /** Reads 32 bits into lane 0; the others are 0. */
  load32Zero: load(simd(0x5c), 0),
  store: store(simd(0x0b), 2),
  store8: storeLane(simd(0x58), 0),
  store32: storeLane(simd(0x5a), 0),
  not: unary(...simd(0x4d)),
  and: binary(...simd(0x4e)),
  andNot: binary(...simd(0x4f)),
  or: binary(...simd(0x50)),
  xor: binary(...simd(0x51)),
  /** Bits of `x` where `mask` is 1, of `y` where it is 0. */
  select: (x: Code, y: Code, mask: Code): Code => [x, y, mask, ...simd(0x52)],
  /** Four 32-bit lanes out of the eight of `x` (0-3) and `y` (4-7). */
  shuffle32: (x: Code, y: Code, lanes: readonly [number, number, number, number]): Code => [
    x,
    y,
    ...simd(0x0d),
    ...lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
  ],
};

export const f32x4 = {
  /** The same constant in all four lanes. */
  const: (value: number): Code => [...simd(0x0c), ...Array.from({ length: 4 }, () => f32Bytes(value)).flat()],
  eq: binary(...simd(0x41)),
  ne: binary(...simd(0x42)),
  lt: binary(...simd(0x43)),
  gt: binary(...simd(0x44)),
  le: binary(...simd(0x45)),
  ge: binary(...simd(0x46)),
  ceil: unary(...simd(0x67)),
  floor: unary(...simd(0x68)),
  nearest: unary(...simd(0x6a)),
  abs: unary(...simd(0xe0)),
  neg: unary(...simd(0xe1)),
  sqrt: unary(...simd(0xe3)),
  add: binary(...simd(0xe4)),
  sub: binary(...simd(0xe5)),
  mul: binary(...simd(0xe6)),
  div: binary(...simd(0xe7)),
  min: binary(...simd(0xe8)),
  max: binary(...simd(0xe9)),
  /** `y < x ? y : x`, one instruction on x86; a NaN in `x` passes. */
  pmin: binary(...simd(0xea)),
  /** `x < y ? y : x`, likewise. */
  pmax: binary(...simd(0xeb)),
  fromI32: unary(...simd(0xfa)),
  fromU32: unary(...simd(0xfb)),
  /** Two doubles into lanes 0 and 1; the others are 0. */
  fromF64: unary(...simd(0x5e)),
};

export const f64x2 = {
  /** Lanes 0 and 1 of four floats. */
  fromF32: unary(...simd(0x5f)),
  add: binary(...simd(0xf0)),
};

export const i32x4 = {
  const: (value: number): Code => [...simd(0x0c), ...Array.from({ length: 4 }, () => i32Bytes(value)).flat()],
  /** A constant in each lane. */
  lanes: (...values: readonly [number, number, number, number]): Code => [...simd(0x0c), ...values.flatMap(i32Bytes)],
  eq: binary(...simd(0x37)),
  ne: binary(...simd(0x38)),
  ltS: binary(...simd(0x39)),
  ltU: binary(...simd(0x3a)),
  gtS: binary(...simd(0x3b)),
  gtU: binary(...simd(0x3c)),
  leS: binary(...simd(0x3d)),
  leU: binary(...simd(0x3e)),
  geS: binary(...simd(0x3f)),
  geU: binary(...simd(0x40)),
  abs: unary(...simd(0xa0)),
  neg: unary(...simd(0xa1)),
  shl: binary(...simd(0xab)),
  shrS: binary(...simd(0xac)),
  shrU: binary(...simd(0xad)),
  add: binary(...simd(0xae)),
  sub: binary(...simd(0xb1)),
  mul: binary(...simd(0xb5)),
  minS: binary(...simd(0xb6)),
  minU: binary(...simd(0xb7)),
  maxS: binary(...simd(0xb8)),
  maxU: binary(...simd(0xb9)),
  /** The same i32 in all four lanes. */
  splat: unary(...simd(0x11)),
  /** Truncates; NaN gives 0 and what is out of range saturates. */
  truncF32: unary(...simd(0xf8)),
  truncF32U: unary(...simd(0xf9)),
  /** The first four bytes, unsigned. */
  fromBytes: (x: Code): Code => [x, ...simd(0x89), ...simd(0xa9)],
  /** The low bytes of four lanes, which are 0 or -1, into the first four bytes. */
  toBytes: (x: Local): Code => [x.get, x.get, ...simd(0x85), x.get, x.get, ...simd(0x85), ...simd(0x65)],
};

/** `depth` 0 is the innermost enclosing block, loop or if; a branch to a loop repeats it. */
export const branch = (depth: number): Code => [0x0c, ...unsignedLeb(depth)];
export const branchIf = (condition: Code, depth: number): Code => [condition, 0x0d, ...unsignedLeb(depth)];
export const block = (...body: Code[]): Code => [0x02, VOID_BLOCK, body, 0x0b];
export const loop = (...body: Code[]): Code => [0x03, VOID_BLOCK, body, 0x0b];
export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  condition,
  0x04,
  VOID_BLOCK,
  then,
  otherwise.length === 0 ? [] : [0x05, otherwise],
  0x0b,
];

/** One parameter or local variable of the function that made it. */
export class Local {
  readonly get: Code;
  constructor(private readonly index: number) {
    this.get = [0x20, ...unsignedLeb(index)];
  }
  set(value: Code): Code {
    return [value, 0x21, ...unsignedLeb(this.index)];
  }
  /** Sets and leaves the value on the stack. */
  tee(value: Code): Code {
    return [value, 0x22, ...unsignedLeb(this.index)];
  }
  /** Adds an i32. */
  advance(by: Code): Code {
    return this.set(i32.add(this.get, by));
  }
}

/** Runs the body with the i32 `counter` = its value, ..., 2, 1; not at all where it is 0. Leaves it 0. */
export const countDown = (counter: Local, ...body: Code[]): Code =>
  when(counter.get, loop(...body, branchIf(counter.tee(i32.sub(counter.get, i32.const(1))), 0)));

/** A function under construction; its parameters are all i32 and it returns nothing. */
export class FunctionBuilder {
  private readonly locals: ValueType[] = [];
  private body: Code = [];
  readonly params: readonly Local[];

  constructor(
    readonly index: number,
    readonly paramCount: number,
  ) {
    this.params = Array.from({ length: paramCount }, (_, i) => new Local(i));
  }

  local(type: ValueType): Local {
    this.locals.push(type);
    return new Local(this.paramCount + this.locals.length - 1);
  }

  /** Sets the body. */
  define(...body: Code[]): void {
    this.body = body;
  }

  /** Code of a call with one operand a parameter. */
  call(...args: Code[]): Code {
    if (args.length !== this.paramCount) {
      throw new InvariantError({
        where: "wasm assembler",
        what: `function ${this.index} called with a wrong number of arguments`,
        expected: String(this.paramCount),
        got: String(args.length),
      });
    }
    return [...args, 0x10, ...unsignedLeb(this.index)];
  }

  /** The entry of the code section, without its size. */
  encode(): number[] {
    const declarations = this.locals.flatMap((type) => [1, TYPE_BYTE[type]]);
    return [...unsignedLeb(this.locals.length), ...declarations, ...flatten(this.body), 0x0b];
  }
}

const flatten = (code: Code): number[] => {
  const bytes: number[] = [];
  const walk = (part: Code): void => {
    for (const item of part) {
      if (typeof item === "number") bytes.push(item);
      else walk(item);
    }
  };
  walk(code);
  return bytes;
};

const name = (text: string): number[] => [...unsignedLeb(text.length), ...[...text].map((ch) => ch.charCodeAt(0))];
const vector = (items: readonly (readonly number[])[]): number[] => [...unsignedLeb(items.length), ...items.flat()];
const section = (id: number, content: readonly number[]): number[] => [id, ...unsignedLeb(content.length), ...content];

/** The most pages of 64 KiB a 32-bit memory can have. */
const MAX_PAGES = 65536;

/** A module that imports one memory as `env.memory` and exports functions of i32 parameters without results. */
export class ModuleBuilder {
  private readonly functions: FunctionBuilder[] = [];
  private readonly exports: { readonly name: string; readonly index: number }[] = [];

  /** Declares a function; given a name it is exported. Define it with `define`. */
  func(paramCount: number, exportName?: string): FunctionBuilder {
    const builder = new FunctionBuilder(this.functions.length, paramCount);
    this.functions.push(builder);
    if (exportName !== undefined) this.exports.push({ name: exportName, index: builder.index });
    return builder;
  }

  /**
   * The binary module.
   *
   * @param sharedMemory  whether the memory to import is shared between threads; the two kinds do not match each other
   */
  encode(sharedMemory: boolean): Uint8Array<ArrayBuffer> {
    const limits = sharedMemory ? [0x03, 0, ...unsignedLeb(MAX_PAGES)] : [0x00, 0];
    const types = this.functions.map((f) => [
      0x60,
      ...vector(Array.from({ length: f.paramCount }, () => [TYPE_BYTE.i32])),
      0,
    ]);
    const bodies = this.functions.map((f) => f.encode());
    return new Uint8Array([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, vector(types)),
      ...section(2, vector([[...name("env"), ...name("memory"), 0x02, ...limits]])),
      ...section(3, vector(this.functions.map((f) => unsignedLeb(f.index)))),
      ...section(7, vector(this.exports.map((e) => [...name(e.name), 0x00, ...unsignedLeb(e.index)]))),
      ...section(10, vector(bodies.map((body) => [...unsignedLeb(body.length), ...body]))),
    ]);
  }
}

/** Instantiates a module on a memory and returns its exports. Synchronous: the modules are a few kilobytes. */
export const instantiate = <Exports>(module: ModuleBuilder, memory: WebAssembly.Memory): Exports => {
  const shared = typeof SharedArrayBuffer !== "undefined" && memory.buffer instanceof SharedArrayBuffer;
  const compiled = new WebAssembly.Module(module.encode(shared));
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as Exports;
};

/**
 * @file Tensors: the values of the language.
 *
 * A tensor is a `DeviceArray` (data on a device), a `Literal` (a scalar known as a JS number) or a `Tracer` (a stand-in
 * while a transformation looks at a function). All are immutable.
 */
import { Aval, type DType, type Shape } from "./aval.js";
import {
  DTypeError,
  isFluxionError,
  TracerError,
  TreeError,
  UnsupportedError,
  UseAfterDisposeError,
} from "./errors.js";
import { allocate, type HostArray, isHostArray, type TypedArray } from "./host.js";
import { orphan } from "./orphans.js";
import { printArray, printWithout } from "./print.js";
import { leavesOf } from "./pytree.js";
import { type Owned, own } from "./scope.js";

const BRAND = Symbol.for("fluxion.tensor");
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Nested plain numbers or booleans, as `toArray` gives them. */
export type Nested = number | boolean | readonly Nested[];

/** A value with a shape and a dtype. */
export abstract class Tensor {
  readonly [BRAND] = true;
  abstract readonly aval: Aval;
  get shape(): Shape {
    return this.aval.shape;
  }
  get dtype(): DType {
    return this.aval.dtype;
  }
  get ndim(): number {
    return this.aval.ndim;
  }
  get size(): number {
    return this.aval.size;
  }
  /** The bytes of all elements together. */
  get nbytes(): number {
    return this.aval.bytes;
  }
  /** The concrete value behind this tensor. @throws {TracerError} when there is none yet */
  abstract concrete(where: string): Literal | DeviceArray;

  /** The elements, row-major, copied to the host. A bool tensor gives zeros and ones. */
  dataSync(): TypedArray {
    return this.concrete("dataSync").host().data;
  }
  /** The elements, row-major, copied to the host. */
  async data(): Promise<TypedArray> {
    return (await this.concrete("data").ready()).data;
  }
  /** The value of a tensor with one element. @throws {ShapeError} when it has more */
  item(): number {
    const data = this.concrete("item").host().data;
    if (data.length !== 1) {
      throw new TreeError({
        where: "item",
        what: "the tensor does not have exactly one element",
        expected: "one element",
        got: `${this.aval}`,
        hint: "use dataSync() or toArray()",
      });
    }
    return data[0] as number;
  }
  /** The elements as nested arrays; a scalar gives a number or boolean. */
  toArray(): Nested {
    const { data, shape, dtype } = this.concrete("toArray").host();
    let next = 0;
    const build = (axis: number): Nested => {
      if (axis < shape.length) return Array.from({ length: shape[axis] as number }, () => build(axis + 1));
      const value = data[next++] as number;
      return dtype === "bool" ? value !== 0 : value;
    };
    return build(0);
  }
  /** Frees the memory; using the tensor afterwards is an error. Disposing twice is not. */
  dispose(): void {}
  [Symbol.dispose](): void {
    this.dispose();
  }
  /** The values as NumPy prints them (the items at the edges where there are more than 1,000), the shape and the dtype. */
  abstract toString(): string;
  /** The elements as nested arrays, which is what `JSON.stringify` writes; JSON has null for numbers that are not finite. */
  abstract toJSON(): Nested | string;
  /** What Node's `console.log` and its REPL show. */
  [INSPECT](): string {
    return this.toString();
  }
  /** Refuses JavaScript's operators: `x * 2` would be a number, which no transformation sees. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new UnsupportedError({
      where: "tensor",
      what: "JavaScript's operators do not work on tensors",
      expected: "a function of fluxion, such as np.add(x, y), np.multiply(x, 2) or np.less(x, y)",
      got: this.describe(),
      hint: "x.item() is the number in a tensor with one element that is not traced; np.where and lax.cond decide; in a text, write String(x)",
    });
  }
  /** What messages say of the tensor. */
  describe(): string {
    return `${this.aval}`;
  }
}

/** What functions accept in place of a tensor. */
export type TensorLike = Tensor | number | boolean;

/** Whether `x` is a tensor of this copy of the library. @throws {TreeError} when it is one of another copy */
export const isTensor = (x: unknown): x is Tensor => {
  if (x instanceof Tensor) return true;
  if (typeof x === "object" && x !== null && BRAND in x) {
    throw new TreeError({
      where: "fluxion",
      what: "this tensor comes from another copy of the package",
      expected: "one copy of fluxion in the process",
      got: "two copies (two versions, or one bundled and one not)",
      hint: "run `npm ls fluxion` and make every package use the same one",
    });
  }
  return false;
};

/** A scalar whose value is known while tracing. A weak one came from a plain JS number. */
export class Literal extends Tensor {
  readonly aval: Aval;
  constructor(
    readonly value: number,
    dtype: DType,
    weak = false,
  ) {
    super();
    this.aval = new Aval([], dtype, weak);
  }
  concrete(): Literal {
    return this;
  }
  async ready(): Promise<HostArray> {
    return this.host();
  }
  host(): HostArray {
    const data = allocate(this.aval.dtype, 1);
    data[0] = this.aval.dtype === "bool" && this.value !== 0 ? 1 : this.value;
    return { shape: [], dtype: this.aval.dtype, data };
  }
  toString(): string {
    return printArray("Tensor", this.host(), this.aval.weak ? ", weak=true" : "");
  }
  toJSON(): Nested {
    return this.toArray();
  }
}

/** The number as a weak float, the boolean as a bool. */
export const literalOf = (value: number | boolean): Literal =>
  typeof value === "boolean" ? new Literal(Number(value), "bool") : new Literal(value, "float32", true);

/** A literal of a strong dtype. @throws {DTypeError} when the dtype cannot hold the value */
export const literal = (where: string, value: number, dtype: DType): Literal => {
  const fits =
    dtype === "bool"
      ? value === 0 || value === 1
      : dtype === "int32"
        ? Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31
        : dtype === "uint32"
          ? Number.isInteger(value) && value >= 0 && value < 2 ** 32
          : true;
  if (fits) return new Literal(value, dtype);
  throw new DTypeError({
    where,
    what: `${dtype} cannot hold ${value}`,
    expected: dtype === "bool" ? "0 or 1" : "an integer in range",
    got: String(value),
    hint: "to get a fraction, convert the tensor to float32 first",
  });
};

/** What a device uses to find the data of one array. */
export type Handle = unknown;

/** A place where arrays live. */
export interface Device {
  readonly name: string;
  upload(x: HostArray): Handle;
  /** Like `upload` for data that is not used elsewhere: a device in host memory keeps them as they are, others let go of them. */
  uploadOwned?(x: HostArray): Handle;
  /** @throws {PendingError} on an asynchronous device, when the data are not there yet */
  download(handle: Handle): HostArray;
  /** On an asynchronous device: waits for the data and keeps them for `download`. */
  fetch?(handle: Handle): Promise<HostArray>;
  /** Another handle on the same data; each is freed by itself. */
  share(handle: Handle): Handle;
  free(handle: Handle): void;
  /**
   * Frees the handle once the collector has taken `owner`, and the event loop has turned since. Freed before that, it stays free.
   * What the device keeps for it must not reach `owner`, nor data that the collector could take.
   */
  watch(owner: object, handle: Handle): void;
  /** Bytes of live arrays. Absent where the collector sees them, and frees the unreachable ones by itself. */
  liveBytes?(): number;
  /** Identity of the data behind the handle, to find aliases. */
  storage(handle: Handle): unknown;
}

/** An array on a device; a copy on another device, once made, stays with it. */
export class DeviceArray extends Tensor implements Owned {
  #handle: Handle;
  /** Copies on other devices. */
  #copies: Map<Device, Handle> | undefined;
  /** Why the memory is gone, once it is. */
  #gone: string | undefined;
  #watched = false;

  constructor(
    readonly aval: Aval,
    readonly device: Device,
    handle: Handle,
  ) {
    super();
    this.#handle = handle;
    own(this);
  }
  get disposed(): boolean {
    return this.#gone !== undefined;
  }
  orphan(): void {
    orphan(this);
  }
  /** From now on the collector frees it when it is unreachable. */
  watch(): void {
    if (this.#gone !== undefined) return;
    this.#watched = true;
    this.device.watch(this, this.#handle);
    if (this.#copies !== undefined) for (const [device, copy] of this.#copies) device.watch(this, copy);
  }
  concrete(): DeviceArray {
    return this;
  }
  host(): HostArray {
    return this.device.download(this.handleOn(this.device, "dataSync"));
  }
  /** The data as soon as they are there; from then on `host` has them too. */
  async ready(): Promise<HostArray> {
    return this.device.fetch?.(this.handleOn(this.device, "data")) ?? this.host();
  }
  /** Throws when the memory is gone. */
  check(where: string): void {
    if (this.#gone === undefined) return;
    throw new UseAfterDisposeError({
      where,
      what: `this tensor cannot be used any more: ${this.#gone}`,
      expected: "a tensor that is alive",
      got: `${this.aval}`,
      hint: "keep it alive by returning it from its scope, or do not dispose (donate) it before its last use",
    });
  }
  /** The handle on `device`; the first use there copies the data, which then stay. */
  handleOn(device: Device, where: string): Handle {
    this.check(where);
    if (device === this.device) return this.#handle;
    const found = this.#copies?.get(device);
    if (found !== undefined) return found;
    const copy = device.upload(this.device.download(this.#handle));
    this.#copies ??= new Map();
    this.#copies.set(device, copy);
    if (this.#watched) device.watch(this, copy);
    return copy;
  }
  toString(): string {
    if (this.#gone !== undefined) return printWithout("Tensor", this.#gone, this);
    try {
      return printArray("Tensor", this.host());
    } catch (error) {
      if (isFluxionError(error, "PendingError")) {
        return printWithout("Tensor", "not read yet: await x.data()", this);
      }
      throw error;
    }
  }
  toJSON(): Nested {
    return this.toArray();
  }
  /** Another array on the same data, with its own lifetime. */
  alias(): DeviceArray {
    return new DeviceArray(this.aval, this.device, this.device.share(this.handleOn(this.device, "alias")));
  }
  override dispose(reason = "it was disposed"): void {
    if (this.#gone !== undefined) return;
    this.#gone = reason;
    this.device.free(this.#handle);
    if (this.#copies !== undefined) for (const [device, copy] of this.#copies) device.free(copy);
    this.#handle = this.#copies = undefined;
  }
}

/** What traces are, as far as a tensor needs to know. */
export interface TraceInfo {
  /** The transformation and the function, as in "grad of loss". */
  readonly name: string;
  readonly ended: boolean;
}

/** A stand-in for a value while a transformation runs a function. */
export abstract class Tracer extends Tensor {
  /** Where the value is among the function's arguments, as `args[0].w`; undefined for the result of an operation. */
  argument: (() => string) | undefined;

  constructor(
    /** The transformation that the tensor lives in. */
    readonly owner: TraceInfo,
    readonly madeBy: string,
  ) {
    super();
  }
  /** What messages say of the value: its aval, where it comes from, and whose it is. */
  override describe(): string {
    const origin = this.argument === undefined ? `made by ${this.madeBy}` : `given as ${this.argument()}`;
    return `${this.aval} ${origin} in ${this.owner.name}`;
  }
  toString(): string {
    return `Traced<${this.describe()}>`;
  }
  toJSON(): string {
    return this.toString();
  }
  concrete(where: string): Literal | DeviceArray {
    throw new TracerError({
      where,
      what: "a traced tensor has no value",
      expected: "operations of fluxion only, inside a transformed function",
      got: this.describe(),
      at: this.argument?.(),
      hint: "decide with np.where or lax.cond, or make the argument static; return what you want to see",
    });
  }
}

/** Hints for values that cannot become tensors, by their kind. */
const HINTS: Readonly<Record<string, string>> = {
  undefined: "an argument is missing, or a key is misspelt; x[i] is undefined too: np.get(x, i) reads a tensor",
  null: "an argument is missing; null stands for no leaf in trees only",
  string: "trees hold tensors and numbers: close over a text, or name its argument in jit's static",
  function: "trees hold tensors and numbers: close over a function, or name its argument in jit's static",
};

/** What an object is that cannot be a tree, and how to make one of it. */
const notATree = (x: object): { readonly got: string; readonly hint: string } => {
  const name = (x as { readonly constructor?: { readonly name?: string } }).constructor?.name;
  if (name === undefined || name === "Object") {
    return { got: "an object", hint: "give one of its tensors; functions that take trees take objects of tensors" };
  }
  if (x instanceof Map) return { got: "a Map", hint: "make a plain object of it: Object.fromEntries(map)" };
  if (Symbol.iterator in x) return { got: `a ${name}`, hint: "make a list of it: [...x]" };
  return {
    got: `an instance of ${name}`,
    hint: `trees are plain objects and lists, such as { ...x }; tree.registerNode(${name}, { name, flatten, unflatten }) makes ${name} one`,
  };
};

/** What a value is that is not a tensor, and how to make one of it. */
const notATensor = (x: unknown): { readonly got: string; readonly hint: string } => {
  if (ArrayBuffer.isView(x)) {
    // In a tree, also the elements of an array of the host, which is a record.
    const hint =
      "make tensors from arrays with np.array, and of what was loaded (arrays of the host) with np.devicePut";
    return { got: `a ${x.constructor.name}`, hint };
  }
  if (isHostArray(x)) return { got: "an array of the host", hint: "put it on the device with np.devicePut" };
  if (typeof x === "object" && x !== null && !Array.isArray(x)) return notATree(x);
  const got = x === null ? "null" : Array.isArray(x) ? "an array" : typeof x;
  return { got, hint: HINTS[got] ?? "make tensors from arrays with np.array" };
};

/** A tensor from a tensor, number or boolean. @throws {TreeError} for anything else */
export const asTensor = (x: unknown, where: string, at?: string): Tensor => {
  if (typeof x === "number" || typeof x === "boolean") return literalOf(x);
  if (isTensor(x)) return x;
  throw new TreeError({
    where,
    what: "a value is not a tensor",
    expected: "a tensor, number or boolean",
    at,
    ...notATensor(x),
  });
};

/** Frees every tensor of a tree. */
export const dispose = (tree: unknown): void => disposeExcept(tree, []);

/** Frees the tensors of a tree that another tree does not hold. */
export const disposeExcept = (tree: unknown, kept: unknown): void => {
  const staying = new Set(leavesOf(kept));
  for (const leaf of leavesOf(tree)) {
    if (isTensor(leaf) && !staying.has(leaf)) leaf.dispose();
  }
};

/**
 * Waits until every tensor of a tree has been computed and its elements are on the host, so that `dataSync`, `item` and an `if` on
 * them work, and they can go to another backend. On a synchronous backend there is nothing to wait for.
 *
 * @returns  the same tree
 * @throws {BackendError} when the device reports an error
 * @see `jax.block_until_ready`
 * @example const { loss } = await blockUntilReady(step(batch)); loss.item()
 */
export const blockUntilReady = async <T>(tree: T): Promise<T> => {
  const leaves = leavesOf(tree)
    .filter(isTensor)
    .map((x) => x.concrete("blockUntilReady"));
  await Promise.all(
    leaves.map((x) => (x instanceof DeviceArray && x.device.fetch !== undefined ? x.ready() : undefined)),
  );
  return tree;
};

/** The tree `T` with a tensor for every leaf: what gradients, carries and results of transformed functions are. */
export type GradsOf<T> = unknown extends T
  ? T
  : T extends TensorLike
    ? Tensor
    : T extends null | undefined
      ? T
      : T extends (...args: never[]) => unknown
        ? never
        : { [K in keyof T]: GradsOf<T[K]> };

/**
 * What is accepted as tangents or cotangents of a `T`: a tree like it. A null stands for "none", at a leaf or for a whole subtree: for
 * integers and bools, which have none, and for zeros.
 */
export type TangentsOf<T> =
  | T
  | null
  | (T extends TensorLike
      ? Tensor | number
      : T extends undefined | ((...args: never[]) => unknown)
        ? never
        : { readonly [K in keyof T]: TangentsOf<T[K]> });

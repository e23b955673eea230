/**
 * @file What stands for a static argument in the key of a program: plain data by their value, all else by identity.
 *
 * Plain data can be changed in place, and a program that was traced before would then be that of another value.
 */
import { ArgumentError } from "../core/errors.js";
import { MAX_DEPTH } from "../core/pytree.js";
import { isTensor } from "../core/tensor.js";
import { argPath, firstFlag } from "./trees.js";

const objectIds = new WeakMap<object, number>();
const symbolIds = new Map<symbol, number>();
let nextId = 0;
const identity = (x: object | symbol): string => {
  const ids = (typeof x === "symbol" ? symbolIds : objectIds) as Map<unknown, number>;
  const id = ids.get(x) ?? nextId++;
  ids.set(x, id);
  return `#${id}`;
};

const tooDeep = (where: string): ArgumentError =>
  new ArgumentError({
    where,
    what: "a static argument is nested too deeply",
    expected: `at most ${MAX_DEPTH} levels, without cycles`,
    got: "more",
    hint: "make it an instance of a class or a function, which are compared by identity",
  });

/** The parts of what is compared by value, under the name of its kind; undefined for what is not. */
const partsOf = (x: object): readonly [kind: string, parts: readonly unknown[]] | undefined => {
  if (Array.isArray(x)) return ["array", x];
  if (x instanceof Map) return ["Map", [...x].flat(1)];
  if (x instanceof Set) return ["Set", [...x]];
  if (x instanceof Date) return ["Date", [x.getTime()]];
  if (ArrayBuffer.isView(x)) return x instanceof DataView ? undefined : [x.constructor.name, [...(x as Uint8Array)]];
  const proto: unknown = Object.getPrototypeOf(x);
  if (proto === Object.prototype) return ["object", Object.entries(x).flat(1)];
  return proto === null ? ["bare", Object.entries(x).flat(1)] : undefined;
};

/**
 * The key of a static argument. Numbers, strings, lists, plain objects, maps, sets, dates and typed arrays that hold the same have the same
 * key; functions, tensors, symbols and instances of classes are compared by identity.
 *
 * @throws {ArgumentError} for one that is cyclic or nested too deeply
 */
export const staticKey = (where: string, x: unknown, depth = 0): string => {
  if (typeof x === "string") return JSON.stringify(x);
  if (typeof x === "symbol" || typeof x === "function") return identity(x);
  if (typeof x !== "object" || x === null) return `${typeof x}:${Object.is(x, -0) ? "-0" : String(x)}`;
  const split = isTensor(x) ? undefined : partsOf(x);
  if (split === undefined) return identity(x);
  if (depth >= MAX_DEPTH) throw tooDeep(where);
  const [kind, parts] = split;
  return `${kind}(${parts.map((part) => staticKey(where, part, depth + 1)).join()})`;
};

/** An argument without the options of these names, and those; undefined where it is not an object that has one. */
export const withoutOptions = (arg: unknown, names: readonly string[]) => {
  if (typeof arg !== "object" || arg === null || Object.getPrototypeOf(arg) !== Object.prototype) return undefined;
  const [held, rest]: Record<string, unknown>[] = [{}, {}];
  for (const [key, value] of Object.entries(arg)) (names.includes(key) ? held : rest)[key] = value;
  return Object.keys(held).length === 0 ? undefined : { held, rest };
};

/**
 * Refuses booleans among the arguments that are traced: in the function each would be a tensor, which every `if` takes for true.
 *
 * @throws {ArgumentError} naming the place of the first
 */
export const refuseBooleans = (where: string, args: readonly unknown[], isStatic: (i: number) => boolean): void =>
  args.forEach((arg, i) => {
    if (isStatic(i)) return;
    const found = firstFlag(arg);
    if (found === undefined) return;
    const { flag, path } = found;
    const [option] = path;
    const isOption = typeof option === "string" && path.length === 1 && i === args.length - 1;
    throw new ArgumentError({
      where,
      what: "a boolean is not static, and a tensor in its place would count as true in every condition of JavaScript",
      expected: "a tensor, or a static argument",
      got: `${flag}`,
      at: argPath([i, ...path]),
      hint: `jit(f, { static: ${isOption ? `"${option}"` : i} }) compiles once for each value; np.where and cond take np.array(flag)`,
    });
  });

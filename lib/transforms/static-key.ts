/**
 * @file What stands for a static argument in the key of a program: plain data by their value, all else by identity.
 *
 * Plain data can be changed in place, and a program that was traced before would then be that of another value.
 */
import { ArgumentError } from "../core/errors.js";
import { MAX_DEPTH } from "../core/pytree.js";
import { isTensor } from "../core/tensor.js";

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

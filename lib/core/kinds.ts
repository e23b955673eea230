/** @file Kinds of arguments, as the tables of `parameters.ts` give them to names: which values are of one, and what messages say of it. */
import { isTensor } from "./tensor.js";

/** A kind of argument. */
export interface Kind {
  readonly is: (x: unknown) => boolean;
  /** As it stands after "is not". */
  readonly what: string;
  /** How to come by one, which may depend on what was given. */
  readonly hint?: string | undefined | ((given: unknown) => string | undefined);
}
/** Kinds by the name of the parameter or option. */
export type Kinds = Readonly<Record<string, Kind>>;

export const isNumber = (x: unknown): boolean => typeof x === "number";
export const isText = (x: unknown): boolean => typeof x === "string";
export const isFunction = (x: unknown): boolean => typeof x === "function";
export const isObject = (x: unknown): boolean => typeof x === "object" && x !== null && !isTensor(x);
/** Whether `x` looks like a transformation of gradients: `core` knows no more of them. */
export const isTransformation = (x: unknown): boolean => isObject(x) && isFunction((x as { init?: unknown }).init);

/** Whether `x` has the shape of a store; `core` cannot import the type. */
export const isStore = (x: unknown): boolean => isObject(x) && isFunction((x as { open?: unknown }).open);

/** How to come by a number that JavaScript needs, from a tensor. */
const keptStatic = (given: unknown): string | undefined =>
  isTensor(given) ? "a tensor is not a size: x.shape has sizes, jit's static keeps a number as it is" : undefined;
/** The list to write in place of a number. */
const inList = (given: unknown): string | undefined =>
  isNumber(given) ? `a list has one number for each axis: [${given}]` : undefined;

export const FUNCTION: Kind = { is: isFunction, what: "a function" };
export const NUMBER: Kind = { is: isNumber, what: "a number" };
export const COUNTED: Kind = { is: (x) => isNumber(x) && !Number.isNaN(x), what: "a number", hint: keptStatic };
export const LIST: Kind = { is: Array.isArray, what: "a list" };
export const OBJECT: Kind = { is: isObject, what: "an object" };
export const SCALAR: Kind = { is: (x) => COUNTED.is(x) || isTensor(x), what: "a number or a scalar tensor" };
export const FLAG: Kind = { is: (x) => typeof x === "boolean", what: "true or false" };

const isFrom0 = (x: unknown): boolean => Number.isFinite(x) && (x as number) >= 0;
/** The hint for a negative rate. */
const climb = (given: unknown): string | undefined =>
  isNumber(given) && (given as number) < 0 ? "an optimizer descends; to climb, negate the loss" : undefined;
export const FROM_0: Kind = { is: isFrom0, what: "a finite number from 0 on" };
export const RATE: Kind = {
  is: (x) => isFrom0(x) || isTensor(x) || isFunction(x),
  what: "a finite number from 0 on, a scalar tensor or a schedule",
  hint: climb,
};
export const FACTOR: Kind = {
  is: (x) => isTensor(x) || isFrom0(x),
  what: "a finite number from 0 on, or a scalar tensor",
};
export const LIMIT: Kind = {
  is: (x) => isTensor(x) || (isNumber(x) && (x as number) >= 0),
  what: "a number from 0 on, or a scalar tensor",
};
export const AVERAGED: Kind = { is: (x) => isFrom0(x) && (x as number) < 1, what: "a number from 0 to below 1" };
export const DECAY: Kind = {
  is: (x) => isTensor(x) || (isFrom0(x) && (x as number) <= 1),
  what: "a number from 0 to 1",
};
export const SHARE: Kind = {
  is: (x) => isFrom0(x) && (x as number) > 0 && (x as number) <= 1,
  what: "a number above 0, at most 1",
};
/** The kind of a parameter that may be left out though the function gives it no default. */
export const optional = (kind: Kind): Kind => ({ ...kind, is: (x) => x === undefined || kind.is(x) });
export const COUNTED_OR_NULL: Kind = { ...COUNTED, is: (x) => x === null || COUNTED.is(x), what: "a number or null" };
export const NUMBERS: Kind = {
  is: (x) => Array.isArray(x) && x.every(isNumber),
  what: "a list of numbers",
  hint: inList,
};
export const STARTS: Kind = { ...LIST, hint: (x) => inList(x) ?? "one start for each axis" };
export const PARTS: Kind = {
  is: (x) => isNumber(x) || Array.isArray(x),
  what: "a number of parts, or a list of places",
};
export const TRANSFORMATION: Kind = { is: isTransformation, what: "a transformation, such as optim.adam(1e-3)" };
export const TENSOR: Kind = {
  is: isTensor,
  what: "a tensor",
  hint: "np.array makes one; np's functions take numbers too",
};
export const TENSOR_LIKE: Kind = {
  is: (x) => isTensor(x) || isNumber(x) || typeof x === "boolean",
  what: "a tensor or a number",
  hint: "make tensors from lists with np.array",
};
export const TEXT: Kind = { is: isText, what: "a text" };
export const TEXT_OR_BYTES: Kind = { is: (x) => isText(x) || x instanceof Uint8Array, what: "a text" };
export const BYTES: Kind = { is: (x) => x instanceof Uint8Array, what: "bytes, a Uint8Array" };
export const CONFIG: Kind = {
  is: isObject,
  what: "a configuration of T5",
  hint: "loadT5 gives one, t5.configs has them by name",
};
export const METHOD: Kind = { is: isObject, what: "a method, such as methods.prompt()" };
export const MASK: Kind = {
  is: (x) => isObject(x) || isFunction(x) || isText(x) || typeof x === "boolean",
  what: "a tree, a pattern of paths, or a function that gives a tree",
};
export const STRUCTURE: Kind = {
  is: (x) => isObject(x) && "kind" in (x as object),
  what: "a structure",
  hint: "tree.structure gives it",
};
export const AXES: Kind = {
  is: (x) => x === null || isNumber(x) || (Array.isArray(x) && x.every(isNumber)),
  what: "the number of an axis, or a list of them",
};

/** One kind for several names. */
export const all = (kind: Kind, names: string): Kinds =>
  Object.fromEntries(names.split(" ").map((name) => [name, kind]));

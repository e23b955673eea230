/** @file How a function of elements is made: operands promoted and aligned, intermediates freed. */
import { composite } from "../core/composite.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import { noBool, promote, promoteFloat, promoteInteger } from "./promote.js";

export type Unary = (x: TensorLike) => Tensor;
export type Binary = (x: TensorLike, y: TensorLike) => Tensor;

export const unary = (name: string, f: (x: Tensor) => Tensor): Unary =>
  composite(`${name}(x)`, (x: TensorLike) => f(asTensor(x, name)));
/** A function of a float: integers and bools become float32. `settings` are the names of what follows it in the signature. */
export const unaryFloat = <Settings extends unknown[] = []>(
  name: string,
  f: (x: Tensor, ...given: Settings) => Tensor,
  ...settings: { readonly [K in keyof Settings]: string }
): ((x: TensorLike, ...given: Settings) => Tensor) =>
  composite(`${name}(${["x", ...settings].join(", ")})`, (x: TensorLike, ...given: Settings) =>
    f(promoteFloat(name, x)[0], ...given),
  ) as (x: TensorLike, ...given: Settings) => Tensor;
export const binary = (name: string, f: (x: Tensor, y: Tensor) => Tensor): Binary =>
  composite(`${name}(x, y)`, (x: TensorLike, y: TensorLike) => {
    const [a, b] = promote(name, x, y);
    return f(a, b);
  });
/** A function of numbers: bools become int32. */
export const binaryNumber = (name: string, f: (x: Tensor, y: Tensor) => Tensor): Binary =>
  composite(`${name}(x, y)`, (x: TensorLike, y: TensorLike) => {
    const [a, b] = promote(name, x, y).map((t) => noBool(name, t));
    return f(a, b);
  });
/** A function of integers or bools: whole numbers alone are int32. */
export const binaryInteger = (name: string, f: (x: Tensor, y: Tensor) => Tensor): Binary =>
  composite(`${name}(x, y)`, (x: TensorLike, y: TensorLike) => {
    const [a, b] = promoteInteger(name, x, y);
    return f(a, b);
  });
/** A function of an integer or a bool: a whole number is an int32. */
export const unaryInteger = (name: string, f: (x: Tensor) => Tensor): Unary =>
  composite(`${name}(x)`, (x: TensorLike) => f(promoteInteger(name, x)[0]));
/** A function of floats. */
export const binaryFloat = (name: string, f: (x: Tensor, y: Tensor) => Tensor): Binary =>
  composite(`${name}(x, y)`, (x: TensorLike, y: TensorLike) => {
    const [a, b] = promoteFloat(name, x, y);
    return f(a, b);
  });
/** A function of three floats. */
export const ternaryFloat = (name: string, f: (x: Tensor, y: Tensor, z: Tensor) => Tensor) =>
  composite(`${name}(x, y, z)`, (x: TensorLike, y: TensorLike, z: TensorLike): Tensor => {
    const [a, b, c] = promoteFloat(name, x, y, z);
    return f(a, b, c);
  });

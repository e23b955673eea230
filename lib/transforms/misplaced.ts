/** @file Options of a transformation that were given to the function it made: `grad(f)(x, { argnums: 1 })`, where `f` would ignore them. */
import { ArgumentError } from "../core/errors.js";
import type { AnyFunction } from "./problem.js";

/** The names between the braces of a signature. */
const optionsIn = (signature: string): readonly string[] => /\{ (.*) \}/.exec(signature)?.[1].split(", ") ?? [];

/**
 * Refuses a last argument that `f` has no parameter for and that holds options of the transformation alone.
 *
 * @throws {ArgumentError} with the place where they go
 */
export const refuseMisplaced = (where: string, signature: string, f: AnyFunction, args: readonly unknown[]): void => {
  // A function that takes any number of arguments has the length 0.
  if (f.length === 0 || args.length <= f.length) return;
  const last = args[args.length - 1];
  if (typeof last !== "object" || last === null || Object.getPrototypeOf(last) !== Object.prototype) return;
  const keys = Object.keys(last);
  const options = optionsIn(signature);
  if (keys.length === 0 || !keys.every((key) => options.includes(key))) return;
  const transform = signature.slice(0, signature.indexOf("("));
  throw new ArgumentError({
    where,
    what: `the options of ${transform} are among the arguments of the function`,
    expected: `${f.length} argument${f.length === 1 ? "" : "s"}; options where the function is given: ${signature}`,
    got: `{ ${keys.join(", ")} } as args[${args.length - 1}]`,
    hint: `${transform}(f, { ${keys[0]}: ... })(${f.length === 1 ? "x" : "x, ..."})`,
  });
};

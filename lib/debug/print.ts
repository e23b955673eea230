/** @file Prints values while a program runs. */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { isTensor } from "../core/tensor.js";
import { callLater } from "./callback.js";
import { filled, type Parts, parseFormat, placesOf } from "./format.js";

const refuse = (what: string, expected: string, got: string): never => {
  throw new ArgumentError({
    where: "debug.print",
    what,
    expected,
    got,
    hint: 'write debug.print("x = {}, y = {y}", x, { y })',
  });
};

const isScalar = (x: unknown): boolean => (isTensor(x) ? x.ndim === 0 : typeof x === "number");

/** The value of each place, by index or by name. @throws {ArgumentError} where places and values do not match */
const checked = (
  parts: Parts,
  args: readonly unknown[],
): ((args: readonly unknown[], key: number | string) => unknown) => {
  const places = placesOf(parts);
  const keys = new Set(places.map(({ key }) => key));
  const names = [...keys].filter((key) => typeof key === "string");
  const last: unknown = args.at(-1);
  const named = names.length > 0 && typeof last === "object" && last !== null && !isTensor(last) ? last : {};
  const listed = names.length > 0 ? args.slice(0, -1) : args;
  for (const key of keys) {
    const there = typeof key === "number" ? key < listed.length : key in named;
    if (!there)
      refuse(
        `there is no value for {${key}}`,
        "a value for every place",
        `${listed.length} values in order, by name ${Object.keys(named).join(", ") || "none"}`,
      );
  }
  const unused = [...listed.keys(), ...Object.keys(named)].find((key) => !keys.has(key));
  if (unused !== undefined)
    refuse(`value ${unused} is not printed`, "a place for every value", `places ${[...keys].join(", ") || "none"}`);
  const lookUp = (all: readonly unknown[], key: number | string): unknown =>
    typeof key === "number" ? all[key] : (all.at(-1) as Record<string, unknown>)[key];
  const formed = places.find(({ key, spec }) => spec !== "" && !isScalar(lookUp(args, key)));
  if (formed !== undefined)
    refuse(`{${formed.key}:${formed.spec}} is not a number`, "a scalar", String(lookUp(args, formed.key)));
  return lookUp;
};

/**
 * Prints a line with values in it whenever the program comes to here, also compiled and under every transformation.
 *
 * Under `vmap` it prints each example, under derivatives primal values, in loops each turn; see `debug.callback`.
 * @param format  a text with places as Python's `str.format` has them: `{}` for the next value, `{0}` for one by its place, `{name}` for one
 *                of the last argument, an object; `{:.3f}`, `{:.3e}`, `{:d}`, `{:8.3f}` for scalars; `{{` and `}}` for braces
 * @param args    trees of tensors, numbers and texts
 * @throws {ArgumentError} where places and values do not match
 * @see JAX, `jax.debug.print`
 * @example debug.print("loss = {:.4f} at {step}", loss, { step })
 */
export const print = takes("debug.print(format, ...args)", (format: string, ...args: readonly unknown[]): void => {
  const parts = parseFormat(format);
  const lookUp = checked(parts, args);
  callLater((...values: readonly unknown[]) => console.log(filled(parts, (key) => lookUp(values, key))), args);
});

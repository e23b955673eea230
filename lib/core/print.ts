/** @file How tensors are printed: the values as NumPy prints them, then shape and dtype. */
import { type DType, range, type Shape, stridesOf } from "./aval.js";
import type { HostArray } from "./host.js";

/** NumPy's defaults: digits after the point, columns of a line, elements printed in full, and items at an edge beyond these. */
const [PRECISION, COLUMNS, IN_FULL, EDGE] = [8, 75, 1000, 3];

/** What turns an element into text; all elements get texts of one width. */
type Format = (x: number) => string;

/** The fewest digits that give a float32 again; those of a float64 JavaScript knows itself. */
const digitsOf = (x: number, single: boolean): number => {
  if (!single) return x.toExponential().replace(/e.*|[^\d]/g, "").length;
  let digits = 1;
  while (digits < 9 && Math.fround(Number(x.toPrecision(digits))) !== x) digits++;
  return digits;
};

/** `x` in scientific form with `least` to `PRECISION` digits after the point, no more than it needs. */
const scientific = (x: number, single: boolean, least: number): string => {
  const digits = Math.min(Math.max(x === 0 ? 0 : digitsOf(x, single) - 1, least), PRECISION);
  const [mantissa, exponent] = x.toExponential(digits).split("e");
  const size = exponent.slice(1).padStart(2, "0");
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.`}e${exponent[0]}${size}`;
};

/** `x` with a point and up to `PRECISION` digits after it, no more than it needs. */
const positional = (x: number, single: boolean): string => {
  const exact = single ? Number(x.toPrecision(digitsOf(x, true))) : x;
  return exact.toFixed(PRECISION).replace(/0+$/, "");
};

/** The texts of floats that are not finite, which have no sign but a minus. */
const nonFinite = (x: number): string => (Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf");

const longest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, text.length), 0);

const signed = (x: number, text: string): string => (Object.is(x, -0) ? `-${text}` : text);

/** NumPy writes exponents where the numbers are large, small, or far apart. */
const needsExponent = (finite: readonly number[], single: boolean): boolean => {
  const sizes = finite.map(Math.abs).filter((x) => x > 0);
  if (sizes.length === 0) return false;
  const [low, high] = [sizes.reduce((a, b) => Math.min(a, b)), sizes.reduce((a, b) => Math.max(a, b))];
  return high >= (single ? 1e6 : 1e8) || low < (single ? Math.fround(1e-4) : 1e-4) || high / low > 1000;
};

const floatFormat = (shown: readonly number[], single: boolean): Format => {
  const finite = shown.filter(Number.isFinite);
  const exponent = needsExponent(finite, single);
  const first = finite.map((x) => signed(x, exponent ? scientific(x, single, 0) : positional(x, single)));
  const fraction = longest(first.map((text) => text.split(".")[1].replace(/e.*/, "")));
  const text: Format = (x) => {
    if (!Number.isFinite(x)) return nonFinite(x);
    if (exponent) return signed(x, scientific(x, single, fraction));
    const [whole, rest] = positional(x, single).split(".");
    return signed(x, `${whole}.${rest.padEnd(fraction)}`);
  };
  const width = longest(shown.map(text));
  return (x) => text(x).padStart(width);
};

const formatOf = (shown: readonly number[], dtype: HostArray["dtype"]): Format => {
  if (dtype === "float32" || dtype === "float64") return floatFormat(shown, dtype === "float32");
  const text: Format = dtype === "bool" ? (x) => String(x !== 0) : String;
  const width = longest(shown.map(text));
  return (x) => text(x).padStart(width);
};

/** The indices of an axis that are shown; -1 stands for the ones left out. */
const shownOf = (length: number, summarize: boolean): readonly number[] =>
  summarize && length > 2 * EDGE ? [...range(EDGE), -1, ...range(EDGE).map((i) => length - EDGE + i)] : range(length);

/** The elements of one row, in lines of at most `columns` letters. */
const lines = (words: readonly string[], indent: string, columns: number): string => {
  let [done, line] = ["", indent];
  words.forEach((word, i) => {
    if (line.length + word.length > columns - 1 && line.length > indent.length) {
      done += `${line.trimEnd()}\n`;
      line = indent;
    }
    line += i < words.length - 1 ? `${word}, ` : word;
  });
  return done + line;
};

/** The elements in brackets as NumPy prints them; the lines after the first begin with `indent` blanks. */
export const printValues = ({ data, shape, dtype }: HostArray, indent = 0): string => {
  if (data.length === 0) return "[]";
  const summarize = data.length > IN_FULL;
  const axes = shape.map((length) => shownOf(length, summarize));
  const strides = stridesOf(shape);
  const shown: number[] = [];
  const collect = (axis: number, at: number): void => {
    if (axis === shape.length) shown.push(data[at] as number);
    else for (const i of axes[axis]) if (i >= 0) collect(axis + 1, at + i * strides[axis]);
  };
  collect(0, 0);
  const format = formatOf(shown, dtype);
  const print = (axis: number, at: number, columns: number): string => {
    if (axis === shape.length) return format(data[at] as number);
    const hang = " ".repeat(indent + axis + 1);
    const items = axes[axis].map((i) => (i < 0 ? "..." : print(axis + 1, at + i * strides[axis], columns - 1)));
    const left = shape.length - axis;
    const body =
      left === 1 ? lines(items, hang, columns) : items.map((item) => hang + item).join(`,${"\n".repeat(left - 1)}`);
    return `[${body.slice(hang.length)}]`;
  };
  return print(0, 0, COLUMNS);
};

/** What follows the values. */
const tailOf = ({ shape, dtype }: { readonly shape: Shape; readonly dtype: DType }): string =>
  `shape=[${shape.join(", ")}], dtype=${dtype}`;

/** `name(<why>, shape=[2], dtype=float32)`, where the values cannot be shown. */
export const printWithout = (name: string, why: string, x: { readonly shape: Shape; readonly dtype: DType }): string =>
  `${name}(<${why}>, ${tailOf(x)})`;

/** `name(values, shape=[2], dtype=float32)`, over several lines where the values need them. */
export const printArray = (name: string, x: HostArray, more = ""): string => {
  const values = printValues(x, name.length + 1);
  const tail = `${tailOf(x)}${more})`;
  const opening = `${name}(${values},`;
  const fits = opening.length - opening.lastIndexOf("\n") + tail.length <= COLUMNS;
  return `${opening}${fits ? " " : `\n${" ".repeat(name.length + 1)}`}${tail}`;
};

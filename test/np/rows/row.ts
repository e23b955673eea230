/**
 * @file One row of the table of np and lax functions: a call, what it must give by a source that is not ours, and whether its
 * derivatives are compared with differences.
 *
 * Every file `test/np/rows/*.rows.ts` exports `rows`; `test/np/rows.test.ts` checks all of them on every executor and counts names.
 */
import { readdirSync, readFileSync } from "node:fs";
import type { DType, Shape } from "../../../lib/core/aval.js";
import type { HostArray } from "../../../lib/core/host.js";
import type { Tensor } from "../../../lib/core/tensor.js";
import { host } from "../../helpers/runtime.js";

/** Expected values, and who computed them. */
export interface Oracle {
  /** "numpy", "scipy", "tfjs", "jax-js", or the definition in a sentence where nothing else has the function. */
  readonly source: string;
  /** The leaves of the result, as the arguments of the row give them. float32, int32, uint32 or bool as JAX has it. */
  readonly values: (args: readonly HostArray[]) => readonly HostArray[];
  /** How far a float may be off; by default that of its dtype. */
  readonly tolerance?: { readonly abs: number; readonly rel: number };
}

/** `differences`: first and second derivatives by all float arguments are compared with central differences in float64. */
export type Gradient =
  | "differences"
  | "no floats" // in or out
  | "piecewise constant"
  | "refused as in JAX" // by an error, which another test has
  | "special values" // NaN, infinities: another row of the name has the derivatives
  | "a kink"; // ties and bounds: another row of the name has the derivatives

export interface Row {
  /** As users write it: `np.sort`, `lax.topK`. */
  readonly name: string;
  readonly args: readonly HostArray[];
  /** A pure function of tensors that can be jitted, and of float64 too; its result is a tree. */
  readonly call: (...xs: Tensor[]) => unknown;
  readonly oracle: Oracle;
  readonly gradient: Gradient;
  /** The call asks for values, so that it cannot be compiled. */
  readonly eagerOnly?: boolean;
}

// --- golden numbers ------------------------------------------------------------------------------------------------------

interface StoredArray {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: readonly (number | string)[];
}
interface GoldenFile {
  readonly header: { readonly program: string };
  readonly cases: Readonly<
    Record<string, { readonly args: readonly StoredArray[]; readonly outs: readonly StoredArray[] }>
  >;
}

const read = ({ shape, dtype, data }: StoredArray): HostArray => host(dtype, shape, data.map(Number));

/** Makes a row out of a case of a golden file. */
export type RowMaker = (
  name: string,
  key: string,
  call: Row["call"],
  gradient: Gradient,
  more?: Pick<Row, "eagerOnly"> & Pick<Oracle, "tolerance">,
) => Row;

/**
 * Rows whose arguments and results stand in `test/golden/data/FILE.json`, written by `test/golden/make/FILE.py`.
 *
 * @example const row = golden("np-sorting"); row("np.sort", "sort: NaN last", (x) => np.sort(x), "special values")
 */
export const golden = (file: string): RowMaker => {
  const text = readFileSync(new URL(`../../golden/data/${file}.json`, import.meta.url), "utf8");
  const { header, cases } = JSON.parse(text) as GoldenFile;
  return (name, key, call, gradient, { tolerance, ...more } = {}) => {
    const stored = cases[key];
    if (stored === undefined) throw new Error(`${file}.json has no case "${key}"`);
    const outs = stored.outs.map(read);
    const oracle = { source: header.program, values: () => outs, ...(tolerance === undefined ? {} : { tolerance }) };
    return { name, args: stored.args.map(read), call, oracle, gradient, ...more };
  };
};

// --- all rows ------------------------------------------------------------------------------------------------------------

/** The rows of all files, by file name. */
export const allRows = async (): Promise<readonly Row[]> => {
  const files = readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith(".rows.ts"));
  const modules = await Promise.all(files.sort().map((name) => import(new URL(name, import.meta.url).href)));
  return modules.flatMap((m) => (m as { rows: readonly Row[] }).rows);
};

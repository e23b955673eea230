/** @file The cases that JAX answered (`golden/jax/NAME.jsonl.gz`): what is asked, on which tensors, and what JAX gives. */
import type { DType, Shape } from "../../lib/core/aval.js";
import type { HostArray } from "../../lib/core/host.js";
import { readGolden } from "../helpers/golden-file.js";
import { host } from "../helpers/runtime.js";

type Dtype = "f32" | "f64" | "i32" | "u32" | "i64" | "u64" | "bool";
type GoldenNumber = number | "nan" | "inf" | "-inf";
interface Slack {
  /** Exponents of two: one for all elements, or one for each. */
  readonly tol?: number | readonly (number | null)[];
  /** By index, what is right as well. */
  readonly alt?: Readonly<Record<string, GoldenNumber | "any">>;
}
export type GoldenTensor = readonly [Dtype, Shape, readonly GoldenNumber[], Slack?];
/** What JAX gives: the leaves of the result, or its refusal. */
interface Answer {
  readonly out?: readonly GoldenTensor[];
  readonly error?: string;
}

export interface Case extends Answer {
  readonly fn: string;
  /** The expression; `a`, `b`, … are the inputs. */
  readonly ts: string;
  readonly in: readonly GoldenTensor[];
  readonly x64?: 1;
  readonly nojit?: 1;
  readonly vjp?: Answer & { readonly ct: readonly GoldenTensor[] };
  readonly jvp?: Answer & { readonly t: readonly GoldenTensor[] };
  readonly hess?: Answer;
  readonly vmap?: Answer & { readonly axes: readonly (number | null)[]; readonly in: readonly GoldenTensor[] };
}

/** The parts of a case: the result itself, its derivatives, and the result over a batch. */
export const PARTS = ["result", "vjp", "jvp", "hess", "vmap"] as const;
export type Part = (typeof PARTS)[number];

/** JAX's answer to a part, undefined where it was not asked. */
export const answerTo = (c: Case, part: Part): Answer | undefined => (part === "result" ? c : c[part]);

/** 64-bit integers of JAX are int32 here. */
const DTYPES: Readonly<Record<Dtype, DType>> = {
  f32: "float32",
  f64: "float64",
  i32: "int32",
  u32: "uint32",
  i64: "int32",
  u64: "uint32",
  bool: "bool",
};

export const dtypeOf = (x: GoldenTensor): DType => DTYPES[x[0]];

const NAMED = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY };
export const numberOf = (x: GoldenNumber): number => (typeof x === "number" ? x : NAMED[x]);

export const hostOf = (x: GoldenTensor): HostArray => host(dtypeOf(x), x[1], x[2].map(numberOf));

/** The files. */
export const GROUPS = [
  "control",
  "elementwise",
  "indexing",
  "optax",
  "products",
  "promotion",
  "random",
  "reductions",
  "shapes",
  "trees",
] as const;

/** The cases of a file, behind its first line. */
export const readCases = (root: string, group: (typeof GROUPS)[number]): readonly Case[] =>
  (readGolden(root, `jax/${group}.jsonl.gz`) as readonly Case[]).slice(1);

/** All cases that run in float32, as every executor but the reference needs it. */
export const readFloat32 = (root: string): readonly Case[] =>
  GROUPS.flatMap((group) => readCases(root, group)).filter(({ x64 }) => x64 === undefined);

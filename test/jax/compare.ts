/** @file When a result is JAX's: equal dtype and shape, integers equal, floats within what JAX's own rounding allows. */
import { isFloat, printShape } from "../../lib/core/aval.js";
import type { HostArray } from "../../lib/core/host.js";
import { dtypeOf, type GoldenTensor, numberOf } from "./cases.js";

const FLOAT = {
  /** 16 units in the last place; the smallest normal number, below which XLA has zero. */
  float32: { eps: 2 ** -19, tiny: 2 ** -126, largest: 2 ** 128 },
  float64: { eps: 2 ** -40, tiny: 2 ** -1022, largest: Number.POSITIVE_INFINITY },
};

/** How far element `i` may be off, beside the part that grows with it. */
const slackAt = (x: GoldenTensor, i: number): number => {
  const tol = x[3]?.tol;
  const exponent = typeof tol === "object" ? tol[i] : tol;
  return exponent === undefined || exponent === null ? 0 : 2 ** exponent;
};

const isNear = (got: number, want: number, slack: number, dtype: "float32" | "float64"): boolean => {
  if (Object.is(got, want) || got === want) return true;
  const { eps, tiny, largest } = FLOAT[dtype];
  // An answer in float64 may be an infinity in float32.
  if (Math.abs(want) >= largest && got === Math.sign(want) * Number.POSITIVE_INFINITY) return true;
  return Math.abs(got - want) <= Math.max(eps * Math.abs(want), slack, tiny);
};

/** The first element that is not right, in words; undefined where all are. */
const wrongElement = (got: HostArray, want: GoldenTensor): string | undefined => {
  const dtype = dtypeOf(want);
  const alt = want[3]?.alt ?? {};
  for (let i = 0; i < got.data.length; i++) {
    const right = numberOf(want[2][i]);
    if (!isFloat(dtype)) {
      if (got.data[i] !== right) return `element ${i} is ${got.data[i]}, not ${right}`;
      continue;
    }
    const slack = slackAt(want, i);
    const also = alt[i];
    if (also === "any") continue;
    const rights = also === undefined ? [right] : [right, numberOf(also)];
    if (rights.some((value) => isNear(got.data[i], value, slack, dtype as "float32"))) continue;
    return `element ${i} is ${got.data[i]}, not ${rights.join(" or ")} (may be off by ${slack})`;
  }
  return undefined;
};

/** How the leaves of a result differ from JAX's, in words; undefined where they do not. */
export const difference = (got: readonly HostArray[], want: readonly GoldenTensor[]): string | undefined => {
  if (got.length !== want.length) return `${got.length} leaves, not ${want.length}`;
  for (const [k, one] of want.entries()) {
    const [is, should] = [`${got[k].dtype}${printShape(got[k].shape)}`, `${dtypeOf(one)}${printShape(one[1])}`];
    const wrong = is === should ? wrongElement(got[k], one) : `${is}, not ${should}`;
    if (wrong !== undefined) return want.length === 1 ? wrong : `leaf ${k}: ${wrong}`;
  }
  return undefined;
};

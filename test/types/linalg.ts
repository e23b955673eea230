/** @file Types of linear algebra: what an option asks for is what the result is. */
import type { Tensor } from "../../lib/index.js";
import { np } from "../../lib/index.js";
import type { Equal, Expect } from "./equal.js";

declare const x: Tensor;

const factors = np.linalg.qr(x);
const r = np.linalg.qr(x, "r");
const parts = np.linalg.svd(x, { fullMatrices: false });
const values = np.linalg.svd(x, { computeUv: false });
// @ts-expect-error the mode is one of three words
np.linalg.qr(x, "raw");
// @ts-expect-error only the Frobenius and the nuclear norm have names
np.linalg.norm(x, { ord: "max" });

export type Cases = [
  Expect<Equal<typeof factors, readonly [q: Tensor, r: Tensor]>>,
  Expect<Equal<typeof r, Tensor>>,
  Expect<Equal<typeof parts, readonly [u: Tensor, s: Tensor, vt: Tensor]>>,
  Expect<Equal<typeof values, Tensor>>,
];

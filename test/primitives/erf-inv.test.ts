import { suite } from "uvu";
import * as assert from "uvu/assert";
import { erfInv } from "../../lib/primitives/erf-inv.js";
import { erf } from "../../lib/primitives/special.js";
import { tensor, useImpl } from "./on-impl.js";

const ErfInv = suite("primitives/erf-inv");
let restore: () => void;
ErfInv.before(() => {
  restore = useImpl();
});
ErfInv.after(() => restore());

ErfInv("erf undoes it, in the centre and in both tails", () => {
  const xs = [-0.9999999, -0.999, -0.9, -0.5, -1e-3, 0, 1e-6, 0.25, 0.75, 0.99, 0.9966, 0.99999];
  const ys = erfInv(tensor([xs.length], "float64", xs)).dataSync();
  xs.forEach((x, i) => {
    // An error of 3e-7 relative in y is one of 3e-7 · y · erf'(y) in x.
    const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-ys[i] * ys[i]);
    assert.ok(Math.abs(erf(ys[i]) - x) <= 4e-7 * Math.abs(ys[i]) * slope + 1e-15, `erf(${ys[i]}) for ${x}`);
  });
});

ErfInv("is infinite at the ends and NaN beyond", () => {
  assert.equal(Array.from(erfInv(tensor([4], "float32", [-1, 1, 1.5, -2])).dataSync()), [
    -Infinity,
    Infinity,
    NaN,
    NaN,
  ]);
});

ErfInv.run();

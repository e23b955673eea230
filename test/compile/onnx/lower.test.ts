import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lower } from "../../../lib/compile/onnx/lower.js";
import { avalOfHost } from "../../../lib/core/host.js";
import { type PrimitiveName, primitives } from "../../../lib/primitives/index.js";
import { rows } from "../../conformance/rows.js";

const Lower = suite("compile/onnx/lower");

/** Computed by `impl` between the native parts, whatever their arguments are. */
const ON_HOST = [
  "adjugate",
  "atan2",
  "bessel_i0e",
  "bessel_i1e",
  "beta",
  "betainc",
  "betaln",
  "binomial",
  "bitcast",
  "cholesky",
  "cumlogsumexp",
  "cumprod",
  "det",
  "digamma",
  "eigh",
  "erfc",
  "erfcx",
  "exponent",
  "gcd",
  "igamma",
  "igamma_grad_a",
  "igammac",
  "ldexp",
  "lgamma",
  "lu",
  "lu_pivots_to_permutation",
  "ndtri",
  "nextafter",
  "pinv",
  "poch",
  "qr",
  "random_binomial",
  "random_gamma",
  "random_gamma_grad",
  "random_poisson",
  "reduce_precision",
  "reduce_window_max",
  "reduce_window_min",
  "reduce_window_sum",
  "svd",
  "triangular_solve",
  "xlog1py",
  "zeta",
];

/** That what the operators compute is right is a matter of the conformance suite, which has the same rows. */
Lower(
  "every primitive but these has operators for some of the rows of the conformance suite, with something to compute",
  () => {
    const without = (Object.keys(primitives) as PrimitiveName[]).filter((name) => {
      const prim = primitives[name];
      const own = rows.filter((row) => row.prim === name);
      return !own.some(({ args, params }) => {
        const inAvals = args.map(avalOfHost);
        const outAvals = prim.abstractEval(inAvals, params as never);
        const written = lower({ prim, params: params as never, inAvals, outAvals, portable: true });
        return written !== undefined && outAvals.some((a) => a.size > 0);
      });
    });
    assert.equal(without.sort(), ON_HOST);
  },
);

Lower.run();

import { composite } from "../core/composite.js";
import { flatten, unflatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { GradientTransformation } from "./base.js";
export interface AdafactorState {
  readonly count: Tensor;
  readonly v: unknown;
}
export const adafactor = (o: {
  learningRate: number;
  decayRate?: number;
  weightDecayRate?: number;
  multiplyByParameterScale?: boolean;
  initialStep?: number;
}): GradientTransformation<AdafactorState> => ({
  init: composite("adafactor.init", (params: unknown): AdafactorState => {
    const [xs, def] = flatten(params);
    return {
      count: np.scalar(o.initialStep ?? 0, "int32"),
      v: unflatten(
        def,
        xs.map((x) => np.zerosLike(x as Tensor)),
      ),
    };
  }),
  update: composite("adafactor.update", (grads: unknown, s: AdafactorState, params: unknown) => {
    const [gs, def] = flatten(grads);
    const [ps] = flatten(params);
    const [vs] = flatten(s.v);
    const t = np.add(np.astype(s.count, "float32"), 1);
    const beta = np.subtract(1, np.power(t, -(o.decayRate ?? 0.8)));
    const out = gs.map((g, i) => {
      const gr = g as Tensor;
      const v = np.add(
        np.multiply(beta, vs[i] as Tensor),
        np.multiply(np.subtract(1, beta), np.add(np.square(gr), 1e-30)),
      );
      const y = np.multiply(gr, np.rsqrt(v));
      const rms = np.sqrt(np.mean(np.square(y)));
      const u = np.multiply(np.divide(y, np.maximum(1, rms)), o.learningRate);
      return { u: np.negative(np.add(u, np.multiply(ps[i] as Tensor, o.weightDecayRate ?? 0))), v };
    });
    return [
      unflatten(
        def,
        out.map((x) => x.u),
      ),
      {
        count: np.add(s.count, 1),
        v: unflatten(
          def,
          out.map((x) => x.v),
        ),
      },
    ] as const;
  }),
});

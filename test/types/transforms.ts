/** @file Types of the transformations: they follow the user's trees, and refuse what has no meaning. Checked by `tsc`, never run. */
import {
  checkpoint,
  checkpointPolicies,
  closureConvert,
  customJvp,
  customVjp,
  type GradsOf,
  grad,
  hessian,
  hvp,
  type Jitted,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  linearTranspose,
  np,
  stopGradient,
  type Tensor,
  type Transformed,
  valueAndGrad,
  vjp,
  vmap,
} from "../../lib/index.js";
import type { Equal, Expect } from "./equal.js";

interface Params {
  readonly encoder: { readonly w: Tensor; readonly b?: Tensor };
  readonly layers: readonly { readonly q: Tensor }[];
  readonly pair: readonly [Tensor, number];
  readonly none: null;
}
interface Batch {
  readonly inputs: Tensor;
}
declare const params: Params;
declare const batch: Batch;
declare const x: Tensor;
declare const loss: (params: Params, batch: Batch) => Tensor;
declare const lossAndMetrics: (params: Params, batch: Batch) => readonly [Tensor, { readonly accuracy: Tensor }];

/** What a gradient of `Params` looks like: a tensor for every leaf, the same keys. */
interface Grads {
  readonly encoder: { readonly w: Tensor; readonly b?: Tensor };
  readonly layers: readonly { readonly q: Tensor }[];
  readonly pair: readonly [Tensor, Tensor];
  readonly none: null;
}

// --- grad ----------------------------------------------------------------------------------------------------------------

export const g = grad(loss)(params, batch);
export const byBatch = grad(loss, { argnums: 1 })(params, batch);
export const both = grad(loss, { argnums: [1, 0] })(params, batch);
export const withAux = grad(lossAndMetrics, { hasAux: true })(params, batch);
export const auxBoth = grad(lossAndMetrics, { hasAux: true, argnums: [0] })(params, batch);
export const scalar = grad((y: Tensor) => np.multiply(y, y))(x);
export const number = grad((y: number) => np.multiply(y, y))(3);

export type GradTests = [
  Expect<Equal<GradsOf<Params>["pair"], readonly [Tensor, Tensor]>>,
  Expect<typeof g extends Grads ? true : false>,
  Expect<Grads extends typeof g ? true : false>,
  Expect<Equal<(typeof byBatch)["inputs"], Tensor>>,
  Expect<Equal<(typeof both)["length"], 2>>,
  Expect<Equal<(typeof both)[0]["inputs"], Tensor>>,
  Expect<Equal<(typeof both)[1]["encoder"]["w"], Tensor>>,
  Expect<Equal<(typeof withAux)[1], { readonly accuracy: Tensor }>>,
  Expect<Equal<(typeof withAux)[0]["layers"], readonly { readonly q: Tensor }[]>>,
  Expect<Equal<(typeof auxBoth)[0]["length"], 1>>,
  Expect<Equal<typeof scalar, Tensor>>,
  Expect<Equal<typeof number, Tensor>>,
];

// The arguments keep their types and number.
// @ts-expect-error the batch is missing
grad(loss)(params);
// @ts-expect-error the arguments are exchanged
grad(loss)(batch, params);
// @ts-expect-error there is no argument 2
grad(loss, { argnums: 2 });
// @ts-expect-error there is no argument -1
grad(loss, { argnums: [0, -1] });
// @ts-expect-error the loss is a tree; hasAux is missing
grad(lossAndMetrics);
// @ts-expect-error there is no aux
grad(loss, { hasAux: true });
// @ts-expect-error no such option
grad(loss, { argNums: 0 });

// --- valueAndGrad --------------------------------------------------------------------------------------------------------

export const [value, gradient] = valueAndGrad(loss)(params, batch);
export const [[auxValue, metrics], auxGradient] = valueAndGrad(lossAndMetrics, { hasAux: true, argnums: 1 })(
  params,
  batch,
);

export type ValueAndGradTests = [
  Expect<Equal<typeof value, Tensor>>,
  Expect<Equal<typeof gradient, typeof g>>,
  Expect<Equal<typeof auxValue, Tensor>>,
  Expect<Equal<typeof metrics, { readonly accuracy: Tensor }>>,
  Expect<Equal<typeof auxGradient, typeof byBatch>>,
];

// --- vmap ----------------------------------------------------------------------------------------------------------------

declare const predict: (params: Params, batch: Batch) => { readonly logits: Tensor };
type Predict = Transformed<[params: Params, batch: Batch], { readonly logits: Tensor }>;
export const many = vmap(predict, { inAxes: [{ encoder: 0, layers: null }, { inputs: 1 }], outAxes: { logits: 1 } });
export const perExample = vmap(grad(loss), { inAxes: [null, 0] });

export type VmapTests = [Expect<Equal<typeof many, Predict>>, Expect<Equal<ReturnType<typeof perExample>, typeof g>>];

vmap(predict, { inAxes: 0 });
vmap(predict, { inAxes: [0, null] });
// @ts-expect-error one axis for two arguments
vmap(predict, { inAxes: [0] });
// @ts-expect-error the batch has no such key
vmap(predict, { inAxes: [0, { outputs: 0 }] });
// @ts-expect-error an axis is a number
vmap(predict, { inAxes: [0, "0"] });
// @ts-expect-error the result has no such key
vmap(predict, { outAxes: { loss: 0 } });

// --- jit -----------------------------------------------------------------------------------------------------------------

export const compiled = jit(predict, { donate: [0] });
export const step = jit((p: Params, how: "sum" | "mean", ...rest: Tensor[]) => [p, how.length, rest] as const, {
  static: [1],
});

export type JitTests = [
  Expect<Equal<typeof compiled, Jitted<(params: Params, batch: Batch) => { readonly logits: Tensor }>>>,
  Expect<Equal<ReturnType<typeof compiled>, { readonly logits: Tensor }>>,
  Expect<Equal<ReturnType<(typeof compiled)["stats"]>["compiles"], number>>,
];

step(params, "sum", x, x);
// @ts-expect-error not one of the two words
step(params, "product");
// @ts-expect-error the batch is missing
compiled(params);
// @ts-expect-error no such option
jit(predict, { donated: [0] });

// --- jvp, vjp, linearize -------------------------------------------------------------------------------------------------

export const [primalOut, tangentOut] = jvp(predict, [params, batch], [g, batch]);
export const [vjpOut, pull] = vjp(predict, params, batch);
export const pulled = pull({ logits: x });
export const [linOut, push] = linearize(predict, params, batch);
export const pushed = push(g, batch);

export type ModeTests = [
  Expect<Equal<typeof primalOut, { readonly logits: Tensor }>>,
  Expect<Equal<typeof tangentOut, { readonly logits: Tensor }>>,
  Expect<Equal<typeof vjpOut, { readonly logits: Tensor }>>,
  Expect<Equal<(typeof pulled)[0], typeof g>>,
  Expect<Equal<(typeof pulled)[1]["inputs"], Tensor>>,
  Expect<Equal<typeof linOut, { readonly logits: Tensor }>>,
  Expect<Equal<typeof pushed, { readonly logits: Tensor }>>,
];

// @ts-expect-error a tangent for each argument
jvp(predict, [params, batch], [g]);
// @ts-expect-error a cotangent is like the result
pull({ loss: x });
// @ts-expect-error a tangent for each argument
push(g);

// Null stands for "no tangent", at a leaf and for a subtree.
jvp(predict, [params, batch], [{ ...g, encoder: null }, { inputs: null }]);
pull({ logits: null });
push(null, batch);
// @ts-expect-error a tangent has the keys of its primal
jvp(predict, [params, batch], [{ encoder: null }, null]);

// --- jacobians -----------------------------------------------------------------------------------------------------------

export const byParams = jacfwd(predict)(params, batch);
export const byBoth = jacrev(predict, { argnums: [1, 0] })(params, batch);
export const [jac, jacAux] = jacrev(lossAndMetrics, { hasAux: true })(params, batch);
export const second = hessian(predict, { argnums: 1 })(params, batch);
export const ofScalar = hessian((y: Tensor) => np.sum(y))(x);
export const product = hvp(loss, [params, batch], [g, null]);
export const productByBatch = hvp(loss, [params, batch], [null, batch], { argnums: [1] });

export type JacobianTests = [
  Expect<Equal<typeof byParams, { readonly logits: typeof g }>>,
  Expect<Equal<(typeof byBoth)["logits"][0]["inputs"], Tensor>>,
  Expect<Equal<(typeof byBoth)["logits"][1], typeof g>>,
  Expect<Equal<typeof jac, typeof g>>,
  Expect<Equal<typeof jacAux, { readonly accuracy: Tensor }>>,
  Expect<Equal<(typeof second)["logits"]["inputs"]["inputs"], Tensor>>,
  Expect<Equal<typeof ofScalar, Tensor>>,
  Expect<Equal<typeof product, typeof g>>,
  Expect<Equal<(typeof productByBatch)[0]["inputs"], Tensor>>,
];

// @ts-expect-error there is no argument 2
jacfwd(predict, { argnums: 2 });
// @ts-expect-error the batch is missing
hessian(loss)(params);
// @ts-expect-error a tangent for each argument
hvp(loss, [params, batch], [g]);

// --- composed ------------------------------------------------------------------------------------------------------------

export const composed = jit(vmap(grad((y: Tensor) => grad((z: Tensor) => np.multiply(z, z))(y))));
export type ComposedTests = [Expect<Equal<ReturnType<typeof composed>, Tensor>>];

// A generic function keeps its type parameter out of the way, and a function without arguments can be compiled.
export const identity = jit(<T extends Tensor>(y: T): T => y);
export const nullary = jit(() => x);
export type MoreTests = [Expect<Equal<ReturnType<typeof nullary>, Tensor>>];

// --- checkpoint ----------------------------------------------------------------------------------------------------------

export const remembered = checkpoint(predict, { policy: checkpointPolicies.saveOnlyTheseNames("attention") });
export type CheckpointTests = [Expect<Equal<typeof remembered, Predict>>];
checkpoint(predict, { policy: checkpointPolicies.dotsSaveable });
checkpoint(predict, { policy: (prim) => prim.name === "exp" });
// @ts-expect-error a policy must be made from names first
checkpoint(predict, { policy: checkpointPolicies.saveOnlyTheseNames });

// --- custom rules --------------------------------------------------------------------------------------------------------

export const withJvp = customJvp(predict, ([p, b], [dp, db]) => [
  { logits: np.matmul(b.inputs, p.encoder.w) },
  { logits: np.matmul(db.inputs, dp.encoder.w) },
]);
export const withVjp = customVjp(
  predict,
  (p, b) => [{ logits: b.inputs }, { w: p.encoder.w, how: "sum" as const }],
  ({ w, how }, { logits }) => {
    const text: "sum" = how;
    return [{ ...g, encoder: { w: np.multiply(w, text.length) } }, { inputs: logits }];
  },
);
export const named = customJvp(
  (f: (y: Tensor) => Tensor, y: Tensor) => f(y),
  ([f, y], [, dy]) => [f(y), dy],
  {
    nondiffArgnums: [0],
  },
);
export const transposed = linearTranspose(predict, params, batch)({ logits: x });
export const [converted, hoisted] = closureConvert(predict, params, batch);
export const stopped = stopGradient(params);

export type CustomTests = [
  Expect<Equal<typeof withJvp, Predict>>,
  Expect<Equal<typeof withVjp, Predict>>,
  Expect<Equal<typeof named, Transformed<[f: (y: Tensor) => Tensor, y: Tensor], Tensor>>>,
  Expect<Equal<(typeof transposed)[0], typeof g>>,
  Expect<Equal<Parameters<typeof converted>, [Params, Batch, ...Tensor[]]>>,
  Expect<Equal<typeof hoisted, Tensor[]>>,
  Expect<Equal<(typeof stopped)["encoder"]["w"], Tensor>>,
];

// @ts-expect-error the rule returns no tangent
customJvp(predict, ([, b]) => [{ logits: b.inputs }]);
// @ts-expect-error the tangent has another key
customJvp(predict, ([, b]) => [{ logits: b.inputs }, { logit: b.inputs }]);
declare const fwd: (p: Params, b: Batch) => readonly [{ readonly logits: Tensor }, null];
// @ts-expect-error a cotangent for each argument
customVjp(predict, fwd, () => [null]);
// @ts-expect-error the forward rule returns no residuals
customVjp(predict, predict, () => [null, null]);

// --- values that stand for options -------------------------------------------------------------------------------------------

declare const row: (y: Tensor, scale: Tensor) => Tensor;
declare const power: (y: Tensor, n: number) => Tensor;
export const byNumber = grad(loss, 1)(params, batch);
export const byNumbers = grad(loss, [1, 0])(params, batch);
export const valueByNumber = valueAndGrad(loss, 1)(params, batch);
export const jacobianByNumber = jacrev(row, 1)(x, x);
export const hessianByNumber = hessian(row, 1)(x, x);
export const allowed = grad(loss, { allowInt: true })(params, batch);
export const mapped = vmap(row, [0, null])(x, x);
export const mappedByOne = vmap(row, 1)(x, x);
export const staticByNumber = jit(power, { static: 1, donate: 0 })(x, 3);
export const kept = np.sum(x, 0, { keepDims: true });
export const byName = [
  np.clip(x, { min: 0 }),
  np.clip(x, { min: 0, max: x }),
  np.take(x, x, { axis: 0, mode: "clip" }),
  np.sort(x, { axis: 0, descending: true }),
  np.broadcastTo(x, 3),
];

export type LeadTests = [
  Expect<Equal<(typeof byNumber)["inputs"], Tensor>>,
  Expect<Equal<(typeof byNumbers)["length"], 2>>,
  Expect<Equal<(typeof valueByNumber)[1]["inputs"], Tensor>>,
  Expect<Equal<typeof jacobianByNumber, Tensor>>,
  Expect<Equal<typeof hessianByNumber, Tensor>>,
  Expect<typeof allowed extends Grads ? true : false>,
  Expect<Equal<typeof mapped, Tensor>>,
  Expect<Equal<typeof mappedByOne, Tensor>>,
  Expect<Equal<typeof staticByNumber, Tensor>>,
  Expect<Equal<typeof kept, Tensor>>,
];

// @ts-expect-error there is no third argument
grad(loss, 2);
// @ts-expect-error one axis is missing
vmap(row, [0]);
// @ts-expect-error the second argument is not static
jit(power, { static: 0 })(x, "3");
// @ts-expect-error the option is written keepDims
np.sum(x, 0, { keepdims: true });
// @ts-expect-error the axis is given twice
np.sum(x, 0, { axis: 1 });
// @ts-expect-error there is no such argument
np.clip(x, { low: 0 });
// @ts-expect-error an axis is a number
np.take(x, x, { axis: "0" });
// @ts-expect-error there is no such mode
np.take(x, x, 0, "bogus");
// @ts-expect-error an argument that is needed has its place
np.take({ indices: x });

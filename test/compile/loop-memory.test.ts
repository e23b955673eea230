/** @file What a loop over stacked layer weights holds, and what of it the printed jaxpr shows. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import type { Jaxpr } from "../../lib/core/jaxpr.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { reshape } from "../../lib/primitives/broadcast.js";
import { slice } from "../../lib/primitives/movement.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { makeJaxpr, ShapeDtype } from "../../lib/transforms/make-jaxpr.js";
import { scan } from "../../lib/transforms/scan.js";
import { f32, on, treesClose } from "../helpers/runtime.js";
import { seeded } from "../helpers/seeded.js";

const Memory = suite("compile/loop-memory");
const runtime = await runtimeFor("wasm");

const [LAYERS, WIDTH, HIDDEN, ROWS] = [8, 32, 128, 96];
interface Layer {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly up: Tensor;
  readonly down: Tensor;
}
/** Attention and an MLP, both added to what comes in. */
const layer = (h: Tensor, p: Layer): Tensor => {
  const [q, k, v] = [p.q, p.k, p.v].map((w) => np.matmul(h, w));
  const scores = np.exp(np.multiply(np.tanh(np.matmul(q, np.transpose(k))), 0.5));
  const attended = np.divide(np.matmul(scores, v), np.sum(scores, { axis: 1, keepDims: true }));
  const mixed = np.add(h, attended);
  return np.add(mixed, np.matmul(np.tanh(np.matmul(mixed, p.up)), p.down));
};
const row = (x: Tensor, i: number): Tensor => {
  const shape = x.shape.slice(1);
  return reshape(slice(x, [i, ...shape.map(() => 0)], [i + 1, ...shape]), shape);
};
const scanned = (p: Layer, x: Tensor): Tensor =>
  np.mean(np.square(scan((h, q: Layer) => [layer(h, q), null], x, p)[0]));
const unrolled = (p: Layer, x: Tensor): Tensor => {
  let h = x;
  for (let i = 0; i < LAYERS; i++) {
    h = layer(h, { q: row(p.q, i), k: row(p.k, i), v: row(p.v, i), up: row(p.up, i), down: row(p.down, i) });
  }
  return np.mean(np.square(h));
};

Memory("the gradient over stacked layers peaks within a tenth of the unrolled form, on wasm", () => {
  on(runtime, ({ device }) => {
    const rng = seeded(3);
    const random = (...shape: number[]): Tensor => {
      const n = shape.reduce((a, b) => a * b);
      return f32(
        Float32Array.from({ length: n }, () => rng.between(-0.1, 0.1)),
        shape,
      );
    };
    const square = (): Tensor => random(LAYERS, WIDTH, WIDTH);
    const p = {
      ...{ q: square(), k: square(), v: square() },
      ...{ up: random(LAYERS, WIDTH, HIDDEN), down: random(LAYERS, HIDDEN, WIDTH) },
    };
    const x = random(ROWS, WIDTH);
    const run = (loss: typeof scanned): { grads: unknown; peak: number } => {
      using f = jit(grad(loss));
      dispose(f(p, x));
      device.resetPeak();
      const grads = f(p, x);
      return { grads, peak: device.memory().peakBytes };
    };
    const [a, b] = [run(scanned), run(unrolled)];
    treesClose(a.grads, b.grads, "gradients", { abs: 1e-6, rel: 1e-3 });
    dispose([p, x, a.grads, b.grads]);
    assert.ok(a.peak <= 1.1 * b.peak, `a scan peaks at ${a.peak} bytes, the unrolled form at ${b.peak}`);
  });
});

/** All types of variables in a jaxpr and those inside of it. */
const typesIn = (jaxpr: Jaxpr): string[] => String(jaxpr).match(/(?:f32|i32|bool)\*?\[[\d,]*\]/g) ?? [];

const frozenWeights = (): void => {
  // The frozen weights alone have a side of 7, so that whatever is made for them would show.
  const head = (frozen: Tensor, w: Tensor, h: Tensor): Tensor => np.tanh(np.multiply(np.matmul(frozen, h), w));
  const loss = (w: Tensor, frozen: Tensor, h: Tensor): Tensor => np.sum(head(frozen, w, h));
  const compiled = makeJaxpr(grad(jit(loss)))(new ShapeDtype([5]), new ShapeDtype([5, 7]), new ShapeDtype([7]));
  assert.is(
    String(compiled),
    `{ lambda ; a:f32[5] b:f32[5,7] c:f32[7] . let
    d:f32[] e:f32[5] f:f32[5] = jit[name=loss jaxpr={ lambda ; a:f32[5] b:f32[5,7] c:f32[7] . let
      d:f32[5] = dot_general[lhsContract=(1) rhsContract=(0) lhsBatch=() rhsBatch=()] b c
      e:f32[5] = mul d a
      f:f32[5] = tanh e
      g:f32[5] = mul f f
      h:f32[5] = sub 1:f32[] g
      i:f32[] = reduce_sum[axes=(0)] f
    in (i, d, h) }] a b c
    g:f32[5] = jit[name=transpose(linear(loss)) jaxpr={ lambda ; a:f32[5] b:f32[5] c:f32[] . let
      d:f32[5] = broadcast_in_dim[shape=(5) dims=()] c
      e:f32[5] = mul d b
      f:f32[5] = mul a e
    in (f,) }] e f 1:f32[]
  in (g,) }`,
  );
  const body = (w: Tensor, frozen: Tensor, h: Tensor): Tensor =>
    scan((c, f) => [np.matmul(head(f, w, c), f), null], h, frozen)[0];
  const looped = makeJaxpr(grad((w: Tensor, frozen: Tensor, h: Tensor) => np.sum(body(w, frozen, h))))(
    new ShapeDtype([5]),
    new ShapeDtype([3, 5, 7]),
    new ShapeDtype([7]),
  );
  // The weights themselves, and nothing else of their shape: neither stacked again nor accumulated.
  const all = typesIn(looped.jaxpr);
  assert.is(all.filter((t) => t === "f32[3,5,7]").length, 1, String(looped));
  const backward = looped.jaxpr.eqns.filter((e) => e.prim.name === "scan")[1].params.jaxpr as Jaxpr;
  assert.equal(
    backward.outs.map((a) => String(a.aval)),
    ["f32[5]", "f32[7]"],
  );
  assert.is(
    String(backward),
    `{ lambda ; a:f32[5] b:f32[5] c:f32[7] d:f32[5,7] e:f32[5] f:f32[5] . let
    g:f32[5] = dot_general[lhsContract=(0) rhsContract=(1) lhsBatch=() rhsBatch=()] c d
    h:f32[5] = mul g f
    i:f32[5] = mul e h
    j:f32[5] = mul h a
    k:f32[7] = dot_general[lhsContract=(0) rhsContract=(0) lhsBatch=() rhsBatch=()] j d
    l:f32[5] = add b i
  in (l, k) }`,
  );
};
Memory("frozen weights have no tangent variable, in jit nor in a scan", () => on(runtime, frozenWeights));

Memory.run();

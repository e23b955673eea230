/** Options of optimizers as users of optax and plain JavaScript write them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { init, np, optim, type Tensor } from "../../lib/index.js";
import * as tree from "../../lib/tree/index.js";

const Options = suite("optim/options");
Options.before(() => init({ backend: "reference" }));

type Params = { readonly bias: Tensor; readonly layer: { readonly kernel: Tensor } };
const params = (): Params => ({ bias: np.array([1, 2]), layer: { kernel: np.array([[3, 4]]) } });
const slopes = (): Params => ({ bias: np.array([0.5, -1]), layer: { kernel: np.array([[2, -0.25]]) } });
/** The updates of two steps, as numbers. */
const stepsOf = (tx: optim.GradientTransformation<never>): unknown => {
  const any = tx as unknown as { init(p: Params): never; update(g: Params, s: never, p: Params): [Params, never] };
  const [, state] = any.update(slopes(), any.init(params()), params());
  const [updates] = any.update(slopes(), state, params());
  return [updates.bias.tolist(), updates.layer.kernel.tolist()];
};
const same = (a: unknown, b: unknown): void => assert.equal(stepsOf(a as never), stepsOf(b as never));
const loose = optim as unknown as Record<string, (options: unknown) => unknown>;
const refused =
  (words: RegExp, tag: "ArgumentError" | "TreeError" = "ArgumentError") =>
  (e: unknown): boolean =>
    isFluxionError(e, tag) && words.test(e.message);

Options("optax's short names are other names of the same options", () => {
  const short = { learningRate: 0.1, b1: 0.8, b2: 0.9, eps: 1e-3, epsRoot: 1e-4 };
  const long = { learningRate: 0.1, beta1: 0.8, beta2: 0.9, epsilon: 1e-3, epsilonRoot: 1e-4 };
  same(optim.adamw(short), optim.adamw(long));
  same(optim.adam(short), optim.adam(long));
  same(optim.rmsprop({ learningRate: 0.1, eps: 1e-2 } as never), optim.rmsprop({ learningRate: 0.1, epsilon: 1e-2 }));
  same(optim.scaleByAdam({ b1: 0.5 }), optim.scaleByAdam({ beta1: 0.5 }));
  assert.throws(
    () => optim.adam({ learningRate: 0.1, b1: 0.8, beta1: 0.9 }),
    refused(/"b1" and "beta1" are one option[\s\S]*0\.8 and 0\.9/),
  );
});

Options("a learning rate alone, also a schedule, stands for the options", () => {
  same(optim.adam(0.1), optim.adam({ learningRate: 0.1 }));
  same(optim.sgd(0.1), optim.sgd({ learningRate: 0.1 }));
  same(optim.adamw(optim.linearSchedule(0.1, 0, 4)), optim.adamw({ learningRate: optim.linearSchedule(0.1, 0, 4) }));
});

Options("the other options may follow the learning rate, as in optax", () => {
  same(
    optim.adamw(0.1, { weightDecay: 0.5, b1: 0.8 }),
    optim.adamw({ learningRate: 0.1, weightDecay: 0.5, beta1: 0.8 }),
  );
  same(optim.sgd(0.1, { momentum: 0.9 }), optim.sgd({ learningRate: 0.1, momentum: 0.9 }));
  const many = optim as unknown as Record<string, (...args: unknown[]) => unknown>;
  assert.throws(() => many.sgd(0.1, 0.9), refused(/too many arguments[\s\S]*by name/));
  assert.throws(() => many.adam(0.1, { learningRate: 0.2 }), refused(/too many arguments/));
});

Options("a learning rate that is missing is asked for", () => {
  assert.throws(() => loose.adam(undefined), refused(/optim\.adam: the options are missing[\s\S]*learningRate/));
  assert.throws(() => loose.adamw({}), refused(/optim\.adamw: the learning rate is missing/));
  assert.throws(() => loose.sgd({ momentum: 0.9 }), refused(/optim\.sgd: the learning rate is missing/));
  assert.not.throws(() => optim.scaleByAdam());
});

Options("groups of multiTransform may be told by a tree of names", () => {
  const transforms = { fast: optim.sgd(1), still: optim.setToZero() };
  same(
    optim.multiTransform(transforms, { bias: "fast", layer: { kernel: "still" } }),
    optim.multiTransform(transforms, (path) => (path === "bias" ? "fast" : "still")),
  );
  const unfit = optim.multiTransform(transforms, { bias: "fast", layer: { kernel: "slow" } });
  assert.throws(() => unfit.init(params()), refused(/no such group[\s\S]*fast, still[\s\S]*slow[\s\S]*layer\/kernel/));
});

Options("options that are not there are refused with the closest name", () => {
  assert.throws(
    () => loose.adamw({ learning_rate: 0.1 }),
    refused(/optim\.adamw: .*learning_rate[\s\S]*"learningRate"/),
  );
  assert.throws(() => loose.adamw({ learningRate: 0.1, weight_decay: 0.1 }), refused(/"weightDecay"/));
  assert.throws(() => loose.sgd({ learningRate: 0.1, nestrov: true }), refused(/"nesterov"/));
  assert.throws(() => loose.scaleByAdam(0.9), refused(/options are an object/));
});

Options(
  "weights decay where a glob, a predicate, a tree of booleans or optax's function of the parameters says",
  () => {
    const by = (mask: unknown): unknown =>
      optim.adamw({ learningRate: 0.1, weightDecay: 0.5, mask: mask as optim.Mask });
    const decayed = by("**/kernel");
    same(
      by((path: string) => path.endsWith("kernel")),
      decayed,
    );
    same(
      by((_path: string, leaf: Tensor) => leaf.ndim === 2),
      decayed,
    );
    same(by(tree.mask(params(), "**/kernel")), decayed);
    same(
      by((p: Params) => tree.mask(p, "**/kernel")),
      decayed,
    );
    same(
      by((p: Params) => tree.map((x: Tensor) => x.ndim === 2, p)),
      decayed,
    );
    assert.throws(() => stepsOf(by(() => 1) as never), refused(/true or false[\s\S]*number[\s\S]*bias/));
    assert.throws(() => stepsOf(by({ bias: true }) as never), refused(/does not fit[\s\S]*layer/, "TreeError"));
  },
);

Options("transformations of a chain may be a list", () => {
  const [clip, sgd] = [optim.clip(0.1), optim.sgd(0.5)];
  same(optim.chain([clip, sgd]), optim.chain(clip, sgd));
  assert.throws(() => loose.chain([clip, {}]), refused(/optim\.chain: not a transformation[\s\S]*at +part 1/));
  assert.throws(() => loose.chain(0.1), refused(/not a transformation/));
});

Options("groups are labelled by path, by a tree, or by optax's function of the parameters", () => {
  const transforms = { slow: optim.sgd(0.1), fast: optim.sgd(1) };
  const byPath = optim.multiTransform(transforms, (path) => (path === "bias" ? "slow" : "fast"));
  same(optim.multiTransform(transforms, { bias: "slow", layer: { kernel: "fast" } }), byPath);
  same(
    optim.multiTransform(transforms, (p: Params) => tree.map((x) => (x.ndim === 1 ? "slow" : "fast"), p)),
    byPath,
  );
  assert.throws(
    () => optim.multiTransform(transforms, () => ({ bias: "slow", layer: { kernel: "quick" } })).init(params()),
    refused(/no such group[\s\S]*slow, fast[\s\S]*quick[\s\S]*layer\/kernel/),
  );
});

Options("values of another kind are refused at once", () => {
  const wrong: [name: string, args: unknown[], words: RegExp][] = [
    [
      "clip",
      [{}],
      /^optim\.clip: limit is not a number from 0 on, or a scalar tensor\n {2}expected {2}optim\.clip\(limit\)/,
    ],
    ["clipByGlobalNorm", [{ limit: 1 }], /limit is not a number/],
    ["scale", [{}], /factor is not a number or a scalar tensor/],
    ["scale", [], /factor is missing/],
    ["scaleByLearningRate", ["0.1"], /rate is not a finite number from 0 on, a scalar tensor or a schedule/],
    ["scaleBySchedule", [0.1], /schedule is not a function/],
    ["sgd", [{ learningRate: "0.1" }], /learningRate is not a finite number[\s\S]*got +"0\.1"/],
    ["linearSchedule", [{}, 1, 10], /start is not a number/],
    ["constantSchedule", [{}], /rate is not/],
    ["cosineDecaySchedule", [1], /steps is missing/],
    ["warmup", [{}, 0.1], /steps is not a number/],
    ["piecewiseInterpolateSchedule", ["cubic", 1, {}], /kind is not "linear" or "cosine"/],
    ["warmupConstantSchedule", [{ peakValue: {}, warmupSteps: 2 }], /peakValue is not a number/],
    ["joinSchedules", [{}, [1]], /schedules is not a list/],
    ["multiSteps", [0.1, 2], /inner is not a transformation/],
    ["masked", [{}, "**"], /inner is not a transformation/],
  ];
  const any = optim as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const [name, args, words] of wrong) assert.throws(() => any[name](...args), refused(words), name);
});

Options.run();

/** @file Prompts that networks make: what is kept for use, and what a network that does nothing gives. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { np, random, type Tensor, t5, tree } from "../../lib/index.js";
import * as methods from "../../lib/methods/index.js";
import { allclose, hostOf, numbers } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { any, refuses } from "./refuses.js";
import { samples } from "./samples.js";

const Folding = suite("methods/folding");
Folding.before(async () => void (await init({ backend: "reference" })));

const EXACT = { abs: 0, rel: 0 };
const NETWORKS = ["P-tuning by an MLP", "P-tuning by an LSTM", "residual prompt", "residual prompt, networks apart"];
const BY_TASK = ["multi-task prompt, one of three", "MPT, one of two"];
const COMPOSED = "residual prompt and scales";
/** The names of the folded methods that are not a prompt. */
const FOLDED: Readonly<Record<string, string>> = {
  [COMPOSED]: "compose",
  "prefix of a network": "prefix",
  "MPT of encoder and decoder": "compose",
};
const batchOf = (): t5.Batch => ({
  inputs: np.array([5, 9, 1, 7, 1, 0], { shape: [2, 3], dtype: "int32" }),
  targets: np.array([8, 1, 3, 1], { shape: [2, 2], dtype: "int32" }),
});

Folding("folded methods have no network, and give the same logits", () => {
  const { config, params, samples: all } = samples();
  for (const name of [...NETWORKS, ...BY_TASK, ...Object.keys(FOLDED)]) {
    const { method, tuned } = all[name];
    const folded = methods.forUse(config, params, method, tuned);
    const settings = folded.method.settings;
    assert.is(settings.name, FOLDED[name] ?? "prompt");
    const shapes = tree.map((x: Tensor) => x.shape.join(), folded.tuned as never);
    if (FOLDED[name] === undefined) assert.equal(shapes, { prompt: `2,${config.dModel}` }, name);
    const logits = ({ method, tuned }: methods.Folded) =>
      hostOf(t5.logits(config, method.apply(config, params, tuned), batchOf()));
    allclose(logits(folded), logits({ method, tuned }), name, EXACT);
  }
});

Folding("methods without networks are used as they were trained", () => {
  const { config, params, samples: all } = samples();
  for (const [name, { method, tuned }] of Object.entries(all)) {
    if (method.fold !== undefined) assert.ok([...NETWORKS, ...BY_TASK, ...Object.keys(FOLDED)].includes(name), name);
    else assert.equal(Object.values(methods.forUse(config, params, method, tuned)), [method, tuned]);
  }
});

Folding("a residual network of zeros leaves the prompt as it is", () => {
  const { config, params } = tinyT5();
  for (const options of [{}, { shared: false }, { layerNorm: false }, { shared: false, layerNorm: false }]) {
    const method = methods.residual({ length: 3, bottleneck: 5, ...options });
    const start = method.init(random.key(2), config, params);
    const network = tree.map((x: Tensor) => np.zerosLike(x), start.network as never) as methods.ResidualNetwork;
    const { prefix } = method.apply(config, params, { ...start, network });
    allclose(hostOf(prefix as Tensor), hostOf(start.prompt), JSON.stringify(options), EXACT);
  }
});

Folding("prompts that are added and zero beyond the first layer are a prompt at the input", () => {
  const { config, params } = tinyT5();
  const [method, soft] = [methods.perLayer({ length: 3, combine: "add" }), methods.prompt({ length: 3 })];
  const tuned = method.init(random.key(2), config, params);
  const prompt = np.get(tuned.prompts, 0);
  const logits = (model: t5.Model) => hostOf(t5.logits(config, model, batchOf()));
  allclose(
    logits(method.apply(config, params, tuned)),
    logits(soft.apply(config, params, { prompt })),
    "logits",
    EXACT,
  );
});

Folding("networks of their own change one vector each", () => {
  const { config, params } = tinyT5();
  const method = methods.residual({ length: 3, bottleneck: 5, shared: false });
  const tuned = method.init(random.key(2), config, params);
  const prefixOf = (t: methods.ResidualTree) => numbers(method.apply(config, params, t).prefix as Tensor);
  const { down } = tuned.network;
  const kernel = np.multiply(down.kernel, np.array([1, 0, 1], { shape: [3, 1, 1] }));
  const [before, after] = [tuned, { ...tuned, network: { ...tuned.network, down: { ...down, kernel } } }].map(prefixOf);
  const changed = before.map((x, i) => x !== after[i]);
  assert.equal(
    [0, 1, 2].map((row) => changed.slice(row * 16, row * 16 + 16).some((x) => x)),
    [false, true, false],
  );
});

Folding("networks start as PyTorch starts them", () => {
  const { config, params } = tinyT5();
  const within = (x: Tensor, bound: number) => {
    const most = Math.max(...numbers(x).map(Math.abs));
    assert.ok(most <= bound && most > 0.8 * bound, `${most} of ${bound}`);
  };
  const { embedding, lstm, mlp } = methods
    .pTuning({ length: 9, encoder: "lstm", hidden: 9 })
    .init(random.key(1), config, params);
  const deviation = Math.sqrt(numbers(embedding).reduce((sum, x) => sum + x * x, 0) / embedding.size);
  assert.ok(Math.abs(deviation - 1) < 0.2, `${deviation}`);
  within(lstm?.["1"].backward.input.kernel as Tensor, 1 / 3);
  within(lstm?.["0"].forward.hidden.bias as Tensor, 1 / 3);
  within(mlp["0"].kernel, 1 / Math.sqrt(18));
  const { network } = methods.residual({ length: 2, bottleneck: 30 }).init(random.key(1), config, params);
  within(network.down.kernel, 1 / 4);
  within(network.up.bias, 1 / Math.sqrt(30));
  assert.equal([...new Set(numbers(network.norm?.scale as Tensor))], [1]);
  assert.equal([...new Set(numbers(network.norm?.bias as Tensor))], [0]);
});

Folding("options out of range and trees of other settings are refused", () => {
  const { config, params } = tinyT5();
  const js = methods as unknown as Record<string, (options: object) => methods.Method>;
  const cases = [
    ["pTuning", { length: 0 }, "a prompt has at least one vector"],
    ["pTuning", { encoder: "gru" }, /expected +mlp, lstm\n.*got +gru/],
    ["pTuning", { hidden: 1.5 }, /inner size.*\n.*\n.*1\.5/],
    ["pTuning", { layers: 2 }, /only an LSTM/],
    ["pTuning", { encoder: "lstm", layers: 0 }, "layers"],
    ["pTuning", { submodules: 3 }, "1 or 2"],
    ["residual", { bottleneck: 0 }, "the bottleneck is not"],
    ["residual", { length: -1 }, "a prompt has at least one vector"],
  ] as const;
  for (const [name, options, text] of cases) {
    refuses(() => js[name](options), "ArgumentError", `methods.${name}`, text);
  }
  const residual = any(methods.residual({ length: 2, bottleneck: 3 }));
  const tuned = residual.init(random.key(0), config, params);
  const wider = any(methods.residual({ length: 2, bottleneck: 4 }));
  for (const use of [wider.apply, wider.fold as unknown as typeof wider.apply]) {
    refuses(() => use(config, params, tuned), "ShapeError", /at +network\/down\/kernel/, /expected +\[16,4\]/);
  }
  const apart = any(methods.residual({ length: 2, bottleneck: 3, shared: false }));
  refuses(() => apart.apply(config, params, tuned), "ShapeError", /expected +\[2,16,3\]/);
  const short = any(js.residual({ length: 2, init: () => np.zeros([3, 16]) } as never));
  refuses(() => short.init(random.key(0), config, params), "ShapeError", "methods.residual", "[2,16]");
  const composed = any(methods.compose({ soft: methods.residual({ length: 2, bottleneck: 3 }) }));
  refuses(() => composed.fold?.(config, params, { soft: { prompt: np.zeros([2, 16]) } }), "TreeError", /at +soft/);
});

Folding.run();

/** @file One model for every way in which a method enters it, with random trained trees that change a lot. */
import { isTensor, type Tensor } from "../../lib/core/tensor.js";
import { np, random, type t5, tree } from "../../lib/index.js";
import * as methods from "../../lib/methods/index.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

/** A method and a tree for it. */
export interface Sample {
  readonly method: methods.Method;
  readonly tuned: object;
}

/** The methods of this library, each by a name that says how it is set. */
export const METHODS: Readonly<Record<string, methods.Method>> = {
  prompt: methods.prompt({ length: 3 }),
  "prompt after": methods.prompt({ length: 2, position: "after" }),
  "prompt before the end": methods.prompt({ length: 2, position: "before-eos" }),
  "prompt of the decoder": methods.prompt({ length: 2, position: "decoder" }),
  "prompt that sees itself": methods.prompt({ length: 3, sees: ["prompt->prompt;causal"] }),
  prefix: methods.prefix({ length: 3 }),
  "prefix of the encoder": methods.prefix({ length: 2, attentions: ["encoder"] }),
  "prefix of a network": methods.prefix({ length: 2, attentions: ["decoder", "cross"], projection: 3 }),
  "prefix of PEFT": methods.peftPrefix({ length: 3 }),
  "prompts of the layers": methods.perLayer({ length: 3 }),
  "prompts added to layers": methods.perLayer({ length: 2, combine: "add" }),
  "P-tuning by an MLP": methods.pTuning({ length: 2, hidden: 3 }),
  "P-tuning by an LSTM": methods.pTuning({ length: 2, encoder: "lstm", hidden: 3, layers: 2, submodules: 2 }),
  "residual prompt": methods.residual({ length: 2, bottleneck: 3 }),
  "residual prompt, networks apart": methods.residual({ length: 2, bottleneck: 3, shared: false }),
  lora: methods.lora({ rank: 2, alpha: 4, kernels: ["q", "v"] }),
  "lora everywhere": methods.lora({
    rank: 3,
    alpha: 2,
    kernels: "all-linear",
    rankPattern: { k: 1 },
    rankStabilized: true,
  }),
  dora: methods.lora({ rank: 2, alpha: 4, kernels: ["q", "k", "v", "o", "wo"], dora: true }),
  ia3: methods.ia3(),
  "norm scales": methods.norms(),
  "some weights": methods.weights(["decoder/logitsDense/kernel", "encoder/**/mlp/**"]),
  "all weights": methods.full(),
  "prompt and lora": methods.compose({
    prompt: methods.prompt({ length: 2 }),
    lora: methods.lora({ rank: 2, alpha: 4 }),
  }),
  "prefixes and a prompt of the decoder": methods.compose({
    decoder: methods.prompt({ length: 2, position: "decoder" }),
    prefix: methods.prefix({ length: 2, attentions: ["encoder", "decoder"] }),
    peft: methods.peftPrefix({ length: 1 }),
  }),
  "residual prompt and scales": methods.compose({
    soft: methods.residual({ length: 2, bottleneck: 3, layerNorm: false }),
    ia3: methods.ia3(),
  }),
  "two prompts and scales": methods.compose({
    before: methods.prompt({ length: 2 }),
    decoder: methods.prompt({ length: 1, position: "decoder" }),
    ia3: methods.ia3(),
  }),
  "multi-task prompt, one of three": methods.forTask(
    methods.multitask({ kind: "project", tasks: 3, length: 2 }) as never,
    2,
  ),
  "MPT, one of two": methods.forTask(methods.mpt({ length: 2, rank: 2, tasks: 2 }) as never, 1),
  "MPT of encoder and decoder": methods.mpt({ length: 2, rank: 2, submodules: 2 }),
} as never;

/** A method of each way into the model, for laws that are tried on the others in long tests. */
export const EACH_WAY: readonly string[] = [
  "prompt",
  "prompt before the end",
  "prompt that sees itself",
  "prefix of a network",
  "prompts of the layers",
  "dora",
  "two prompts and scales",
];

/** A tree with noise on every leaf: relative where a leaf scales something, else absolute. */
export const shaken = (tuned: object, seed: number): object => {
  const keys = random.subkeys(random.key(seed), tree.leaves(tuned).length);
  let at = 0;
  return tree.map(
    (x: Tensor) => np.add(x, np.multiply(0.3, random.normal(keys[at++], x.shape))),
    tuned as never,
  ) as object;
};

/** The trees of stacked layers: entries of one name in all layers become one, with a first axis for the layer. */
export const stackedTree = (tuned: object): object => {
  const groups = new Map<string, unknown[]>();
  for (const [key, value] of Object.entries(tuned)) {
    const found = /^((?:en|de)coder\/layers)\/\d+\/(.*)$/.exec(key);
    const nested = found === null && !key.includes("/") && !isTensor(value);
    const name = found === null ? key : `${found[1]}/${found[2]}`;
    groups.set(name, [...(groups.get(name) ?? []), nested ? stackedTree(value as object) : value]);
  }
  const joined = [...groups].map(([name, values]) => {
    const layered = /^(en|de)coder\/layers\//.test(name);
    return [
      name,
      layered ? tree.map((...xs: Tensor[]) => np.stack(xs), values[0] as never, ...values.slice(1)) : values[0],
    ];
  });
  return Object.fromEntries(joined);
};

/** The frozen model, and every method with a tree for it. */
export const samples = (changes: Partial<t5.T5Config> = {}) => {
  const { config, params } = tinyT5(changes);
  const all = Object.entries(METHODS).map(([name, method], i): [string, Sample] => [
    name,
    { method, tuned: shaken(method.init(random.key(i), config, params), 100 + i) },
  ]);
  return { config, params, samples: Object.fromEntries(all) };
};

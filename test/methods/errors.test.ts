/** @file Wrong use of methods: typed errors that say what was expected and what to do. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { np, t5 } from "../../lib/index.js";
import * as methods from "../../lib/methods/index.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { any, applying, key, refuses } from "./refuses.js";

const Errors = suite("methods/errors");
Errors.before(async () => void (await init({ backend: "reference" })));

const starting = (method: methods.Method, frozen?: t5.AnyParams): (() => unknown) => {
  const { config, params } = tinyT5();
  return () => method.init(key(), config, frozen ?? params);
};
/** Several methods from their starts. */
const together = (parts: Readonly<Record<string, methods.Method>>): (() => unknown) => {
  const { config, params } = tinyT5();
  const all = methods.compose(parts) as methods.Method;
  return () => all.apply(config, params, all.init(key(), config, params));
};
Errors("a kernel that is not there is named with the closest that is", () => {
  const lora = (kernels: methods.LoraOptions["kernels"]) =>
    any(methods.lora({ kernels: kernels as readonly string[] }));
  refuses(starting(lora(["query", "valeu"])), "ArgumentError", "methods.lora", /got +valeu/, "did you mean value?");
  const whole = "encoder.block.0.layer.0.SelfAttention.";
  refuses(starting(lora(["SelfAttention.k", `${whole}p`])), "ArgumentError", `did you mean ${whole}k?`);
  refuses(starting(lora(["attention/quer"])), "ArgumentError", "did you mean attention/query?");
  refuses(starting(lora(["selfAttention/qury"])), "ArgumentError", "did you mean selfAttention/query?");
  refuses(starting(lora(["SelfAttention.w"])), "ArgumentError", /did you mean SelfAttention\.[qkvo]\?/);
  refuses(starting(lora(["wi_2"])), "ArgumentError", /expected .*wi0, wi_0, wi1, wi_1, wo/, "did you mean wi_0?");
  refuses(starting(any(methods.ia3({ kernels: ["kye", "wo"] }))), "ArgumentError", "methods.ia3", "did you mean key?");
});

Errors("names and patterns that select nothing are refused, and so is an empty list", () => {
  const { config, params } = tinyT5();
  const nothing: readonly methods.Method[] = [
    any(methods.lora({ kernels: [] })),
    any(methods.lora({ kernels: { pattern: "encoder\\.block" } })),
    any(methods.ia3({ kernels: [], feedForward: [] })),
  ];
  for (const method of nothing) refuses(starting(method), "ArgumentError", "the model has no such kernel");
  refuses(starting(nothing[0]), "ArgumentError", /got +no name/, "name one kernel or more");
  const whole = /such as \w+\/layers\/0\/\S+ or \w+\.block\.0\.\S+/;
  refuses(starting(nothing[1]), "ArgumentError", "a pattern is a regular expression of a whole name", whole);
  const bad = any(methods.lora({ kernels: { pattern: "(q" } }));
  refuses(starting(bad), "ArgumentError", "the pattern is not a regular expression", "(q");
  refuses(
    starting(any(methods.weights("**/scael"))),
    "ArgumentError",
    "a pattern selects no weight",
    /got +\*\*\/scael/,
    "did you mean **/scale?",
  );
  const wrongLayer = any(methods.weights("encoder/layers/7/mlp/wo/kernel"));
  refuses(starting(wrongLayer), "ArgumentError", /did you mean encoder\/layers\/\d\/mlp\/wo\/kernel\?/);
  refuses(starting(any(methods.weights(["**", "x"]))), "ArgumentError", "a pattern selects no weight", /got +x/);
  refuses(starting(any(methods.weights([]))), "ArgumentError", "a pattern selects no weight");
  const unscaled = any(methods.ia3({ kernels: ["key"], feedForward: ["wo"] }));
  refuses(
    starting(unscaled),
    "ArgumentError",
    "a feed-forward kernel is not among the kernels",
    /got +wo/,
    "[] for none",
  );
  assert.ok(methods.lora({ kernels: { pattern: "encoder\\.block.*" } }).init(key(), config, params));
});

Errors("options out of range are refused with the range", () => {
  for (const rank of [0, -1, 1.5, Number.NaN]) {
    refuses(
      () => methods.lora({ rank }),
      "ArgumentError",
      "the rank is not a whole number above 0",
      `got       ${rank}`,
    );
    refuses(() => methods.lora({ rankPattern: { q: 2, k: rank } }), "ArgumentError", "the rank", `got       ${rank}`);
  }
  for (const alpha of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    refuses(() => methods.lora({ alpha }), "ArgumentError", "alpha is not a number above 0", `got       ${alpha}`);
    refuses(() => methods.lora({ alphaPattern: { k: alpha } }), "ArgumentError", "alpha is not", `got       ${alpha}`);
  }
  for (const dropout of [1, -0.1, 2, Number.NaN]) {
    refuses(() => methods.lora({ dropout }), "ArgumentError", "0 <= dropout < 1", `got       ${dropout}`);
  }
  for (const length of [0, -1, 2.5]) {
    refuses(
      () => methods.prompt({ length }),
      "ArgumentError",
      "a prompt has at least one vector",
      `got       ${length}`,
    );
  }
  refuses(() => methods.prompt({ position: "middle" as never }), "ArgumentError", "before, after, before-eos, decoder");
  refuses(() => methods.prompt({ position: "toString" as never }), "ArgumentError", "there is no such position");
  refuses(() => methods.design([]), "ArgumentError", "the text has no ids");
  refuses(() => methods.compose({}), "ArgumentError", "there is no method");
  const unset = methods.lora({ rank: undefined, alpha: undefined, dropout: undefined } as never);
  assert.equal(unset.settings, methods.lora().settings);
  methods.lora({ rank: 1, dropout: 0, alpha: 0.5, rankPattern: { q: 1 }, alphaPattern: { q: 0.1 } });
});

Errors("what a prompt may see has known names, and is for a prompt before the text", () => {
  const sees = ["prompt->promt"] as never;
  const known = "prompt->prompt, prompt->prompt;causal, prompt->input, input->input, input->prompt";
  refuses(() => methods.prompt({ sees }), "ArgumentError", "there is no such visibility", known, "prompt->promt");
  for (const position of ["after", "before-eos", "decoder"] as const) {
    const options = { position, sees: ["prompt->input"] } as const;
    refuses(() => methods.prompt(options), "ArgumentError", "only for a prompt before the text", position);
  }
});

Errors("a prompt of another width or length is refused, when it starts and when it is used", () => {
  const method = any(methods.prompt({ length: 2 }));
  for (const shape of [[2, 17], [3, 16], [16], [1, 2, 16]]) {
    refuses(applying(method, { prompt: np.zeros(shape) }), "ShapeError", /expected +\[2,16\]/, "hint");
    const other = any(methods.prompt({ length: 2, init: () => np.zeros(shape) }));
    refuses(starting(other), "ShapeError", /expected +\[2,16\]/, "a prompt belongs to one model size");
  }
});

Errors("two methods that replace one weight or stand at one place are refused by their names", () => {
  const prompts = { soft: any(methods.prompt({ length: 2 })), text: any(methods.design([5])) };
  refuses(
    together(prompts),
    "ArgumentError",
    "methods.compose",
    "soft and text",
    /at +prefix/,
    "leave one of them out",
  );
  const weights = { all: any(methods.full()), scales: any(methods.norms()) };
  refuses(together(weights), "ArgumentError", "two methods replace one weight", "all and scales", "/scale");
  const soft = { soft: any(methods.prompt({ length: 2 })) };
  refuses(
    together({ ...soft, ...weights }),
    "ArgumentError",
    "two methods replace one weight",
    /soft and all and scales$/m,
  );
  refuses(
    together({ ...weights, ...soft }),
    "ArgumentError",
    "two methods replace one weight",
    /got +all and scales$/m,
  );
});

Errors("methods that would change each other's kernels are refused with the order that works", () => {
  const [lora, dora] = [false, true].map((dora) => any(methods.lora({ kernels: ["key"], dora })));
  const ia3 = any(methods.ia3());
  refuses(together({ ia3, lora }), "ArgumentError", "put LoRA before IA3", /at +lora\/decoder.*key/);
  refuses(together({ dora, lora }), "ArgumentError", "another method has already changed this kernel");
  for (const first of [lora, dora, ia3]) refuses(together({ first, dora }), "ArgumentError", "DoRA does not compose");
  const query = any(methods.weights("**/query/kernel"));
  const changesQuery = [
    any(methods.lora()),
    any(methods.lora({ dora: true })),
    any(methods.ia3({ kernels: ["query"], feedForward: [] })),
  ];
  for (const other of changesQuery) {
    const at = /at +weights\/(en|de)coder\/layers\/0\/\w+\/query/;
    for (const weights of [query, any(methods.full())]) {
      refuses(together({ other, weights }), "ArgumentError", "methods.weights", "put the weights first", at);
      together({ weights, other })();
    }
  }
  for (const parts of [
    { lora, norms: any(methods.norms()) },
    { lora, ia3 },
    { lora, again: lora },
    { ia3, again: ia3 },
    { all: any(methods.full()), lora },
  ]) {
    together(parts)();
  }
});

Errors("stacked layers that would differ are refused with the way to unstack them", () => {
  const { params } = tinyT5();
  const stacked = t5.stackLayers(params);
  const options: readonly methods.LoraOptions[] = [
    { rankPattern: { "encoder.block.0.*q": 3 } },
    { alphaPattern: { "decoder.block.1.*": 3 } },
    { kernels: ["encoder/layers/0/attention/query"] },
    { kernels: { pattern: ".*block\\.1.*" } },
  ];
  for (const one of options) {
    const method = any(methods.lora(one));
    const { config } = tinyT5();
    const use = () => method.apply(config, stacked, method.init(key(), config, stacked));
    refuses(use, "ArgumentError", "the layers are stacked", "t5.unstackLayers(params)", /at +(en|de)coder\/layers\//);
  }
});

Errors("stacked layers have the names of their own stack", () => {
  const { config, params } = tinyT5({ numLayers: 3 });
  const stacked = t5.stackLayers(params);
  const method = any(methods.lora({ kernels: { pattern: "decoder\\.block\\.2.*" } }));
  refuses(() => method.init(key(), config, stacked), "ArgumentError", "the model has no such kernel");
  const third = any(methods.lora({ kernels: { pattern: "encoder\\.block\\.2.*" } }));
  refuses(() => third.init(key(), config, stacked), "ArgumentError", "only some of them are selected");
});

Errors("ids without an embedding are refused with the range", () => {
  for (const id of [40, -1, 1.5]) {
    refuses(applying(any(methods.design([3, id])), {}), "ArgumentError", "ids from 0 to 39", `got       ${id}`);
  }
});

Errors("what enters at the input cannot be merged", () => {
  const { config, params } = tinyT5();
  for (const position of ["before", "after", "before-eos", "decoder"] as const) {
    const model = methods.prompt({ length: 1, position }).apply(config, params, { prompt: np.zeros([1, 16]) });
    refuses(() => t5.merge(model), "ArgumentError", "insertions that weights cannot hold", "hint");
  }
});

Errors.run();

/** @file What plain JavaScript may hand to a method: misspelt names, values of other types, models and trees of other kinds. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { np } from "../../lib/index.js";
import * as methods from "../../lib/methods/index.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { any, applying, key, refuses } from "./refuses.js";

const Options = suite("methods/options");
Options.before(async () => void (await init({ backend: "reference" })));

/** The makers of methods as plain JavaScript sees them. */
const js = methods as unknown as Record<string, (...args: unknown[]) => methods.Method>;
const starting = (method: methods.Method, frozen?: unknown): (() => unknown) => {
  const { config, params } = tinyT5();
  return () => method.init(key(), config, (frozen === undefined ? params : frozen) as never);
};

Options("misspelt options are refused with the closest name", () => {
  const cases = [
    ["lora", { ranks: 3 }, "rank"],
    ["lora", { rank: 2, target_modules: ["q"] }, "kernels|dropout|rankPattern|alphaPattern|rankStabilized"],
    ["prompt", { lenght: 3 }, "length"],
    ["ia3", { feedforward: [] }, "feedForward"],
  ] as const;
  for (const [name, options, closest] of cases) {
    const hint = new RegExp(`hint +did you mean (${closest})\\?`);
    refuses(() => js[name](options), "ArgumentError", `methods.${name}`, "only the keys", hint);
  }
});

Options("values of another type are refused with their place", () => {
  const cases = [
    ["lora", { dora: "yes" }, "dora", 'got       "yes"'],
    ["lora", { rank: "4" }, "rank", 'got       "4"'],
    ["lora", { kernels: "query" }, "kernels", "list of names"],
    ["lora", { kernels: {} }, "kernels.pattern", "nothing"],
    ["lora", { kernels: ["query", 5] }, "kernels[1]", "5"],
    ["lora", { rankPattern: { q: "2" } }, "rankPattern.q", "number"],
    ["lora", "rank 4", "options", "record of options"],
    ["lora", null, "options", "null"],
    ["ia3", { kernels: "all-linear" }, "kernels", "list of names"],
    ["prompt", { sees: "prompt->input" }, "sees", "list of names"],
    ["prompt", { init: 5 }, "init", "Function"],
    ["weights", undefined, "where", "nothing"],
    ["weights", ["**", 3], "where", '["**",3]'],
    ["design", "hello", "ids", "list of ids"],
    ["design", [1, "2"], "ids: [1]", '"2"'],
  ] as const;
  for (const [name, options, place, text] of cases) {
    refuses(() => js[name](options), "ArgumentError", `methods.${name}`, place, text);
  }
});

Options("options that are null or undefined count as not given", () => {
  const unset = { rank: null, kernels: null, rankPattern: undefined, dora: null };
  assert.equal(js.lora(unset).settings, methods.lora().settings);
  assert.equal(js.prompt({ sees: null, position: undefined }).settings, methods.prompt().settings);
  assert.equal(js.ia3({ feedForward: null }).settings, methods.ia3().settings);
});

Options("parts of a composition that are not methods are named", () => {
  for (const part of [{}, undefined, null, 3, "lora", methods.lora, { settings: { name: "low" }, init: () => ({}) }]) {
    refuses(() => js.compose({ low: part }), "ArgumentError", "a part is not a method", /at +low/, "methods.lora()");
  }
  for (const nothing of [{}, null, undefined])
    refuses(() => js.compose(nothing), "ArgumentError", "there is no method");
});

Options("errors within a composition name the part", () => {
  const { config, params } = tinyT5();
  const low = any(methods.lora({ kernels: ["qery"] }));
  refuses(starting(any(methods.compose({ low }))), "ArgumentError", "did you mean query?", /at +low/);
  const inner = methods.compose({ soft: methods.prompt({ length: 2 }) });
  const outer = any(methods.compose({ inner, low: methods.lora() }));
  const tuned = outer.init(key(), config, params) as Record<string, object>;
  const other = { ...tuned, inner: { soft: { prompt: np.zeros([3, 16]) } } };
  refuses(applying(outer, other), "ShapeError", /at +inner\/soft\/prompt/, /expected +\[2,16\]/);
  const failure = new TypeError("not ours");
  const faulty = {
    ...methods.prompt(),
    init: () => {
      throw failure;
    },
  };
  assert.throws(starting(any(methods.compose({ faulty }))), (error: unknown) => error === failure);
});

Options("keys of patterns that fit no selected kernel are refused with Hugging Face's name", () => {
  for (const which of ["rankPattern", "alphaPattern"]) {
    const of = (keys: readonly string[], kernels = ["query", "wo"]): (() => unknown) =>
      starting(any(js.lora({ kernels, [which]: Object.fromEntries(keys.map((k) => [k, 2])) })));
    refuses(of(["q", "query"]), "ArgumentError", "fits none of the selected kernels", /got +query/, "did you mean q?");
    refuses(of(["k"]), "ArgumentError", /such as q, wo/, /did you mean (q|wo)\?/);
    refuses(of(["(q"]), "ArgumentError", "the pattern is not a regular expression", /got +"\(q"\n/);
    assert.ok(of(["q", ".*q", "encoder.*", "wo"])());
  }
});

Options("a model on the host, or none, is refused by every method", () => {
  const onHost = { tokenEmbedder: { embedding: { shape: [3, 4], dtype: "float32", data: new Float32Array(12) } } };
  const all = [methods.prompt(), methods.lora(), methods.ia3(), methods.full()].map(any);
  for (const method of all) {
    const place = /at +tokenEmbedder\/embedding/;
    refuses(starting(method, onHost), "TreeError", "the frozen model is on the host", "np.devicePut(params)", place);
    for (const none of [null, 3, {}]) {
      const got = /of a T5\n {2}expected .*\n {2}got +(null|3|a record of nothing)$/;
      refuses(starting(method, none), "TreeError", "the frozen model is not a tree of parameters of a T5", got);
    }
    refuses(starting(method, { tokenEmbedder: {} }), "TreeError", /got +undefined/, place);
  }
  const { config } = tinyT5();
  refuses(() => methods.design([3]).apply(config, onHost as never, {}), "TreeError", "np.devicePut(params)");
});

Options("names and globs that select nothing come with the closest that does", () => {
  const lora = (entry: string): methods.Method => any(methods.lora({ kernels: [entry] }));
  refuses(starting(lora("query/kernel")), "ArgumentError", "did you mean query?");
  refuses(starting(lora("selfAttention")), "ArgumentError", /did you mean selfAttention\/\w+\?/);
  refuses(starting(lora("SelfAttention")), "ArgumentError", /did you mean SelfAttention\.\w\?/);
  refuses(starting(lora("")), "ArgumentError", "name one kernel or more");
  const globs = { "encoder/**/qury/kernel": "encoder/**/query/kernel", "encoder/layers/9/**": "encoder/layers/0/**" };
  for (const [glob, closest] of Object.entries(globs)) {
    refuses(starting(any(methods.weights(glob))), "ArgumentError", `did you mean ${closest}?`);
  }
});

Options("trained tensors of integers, starts that are not tensors and trees of a design are refused", () => {
  const { config, params } = tinyT5();
  const soft = any(methods.prompt({ length: 2 }));
  refuses(applying(soft, { prompt: np.zeros([2, 16], "int32") }), "DTypeError", /got +i32\[2,16\]/, /at +prompt/);
  refuses(starting(js.prompt({ init: () => 5 })), "ShapeError", /got +5/);
  for (const tuned of [null, 3, { prompt: np.zeros([2, 16]) }]) {
    refuses(applying(any(methods.design([3])), tuned as never), "TreeError", "methods.design");
  }
  const lora = methods.lora({ rank: 2, kernels: ["query"] });
  const byRow = Object.fromEntries(
    Object.entries(lora.init(key(), config, params)).map(([path, { a, b }]) => [
      path,
      { a: np.tile(a, [3, 1, 1]), b: np.tile(b, [3, 1, 1]) },
    ]),
  );
  const batch = (rows: number) => ({ inputs: np.ones([rows, 2], "int32"), targets: np.ones([rows, 2], "int32") });
  assert.ok(lora.apply(config, params, byRow, batch(3)));
  refuses(() => lora.apply(config, params, byRow, batch(2)), "ShapeError", "[2,16,2]", "f32[3,16,2]");
});

Options.run();

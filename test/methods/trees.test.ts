/** @file Trained trees of other settings, of other models, or broken: typed errors with the path. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { np, t5 } from "../../lib/index.js";
import * as methods from "../../lib/methods/index.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { any, applying, key, refuses } from "./refuses.js";

const Trees = suite("methods/trees");
Trees.before(async () => void (await init({ backend: "reference" })));

Trees("a tree of other settings or of another model is refused with what is missing or too much", () => {
  const { config, params } = tinyT5();
  const trees = [
    [methods.lora(), methods.lora({ kernels: ["key"] })],
    [methods.ia3(), methods.ia3({ kernels: ["key", "wo"] })],
    [methods.full(), methods.norms()],
  ] as unknown as readonly (readonly [methods.Method, methods.Method])[];
  for (const [one, other] of trees) {
    const [first, second] = [one, other].map((method) => method.init(key(), config, params));
    refuses(applying(one, second), "TreeError", "nothing for ", "with the settings it was trained with");
    const both = { ...first, ...second, surplus: np.zeros([1]) };
    refuses(applying(one, both), "TreeError", "which is not selected");
  }
  const stacked = t5.stackLayers(params);
  const method = methods.lora();
  refuses(() => method.apply(config, stacked, method.init(key(), config, params)), "TreeError", "nothing for ");
});

Trees("a trained weight of another shape is refused at its path", () => {
  const { config, params } = tinyT5();
  const method = any(methods.norms());
  const start = method.init(key(), config, params);
  const wrong = { ...start, "encoder/encoderNorm/scale": np.ones([1]) };
  refuses(
    applying(method, wrong),
    "ShapeError",
    /expected +\[16\]/,
    /got +f32\[1\]/,
    /at +encoder\/encoderNorm\/scale/,
  );
});

/** A tree with another value at one path. */
const withEntry = (tuned: object, path: readonly string[], value: unknown): object => {
  const [name, ...rest] = path;
  const old = (tuned as Readonly<Record<string, object>>)[name];
  return { ...tuned, [name]: rest.length === 0 ? value : withEntry(old, rest, value) };
};
const QUERY = "encoder/layers/0/attention/query";
const KEY = "encoder/layers/0/attention/key";
const WO = "encoder/layers/0/mlp/wo";

Trees("tensors that would broadcast, but are of other settings, are refused at their paths", () => {
  const { config, params } = tinyT5();
  const plain = any(methods.lora({ rank: 2 }));
  const dora = any(methods.lora({ rank: 2, dora: true }));
  const ia3 = any(methods.ia3());
  const wrong: readonly (readonly [methods.Method, readonly string[], readonly number[]])[] = [
    [plain, [QUERY, "b"], [2, 1]],
    [plain, [QUERY, "a"], [16, 1]],
    [plain, [QUERY, "a"], [1, 3, 16, 2]],
    [dora, [QUERY, "magnitude"], [1]],
    [dora, [QUERY, "a"], [3, 16, 2]],
    [ia3, [KEY, "out"], [1]],
    [ia3, [WO, "in"], [1]],
  ];
  for (const [method, path, shape] of wrong) {
    const tuned = withEntry(method.init(key(), config, params), path, np.zeros(shape));
    const got = new RegExp(`got +f32\\[${shape}\\]`);
    refuses(applying(method, tuned), "ShapeError", got, `${path.join("/")}`, "with the settings it was trained with");
  }
  const [first, second] = [plain, dora].map((method) => method.init(key(), config, params));
  const rank3 = any(methods.lora({ rank: 3 }));
  refuses(applying(rank3, first), "ShapeError", /expected +\[16,3\]/, /got +f32\[16,2\]/);
  refuses(applying(plain, second), "TreeError", "an entry magnitude", /at +\w+\/layers\/0\/\w+\/query/);
  refuses(applying(dora, first), "TreeError", "nothing for magnitude", /expected +a record of a, b, magnitude/);
  const turned = withEntry(ia3.init(key(), config, params), [WO], { out: np.ones([16]) });
  refuses(applying(ia3, turned), "TreeError", "nothing for in", WO);
});

Trees("factors that each row of a batch has for itself fit", () => {
  const { config, params } = tinyT5();
  const method = any(methods.lora({ rank: 2 }));
  for (const frozen of [params, t5.stackLayers(params)]) {
    const layers = frozen === params ? [] : [config.numLayers];
    const path = frozen === params ? QUERY : QUERY.replace("/0", "");
    const start = method.init(key(), config, frozen);
    const rows = { a: np.zeros([...layers, 3, 16, 2]), b: np.zeros([...layers, 3, 2, config.numHeads * config.dKv]) };
    assert.ok(method.apply(config, frozen, withEntry(start, [path], rows)));
    const other = { ...rows, b: np.zeros([...layers, 4, 2, config.numHeads * config.dKv]) };
    refuses(() => method.apply(config, frozen, withEntry(start, [path], other)), "ShapeError", `${path}/b`);
  }
});

Trees("a tree without its parts, or with others, is refused before anything is computed", () => {
  const { config, params } = tinyT5();
  const lora = any(methods.lora({ rank: 2 }));
  refuses(applying(any(methods.prompt()), { prompt: {} }), "TreeError", /got +a record of nothing/);
  const four = { a: lora, b: lora, c: lora, d: lora };
  refuses(applying(any(methods.compose(four)), {}), "TreeError", /expected +a record of a, b, c, d\n/);
  refuses(applying(any(methods.compose({ ...four, e: lora })), {}), "TreeError", "5 entries, such as a");
  for (const nothing of [null, undefined, 3, np.zeros([2])]) {
    refuses(applying(lora, withEntry(lora.init(key(), config, params), [QUERY], nothing)), "TreeError", QUERY, "a, b");
    for (const method of [lora, any(methods.ia3()), any(methods.norms()), any(methods.prompt({ length: 2 }))]) {
      refuses(applying(method, nothing as never), "TreeError", method.settings.name, "is not that of these settings");
    }
  }
  const soft = any(methods.prompt({ length: 2 }));
  refuses(applying(soft, {}), "TreeError", "nothing for prompt");
  refuses(applying(soft, { prompt: [1, 2] }), "TreeError", /at +prompt/);
  refuses(applying(soft, { prompt: np.zeros([2, 16]), more: 1 }), "TreeError", "an entry more");
  const both = any(methods.compose({ soft, lora }));
  const { lora: one, ...rest } = both.init(key(), config, params) as Readonly<Record<string, object>>;
  refuses(applying(both, rest), "TreeError", "methods.compose", "nothing for lora");
  refuses(applying(both, { ...rest, lora: one, ia3: one }), "TreeError", "methods.compose", "an entry ia3");
});

Trees.run();

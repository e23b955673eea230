/** @file The distance of a prompt from a text: PyTorch's numbers, differences, and what is refused. */
import { suite } from "uvu";
import { np, type Tensor, type t5 } from "../../lib/index.js";
import * as methods from "../../lib/methods/index.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { valueAndGrad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { elementsNear, f64, on, onReference, startedRuntimes } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { refuses } from "./refuses.js";

const Wayward = suite("methods/wayward");

const TABLE = [
  [0.5, -1, 2],
  [1.5, 0.25, -0.75],
  [-2, 1, 0.125],
  [3, -0.5, 1],
  [0, 0.75, -1.25],
];
const PROMPT = [
  [0.1, 0.2, 0.3],
  [-1, 2, -3],
];
/** A model of which only the embeddings are read. */
const frozenOf = (embedding: Tensor): t5.Params => ({ ...tinyT5().params, tokenEmbedder: { embedding } });
const tree = (prompt: readonly (readonly number[])[]) => ({ prompt: np.array(prompt) });

Wayward("value and gradient are PyTorch's, eagerly and compiled, on every executor", async () => {
  for (const runtime of await startedRuntimes()) {
    on(runtime, () => {
      const step = valueAndGrad(methods.wayward({ ids: [3, 1] }), { argnums: 1 });
      using compiled = jit(step);
      for (const f of [step, compiled]) {
        const [value, { prompt }] = f(frozenOf(np.array(TABLE)), tree(PROMPT));
        elementsNear(value, [0.118825], 1e-7);
        elementsNear(prompt, [-0.029, 0.007, -0.007, -0.025, 0.0175, -0.0225], 1e-7);
      }
      const heavier = methods.wayward({ ids: [3, 1], gamma: 2 });
      elementsNear(heavier(frozenOf(np.array(TABLE)), tree(PROMPT)), [200 * 0.118825], 1e-5);
    });
  }
});

Wayward("derivatives are those of differences", () => {
  const distance = methods.wayward({ ids: [3, 1, 3], gamma: 0.7 });
  onReference(() =>
    checkGrads(
      (embedding: Tensor, prompt: Tensor) => distance(frozenOf(embedding), { prompt }),
      [f64(TABLE.flat(), [5, 3]), f64([...PROMPT.flat(), 1, 2, 3], [3, 3])],
    ),
  );
});

Wayward("what it cannot measure is refused", () =>
  onReference(() => {
    refuses(() => methods.wayward({ ids: [] }), "ArgumentError", "methods.wayward", "the text has no ids");
    refuses(() => methods.wayward({ ids: "text" } as never), "ArgumentError", "list of ids");
    refuses(() => methods.wayward({ ids: [1], gama: 1 } as never), "ArgumentError", "did you mean gamma?");
    for (const gamma of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      refuses(() => methods.wayward({ ids: [1], gamma }), "ArgumentError", "gamma is out of range", "0 <= gamma");
    const frozen = frozenOf(np.array(TABLE));
    for (const id of [5, -1, 0.5]) {
      const distance = methods.wayward({ ids: [id, 1] });
      refuses(() => distance(frozen, tree(PROMPT)), "ArgumentError", "ids from 0 to 4", `got       ${id}`);
    }
    const distance = methods.wayward({ ids: [3, 1] });
    const hint = "train methods.prompt({ length: 2 })";
    for (const tuned of [{}, { lora: 1 }, null, { prompt: PROMPT }])
      refuses(() => distance(frozen, tuned as never), "TreeError", "has no prompt", "{ prompt: [2,3] }", hint);
    const short = tree(PROMPT.slice(1));
    refuses(() => distance(frozen, short), "ShapeError", "expected  [2,3]", "f32[1,3]", hint);
    refuses(() => distance(frozen, tree([[1], [2]])), "ShapeError", "expected  [2,3]", "f32[2,1]");
    refuses(() => distance({} as never, tree(PROMPT)), "TreeError", "not a tree of parameters");
  }),
);

Wayward.run();

/** @file Prompts of several tasks: each row has that of its task, and one task's prompt is an ordinary one. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { np, random, type Tensor, t5, tree } from "../../lib/index.js";
import * as methods from "../../lib/methods/index.js";
import { allclose, hostOf } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { any, refuses } from "./refuses.js";

const ByTask = suite("methods/by-task");
ByTask.before(async () => void (await init({ backend: "reference" })));

const METHODS = [
  methods.mpt({ length: 3, rank: 2, tasks: 3 }),
  methods.mpt({ length: 3, rank: 2, tasks: 3, submodules: 2 }),
  ...methods.MULTITASK_KINDS.map((kind) => methods.multitask({ kind, tasks: 3, length: 3 })),
].map(any);
const ids = (...list: readonly number[]): Tensor => np.array(Int32Array.from(list));
const row = (...list: readonly number[]): Tensor => np.array(Int32Array.from(list), { shape: [1, list.length] });

ByTask("each row has the prompt of its task, which folding gives too", () => {
  const { config, params } = tinyT5();
  const [inputs, targets] = [row(5, 9, 1), row(8, 1)];
  const batch = { inputs: np.tile(inputs, [3, 1]), targets: np.tile(targets, [3, 1]), tasks: ids(2, 0, 2) };
  for (const method of METHODS) {
    const tuned = method.init(random.key(1), config, params);
    const logits = hostOf(t5.logits(config, method.apply(config, params, tuned, batch), batch));
    const alone = (task: number): number[] => {
      const one = methods.forUse(config, params, method, tuned, task);
      assert.is(one.method.settings.name, method.settings.submodules === 2 ? "compose" : "prompt");
      return [...hostOf(t5.logits(config, one.method.apply(config, params, one.tuned), { inputs, targets })).data];
    };
    const want = [2, 0, 2].flatMap(alone);
    allclose(logits, { ...logits, data: Float32Array.from(want) }, JSON.stringify(method.settings), {
      abs: 1e-5,
      rel: 0,
    });
    const whole = method.apply(config, params, tuned, { tasks: np.scalar(1, "int32") });
    assert.is(whole.prefix?.ndim, 2, "one task for all rows");
    assert.is(methods.forUse(config, params, method, tuned).tuned, tuned, "several tasks stay together");
  }
});

ByTask("a method for one of its tasks gives all rows that task's prompt, also where it is folded or composed", () => {
  const { config, params } = tinyT5();
  const composed = methods.compose({ soft: METHODS[0], ia3: any(methods.ia3()) });
  for (const method of [...METHODS, any(composed)]) {
    const tuned = method.init(random.key(1), config, params);
    const one = methods.forTask(method, 1);
    const prefixOf = (given: methods.Method, tree: object, batch?: Partial<t5.Batch>) =>
      hostOf(given.apply(config, params, tree, batch).prefix as Tensor);
    const want = prefixOf(method, tuned, { tasks: np.scalar(1, "int32") });
    const folded = methods.forUse(config, params, one, tuned);
    for (const got of [prefixOf(one, tuned), prefixOf(one, tuned, { tasks: ids(0, 2) })]) {
      allclose(got, want, "of the task", { abs: 0, rel: 0 });
    }
    allclose(prefixOf(folded.method, folded.tuned), want, "folded", { abs: 0, rel: 0 });
    assert.not.equal([...want.data], [...prefixOf(method, tuned, { tasks: np.scalar(0, "int32") }).data]);
  }
});

ByTask("as many numbers are trained as the formulas say", () => {
  const { config, params } = tinyT5();
  const [P, d, n, q] = [3, config.dModel, 3, config.dModel / 4];
  const wanted = [
    P * d + n * 2 * (P + d),
    2 * P * d + n * 2 * (2 * P + d),
    P * d * (n + 1),
    P * d * (n + 1),
    P * (d - q) + n * P * q,
    P * q + n * d * (q + 1),
  ];
  METHODS.forEach((method, i) => {
    const leaves = tree.leaves(method.init(random.key(1), config, params)) as Tensor[];
    assert.is(
      leaves.reduce((sum, x) => sum + x.size, 0),
      wanted[i],
      JSON.stringify(method.settings),
    );
  });
});

ByTask("batches without tasks, tasks that are not there and other options are refused", () => {
  const { config, params } = tinyT5();
  for (const method of METHODS) {
    const tuned = method.init(random.key(1), config, params);
    const apply = (batch?: Partial<t5.Batch>) => () => method.apply(config, params, tuned, batch);
    refuses(apply(), "ArgumentError", "does not say which task", "give the batch `tasks`");
    refuses(apply({ tasks: ids(0, 3) }), "ArgumentError", "no prompt for this task", "tasks from 0 to 2", /got +3/);
    refuses(apply({ inputs: row(5, 1), tasks: ids(0, 1) }), "ShapeError", "i32[1] or i32[]", "i32[2]");
    refuses(() => method.fold?.(config, params, tuned), "ArgumentError", "a task from 0 to 2");
    refuses(() => method.fold?.(config, params, tuned, 3), "ArgumentError", /got +3/);
  }
  const js = methods as unknown as Record<string, (options: object) => methods.Method>;
  for (const [name, options, text] of [
    ["mpt", { tasks: 0 }, "there is no task"],
    ["mpt", { rank: 0 }, "the rank is not"],
    ["mpt", { submodules: 3 }, "there are not so many submodules"],
    ["multitask", {}, "tasks"],
    ["multitask", { tasks: 2, kind: "mul" }, "add, concat, features, project"],
    ["multitask", { tasks: 2, taskLength: 2 }, "only concat"],
    ["multitask", { tasks: 2, features: 2 }, "only features and project"],
  ] as const) {
    refuses(() => js[name](options), "ArgumentError", `methods.${name}`, text);
  }
  const source = { tuned: methods.mpt({ length: 3, rank: 2, tasks: 3 }).init(random.key(1), config, params) };
  const start = (rank: number, factors: methods.MptSource["factors"]) => () =>
    methods.mpt({ length: 3, rank, source: { ...source, factors } }).init(random.key(0), config, params);
  const wide = methods.multitask({ tasks: 2, kind: "features", features: config.dModel });
  refuses(
    () => wide.init(random.key(0), config, params),
    "ArgumentError",
    "do not fit the model",
    new RegExp(`got +${config.dModel}`),
    `below its ${config.dModel}`,
  );
  refuses(start(1, "average"), "ShapeError", /expected +rank 1/);
  refuses(start(2, { task: 3 }), "ArgumentError", "{ task } from 0 to 2");
  const two = { a: methods.mpt({ tasks: 2 }), b: methods.mpt({ tasks: 3 }) };
  refuses(() => methods.compose(two), "ArgumentError", "different numbers of tasks", /at +b/);
});

ByTask.run();

import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MINI_DATA, NANO_MODEL } from "../../lib/lab/assets.js";
import { answerLabels, checkLoss } from "../../lib/lab/label-answers.js";
import { taskObjective } from "../../lib/lab/pretraining/recipe.js";
import { type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import { namedTask, partsOfData, tasksOf } from "../../lib/lab/task-table.js";
import { readExamples } from "../../lib/tasks/reading.js";
import { TASK_NAMES } from "../../lib/tasks/registry.js";
import { loadTokenizerTE } from "../../lib/tokenizer/load-tokenizer.js";
import { run, temporaryFolder } from "../io/folder.js";
import { ownTask } from "./own-task.js";
import { refusal, refused } from "./refused.js";

const Table = suite("lab/task-table");
const folder = temporaryFolder(Table);

const namesOf = async (input: RecipeInput, own = [ownTask()].slice(1)): Promise<readonly string[]> =>
  (await tasksOf(recipe(input), own)).map(({ name }) => name).slice(TASK_NAMES.length);

let modules = 0;
/** A module with this text; `TASK(name)` stands for a task. */
const moduleOf = (text: string, ending = ".mjs"): string => {
  const path = join(folder, `module-${++modules}${ending}`);
  const task = "const TASK = (name) => ({ name, title: name, splits: {}, examples: () => [], metrics: {} });";
  writeFileSync(path, `${task}\n${text}\n`);
  return path;
};
const problem = (file: string) => refusal(tasksOf(recipe({ taskFiles: [file] }), []));

Table("tasks with names come first, then the user's own, those of modules, and own rows", async () => {
  const taskFiles = [moduleOf('export default TASK("a")'), moduleOf('export default [TASK("b"), TASK("c")]')];
  assert.equal(await namesOf({}), []);
  assert.equal(await namesOf({ taskFiles }, [ownTask()]), ["own", "a", "b", "c"]);
  const all = await tasksOf(recipe({}), []);
  assert.equal(
    all.map(({ name }) => name),
    TASK_NAMES,
  );
});

Table("paths of modules start at the working directory", async () => {
  const file = relative(process.cwd(), moduleOf('export default TASK("here")'));
  assert.equal(await namesOf({ taskFiles: file }), ["here"]);
});

Table("files of a task may be in the folder of its module, and those of the data folder come first", async () => {
  const splits = "{ train: { file: 'own.jsonl', format: 'jsonl' } }";
  const codec = "{ decode: (right) => ({ _tag: 'Right', right }) }";
  const examples = "(row) => [{ id: '1', inputs: row.text, targets: 'a', truth: 1 }]";
  const file = moduleOf(`export default { ...TASK("here"), splits: ${splits}, row: ${codec}, examples: ${examples} }`);
  writeFileSync(join(folder, "own.jsonl"), '{"text": "beside"}\n');
  const task = namedTask("--task <names>", await tasksOf(recipe({ taskFiles: file }), []), "here");
  const textIn = async (data: string): Promise<string> => (await readExamples(task, "train", data))[0].inputs;
  assert.is(await textIn(MINI_DATA), "beside");
  const data = join(folder, "data");
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, "own.jsonl"), '{"text": "in data"}\n');
  assert.is(await textIn(data), "in data");
});

Table("a module in TypeScript is loaded where tsx is", async () => {
  const file = moduleOf('const name: string = "typed";\nexport default TASK(name)', ".mts");
  assert.equal(await namesOf({ taskFiles: [file] }), ["typed"]);
});

Table("two tasks of one name are refused", async () => {
  const cases: readonly (readonly [RecipeInput, ReturnType<typeof ownTask>[], string])[] = [
    [{}, [ownTask("cb")], "cb"],
    [{}, [ownTask(), ownTask()], "own"],
    [{ taskFiles: [moduleOf('export default TASK("rte")')] }, [], "rte"],
    [{ taskFiles: [moduleOf('export default TASK("own")')] }, [ownTask()], "own"],
  ];
  for (const [input, own, name] of cases) {
    const error = await refusal(tasksOf(recipe(input), own));
    assert.equal(error, {
      where: "tasks",
      what: "two tasks have one name",
      got: name,
      hint: "give yours another name",
    });
  }
});

Table("modules without tasks are refused", async () => {
  for (const [text, got] of [
    ["export default 3", "3"],
    ["export default []", "[]"],
    ["export default null", "null"],
    ["export const task = TASK('a')", "nothing"],
    ["export default [TASK('a'), 3]", undefined],
    ["export default { ...TASK('a'), name: 3 }", undefined],
    ["export default { ...TASK('a'), examples: [] }", undefined],
    ["export default { ...TASK('a'), splits: 3 }", undefined],
  ] as const) {
    const file = moduleOf(text);
    const error = await problem(file);
    assert.equal(
      [error.where, error.what, error.at],
      ["--task-file <files>", "the module exports no task", file],
      text,
    );
    assert.is(error.expected, "a task, or a list of tasks, as the default export");
    if (got !== undefined) assert.is(error.got, got);
  }
});

Table("modules that cannot be loaded are refused", async () => {
  const missing = await problem(join(folder, "none.mjs"));
  assert.equal([missing.what, missing.at], ["there is no such file", join(folder, "none.mjs")]);
  const broken = await problem(moduleOf('throw new Error("it broke")'));
  assert.equal([broken.what, broken.got], ["the module cannot be loaded", "it broke"]);
});

/** A Node that loads TypeScript itself cannot be told otherwise. */
const withoutTypeScript = "typescript" in process.features ? Table.skip : Table;

withoutTypeScript("TypeScript without a loader is refused before it is tried", async () => {
  const file = moduleOf("export default 3", ".ts");
  const { execArgv } = process;
  const options = process.env.NODE_OPTIONS;
  const features = process.features as { typescript?: unknown };
  const setKnown = (value: unknown): void => {
    Object.defineProperty(features, "typescript", { value, configurable: true, writable: true });
  };
  process.execArgv = [];
  delete process.env.NODE_OPTIONS;
  setKnown(false);
  try {
    const error = await problem(file);
    assert.equal(
      [error.what, error.got, error.at],
      ["this version of Node cannot load TypeScript", `Node ${process.versions.node}`, file],
    );
    assert.is((await problem(moduleOf("export default 3", ".js"))).what, "the module exports no task");
    process.env.NODE_OPTIONS = "--import tsx";
    assert.is((await problem(file)).what, "the module exports no task");
    delete process.env.NODE_OPTIONS;
    setKnown("strip");
    assert.is((await problem(file)).what, "the module exports no task");
  } finally {
    process.execArgv = execArgv;
    if (options !== undefined) process.env.NODE_OPTIONS = options;
    delete features.typescript;
  }
});

/** Own rows: as many as there are answers. */
const rowsOf = (name: string, answers: readonly string[]): string => {
  const path = join(folder, name);
  writeFileSync(path, `x,y\n${answers.map((answer, i) => `text ${i},${answer}`).join("\n")}\n`);
  return path;
};

Table("own rows are a task whose labels are given, or found where they are few", async () => {
  const few = rowsOf("few.csv", ["yes", "no", "yes", "no", "yes"]);
  const many = rowsOf("many.csv", ["a", "b", "c", "d", "e"]);
  const taskOf = async (train: string, labels: readonly string[] = []) => {
    const table = {
      name: "mine",
      train: relative(process.cwd(), train),
      validation: few,
      input: "x",
      target: "y",
      labels,
    };
    return namedTask("x", await tasksOf(recipe({ table }), []), "mine");
  };
  assert.equal((await taskOf(few)).labels, ["yes", "no"]);
  assert.is((await taskOf(many)).labels, undefined);
  assert.equal((await taskOf(few, ["no", "yes", "maybe"])).labels, ["no", "yes", "maybe"]);
  const task = await taskOf(few, ["no", "yes"]);
  const data = await partsOfData({ ...recipe({}), train: [{ task: "mine" }] }, [task], MINI_DATA);
  assert.equal(
    data.train[0].examples.map(({ targets }) => targets),
    ["yes", "no", "yes", "no", "yes"],
  );
  assert.is(data.validation[0].examples.length, 5);
});

Table("the examples of the tasks that are trained, and of those or others to evaluate", async () => {
  const tasks = [ownTask(), ownTask("other", { validation: 3 })];
  const parts = async (input: RecipeInput) => {
    const { train, validation } = await partsOfData(recipe(input), tasks, folder);
    const shown = (list: typeof train) => list.map(({ task, examples }) => [task.name, examples.length]);
    return [shown(train), shown(validation)];
  };
  assert.equal(await parts({ train: "own" }), [[["own", 6]], [["own", 4]]]);
  assert.equal(await parts({ train: "other,own" }), [
    [
      ["other", 6],
      ["own", 6],
    ],
    [
      ["other", 3],
      ["own", 4],
    ],
  ]);
  assert.equal(await parts({ train: "own", evaluate: "other" }), [[["own", 6]], [["other", 3]]]);
  const unknown = await refusal(partsOfData(recipe({ train: "own", evaluate: "othr" }), tasks, folder));
  assert.equal([unknown.where, unknown.got, unknown.hint], ["evaluate", "othr", "did you mean other?"]);
  const trained = await refusal(partsOfData(recipe({ train: "onw" }), tasks, folder));
  assert.equal([trained.where, trained.expected], ["--task <names>", "own, other"]);
});

Table("a loss over labels needs labels, and targets that are labels", async () => {
  const own = ownTask();
  const [part] = (await partsOfData(recipe({ train: "own" }), [own], folder)).train;
  const hinge = taskObjective(recipe({ objective: { loss: "hinge" } }));
  checkLoss(part, hinge);
  const { labels: _, ...free } = own;
  checkLoss({ ...part, task: free as typeof own }, taskObjective(recipe({})));
  const none = refused(() => checkLoss({ ...part, task: free as typeof own }, hinge));
  assert.equal(none, {
    where: "objective.loss",
    what: "the task own has no labels, over which the loss hinge is",
    expected: "tokens",
    got: "hinge",
  });
  const odd = { ...part.examples[1], targets: "odd" };
  const error = refused(() => checkLoss({ task: own, examples: [part.examples[0], odd] }, hinge), "DataError");
  assert.equal([error.what, error.expected, error.got], ["a target is not a label", "sad, glad", "odd"]);
  assert.is(error.at, `own, example ${odd.id}`);
});

Table("labels are encoded with the end of a sequence, and each answer is a place among them", async () => {
  const tokenizer = await run(loadTokenizerTE(NANO_MODEL));
  const [part] = (await partsOfData(recipe({ train: "own" }), [ownTask()], folder)).train;
  const { labels, answers } = answerLabels(part.task, part.examples.slice(0, 3), tokenizer);
  assert.equal(
    labels,
    ["sad", "glad"].map((label) => [...tokenizer.encode(label), tokenizer.eosId]),
  );
  assert.equal(answers, [0, 1, 0]);
});

Table("modules may stand in folders with odd names", async () => {
  const odd = join(folder, "a #?% b");
  mkdirSync(odd);
  const file = join(odd, basename(moduleOf("")));
  writeFileSync(file, 'export default { name: "odd", splits: {}, examples: () => [] };');
  assert.equal(await namesOf({ taskFiles: [file] }), ["odd"]);
});

Table.run();

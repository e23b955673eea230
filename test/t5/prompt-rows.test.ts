import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init, np, random, type Tensor, t5 } from "../../lib/index.js";
import { elementsNear, messageOf, noLeaks } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const PromptRows = suite("t5/prompt-rows");
PromptRows.before(async () => void (await init()));

PromptRows("a row of a mixed batch has the numbers that its task has alone, prompts of different lengths too", () => {
  const { config, params } = tinyT5();
  const promptOf = (seed: number, length: number) => ({
    prompt: random.normal(random.key(seed), [length, config.dModel]),
  });
  const prompts = { short: promptOf(1, 3), long: promptOf(2, 7), unused: promptOf(3, 20) };
  const tasks = ["long", "short", "short", "long"];
  const ids = [
    [5, 6, 7, 8, 1],
    [9, 10, 1, 0, 0],
    [5, 6, 7, 8, 1],
    [11, 1, 0, 0, 0],
  ];
  const targets = [4, 12, 1];
  const inputs = np.array(ids, { dtype: "int32" });
  const rows = t5.promptRows(prompts, tasks);
  assert.equal(rows.prefix.shape, [4, 7, config.dModel]);
  const mixed = t5.logits(
    config,
    params,
    {
      inputs,
      targets: np.array(
        ids.map(() => targets),
        { dtype: "int32" },
      ),
    },
    rows,
  );
  ids.forEach((row, i) => {
    const alone = t5.logits(
      config,
      params,
      { inputs: np.array([row], { dtype: "int32" }), targets: np.array([targets], { dtype: "int32" }) },
      { prefix: prompts[tasks[i] as "short" | "long"].prompt },
    );
    elementsNear(np.slice(mixed, [[i, i + 1]]), Array.from(alone.dataSync()), 2e-6);
  });
});

PromptRows("says which task has no prompt, and which prompt is of another model", () => {
  const a = { prompt: np.ones([2, 4]) };
  assert.match(messageOf(() => t5.promptRows({ a }, ["a", "b"])) ?? "", /no prompt for a task\n.*a\n.*b/);
  assert.match(
    messageOf(() => t5.promptRows({ a, b: { prompt: np.ones([2, 5]) } }, ["a", "b"])) ?? "",
    /one model[\s\S]*at +b/,
  );
  assert.match(messageOf(() => t5.promptRows({ a }, [])) ?? "", /no rows/);
});

PromptRows("a mask that does not fit the prefix is refused", () => {
  const { config, params } = tinyT5();
  const inputs = np.ones([2, 3], "int32");
  const prefix = np.ones([4, config.dModel]);
  const encode = () => t5.encode(config, params, inputs, { prefix, prefixValid: np.ones([4], "bool") });
  assert.match(messageOf(encode) ?? "", /prefixValid does not fit[\s\S]*bool\[2,4\]/);
});

PromptRows("frees what it makes", () => {
  const a = { prompt: np.ones([2, 4]) };
  noLeaks(() => {
    const { prefix, prefixValid } = t5.promptRows({ a }, ["a", "a"]);
    prefix.dispose();
    prefixValid.dispose();
  });
  a.prompt.dispose();
});

PromptRows("token ids and masks that do not fit are refused by name", () => {
  const { config, params } = tinyT5();
  const i32 = (...rows: number[][]) => np.array(rows, { dtype: "int32" });
  const refused = (inputs: Tensor, targets: Tensor, options: t5.EncodeOptions = {}) =>
    messageOf(() => t5.logits(config, params, { inputs, targets }, options)) ?? "";
  const [inputs, targets] = [i32([5, 1], [6, 1], [7, 1]), i32([4, 1], [3, 1], [2, 1])];
  assert.is(refused(inputs, targets), "");
  assert.match(
    refused(np.ravel(inputs), targets),
    /t5.logits: these token ids do not fit[\s\S]*\[B,T\][\s\S]*i32\[6\]/,
  );
  assert.match(refused(inputs, np.ravel(targets)), /t5.logits: these token ids do not fit/);
  assert.match(refused(inputs, i32([4, 1], [3, 1])), /t5.logits: these token ids do not fit[\s\S]*encoder's 3 rows/);
  const prefixValid = np.ones([3, 2], "bool");
  assert.match(refused(inputs, targets, { prefixValid }), /prefixValid does not fit the prefix[\s\S]*bool\[3,0\]/);
});

PromptRows.run();

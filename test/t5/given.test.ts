/** @file What is given to a T5 and cannot be computed with: arrays of the host, and parts of parameters. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hostArray } from "../../lib/core/host.js";
import { init, np, t5 } from "../../lib/index.js";
import { refusalOf } from "../helpers/refusal.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const Given = suite("t5/given");
Given.before(async () => void (await init()));

const refusal = (f: () => unknown): string => refusalOf("TreeError", f);

const rowOf = (...ids: number[]) => np.array(Int32Array.from(ids), { shape: [1, ids.length] });
const onHost = (rows: number) => hostArray([rows, 16], "float32", new Float32Array(16 * rows)) as never;

Given("an array of the host names np.devicePut, and what was given", () => {
  const { config, params } = tinyT5();
  const [inputs, targets] = [rowOf(5, 6, 1), rowOf(7, 1)];
  const stored = { ...params, tokenEmbedder: { embedding: onHost(40) } };
  for (const [name, f] of [
    ["t5.logits", () => t5.logits(config, stored, { inputs, targets })],
    ["t5.encode", () => t5.encode(config, stored, inputs)],
    ["t5.loss", () => t5.loss(config)(stored, { inputs, targets })],
  ] as const) {
    const message = refusal(f);
    assert.match(message, new RegExp(`^${name}: an array of the host is not a tensor`));
    assert.match(
      message,
      /f32\[40,16\] on the host\n {2}at +params\.tokenEmbedder\.embedding\n {2}hint +.*np\.devicePut\(params\)/,
    );
  }
  const batch = { inputs, targets };
  assert.match(
    refusal(() => t5.logits(config, params, batch, { prefix: onHost(3) })),
    /at +prefix\n {2}hint +.*np\.devicePut\(prefix\)/,
  );
  assert.match(
    refusal(() => t5.promptLoss(config)(params, { prompt: onHost(3) }, batch)),
    /t5\.promptLoss[\s\S]*np\.devicePut\(prefix\)/,
  );
  for (const tree of [{}, { promt: inputs }, undefined]) {
    assert.match(
      refusal(() => t5.promptLoss(config)(params, tree as never, batch)),
      /t5\.promptLoss: there is no prompt/,
    );
  }
  // What is compiled is taken apart before it runs.
  using generate = t5.generate(config, { maxLength: 2 });
  assert.match(
    refusal(() => generate(params, inputs, { prefix: onHost(3) })),
    /at +args\[1\]\.prefix\.data\n {2}hint +.*np\.devicePut/,
  );
  assert.match(
    refusal(() => generate(stored, inputs)),
    /embedding\.data\n {2}hint +.*np\.devicePut/,
  );
  assert.match(
    refusal(() => t5.logits(config, params, { inputs: onHost(1), targets })),
    /got +an array of the host\n {2}hint +.*np\.devicePut/,
  );
  assert.match(
    refusal(() => t5.logits(config, params, { inputs: [[5]] as never, targets })),
    /got +an array\n {2}hint +.*np\.array/,
  );
});

Given("parameters without a decoder are refused by name where one is used, and do for t5.encode", () => {
  const { config, params } = tinyT5();
  const { decoder: _, ...encoderOnly } = params;
  const { encoder: __, ...decoderOnly } = params;
  const [inputs, targets] = [rowOf(5, 6, 1), rowOf(7, 1)];
  const some = encoderOnly as t5.Params;
  using generate = t5.generate(config, { maxLength: 2 });
  using rank = t5.rank(config);
  for (const [name, f] of [
    ["t5.logits", () => t5.logits(config, some, { inputs, targets })],
    ["t5.loss", () => t5.loss(config)(some, { inputs, targets })],
    ["t5.generate", () => generate(some, inputs)],
    ["t5.rank", () => rank(some, inputs, targets)],
  ] as const) {
    assert.match(
      refusal(f),
      new RegExp(`^${name}: the parameters have no decoder[\\s\\S]*encoder, tokenEmbedder[\\s\\S]*t5\\.encode`),
    );
  }
  assert.equal(t5.encode(config, some, inputs).states.shape, [1, 3, 16]);
  const half = decoderOnly as t5.Params;
  assert.match(
    refusal(() => t5.logits(config, half, { inputs, targets })),
    /^t5\.logits: the parameters have no encoder/,
  );
  for (const none of [undefined, {}, { params: {} }, [], "x"] as never[])
    assert.match(
      refusal(() => t5.logits(config, none, { inputs, targets })),
      /^t5\.logits: not the parameters of a T5/,
    );
});

Given.run();

import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NANO_MODEL } from "../../lib/lab/assets.js";
import { sentinelsIn, vocabularyOf } from "../../lib/lab/start.js";
import { loadTokenizer } from "../../lib/tokenizer/index.js";
import type { Prediction } from "../../lib/train/progress.js";

const Start = suite("lab/start");

Start("a tokenizer is compared with the model's own, piece by piece", async () => {
  const tokenizer = await loadTokenizer(NANO_MODEL);
  const own = { model: NANO_MODEL, tokenizer: NANO_MODEL, data: "" };
  assert.equal(await vocabularyOf(tokenizer, 4096, own), { pieces: 4096, embeddings: 4096, others: undefined });
  const other = { ...own, tokenizer: join(NANO_MODEL, "spiece.model") };
  assert.is((await vocabularyOf(tokenizer, 4096, other)).others, 0);
  const swapped = [...tokenizer.pieces];
  [swapped[100], swapped[200]] = [swapped[200], swapped[100]];
  assert.is((await vocabularyOf({ ...tokenizer, pieces: swapped }, 4096, other)).others, 2);
  const fewer = { ...tokenizer, pieces: tokenizer.pieces.slice(0, 4000), vocabSize: 4000 };
  assert.equal(await vocabularyOf(fewer, 4096, other), { pieces: 4000, embeddings: 4096, others: 96 });
  // A model without a tokenizer cannot be compared with.
  assert.is((await vocabularyOf(tokenizer, 4096, { ...other, model: "test" })).others, undefined);
});

Start("an answer begins with a sentinel as T5's tokenizer writes it", async () => {
  const tokenizer = await loadTokenizer(NANO_MODEL);
  const text = tokenizer.decode([tokenizer.sentinelId(0), 10, tokenizer.sentinelId(1), tokenizer.eosId]);
  const predictions = [text, "yes <extra_id_0>", "", "<extra>", " <extra_id_12> a"].map(
    (prediction): Prediction => ({ id: "0", inputs: "", target: "", prediction, correct: false, valid: false }),
  );
  assert.equal(sentinelsIn(predictions), { answers: 2, of: 5 });
});

Start.run();

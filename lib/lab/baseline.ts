/**
 * @file What the bare model comes to on the evaluation examples of a run, which runs with the same inputs share.
 *
 * Tokens are not shared: to make those of 300 training examples takes 2 to 20 ms of a run of half a minute.
 */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { stats } from "../compile/init.js";
import { CheckpointError } from "../core/errors.js";
import { decodeAs } from "../edge/decode.js";
import { parseJson } from "../edge/json.js";
import { readFrom, type Store } from "../store/store.js";
import { canonicalJson, sha256 } from "./canonical.js";
import { json } from "./folder.js";
import type { Lock } from "./lock.js";
import type { Prepared } from "./prepared.js";
import { isPretraining } from "./pretraining/recipe.js";
import type { Recipe } from "./recipe.js";
import { RESULT_VERSION, withoutPlaces } from "./run-id.js";
import { withoutTraining } from "./run-inputs.js";
import { Baseline, sentinelsIn } from "./start.js";

/** Where the scores of bare models are kept for other runs, and the inputs of this one. */
export interface Sharing {
  readonly store: Store;
  readonly lock: Lock;
}

/** Everything that determines the scores of the bare model. */
const keyOf = (recipe: Recipe, { fluxion, model, tokenizer, examples }: Lock): object => ({
  versions: { fluxion, results: RESULT_VERSION },
  recipe: withoutTraining(withoutPlaces(recipe)),
  executor: stats().executor,
  // A model that is pre-trained may begin with random weights.
  ...(isPretraining(recipe) && { seed: recipe.seed }),
  inputs: { model: model.digest, tokenizer: tokenizer.digest, examples },
});

const Kept = t.type({ key: t.unknown, digest: t.string, baseline: Baseline }, "scores of the bare model");

/** The baseline in a file; undefined where there is none, or it is damaged. */
const keptIn = async (store: Store, path: string, key: object): Promise<Baseline | undefined> => {
  const bytes = await readFrom(store, path);
  if (bytes === undefined) return undefined;
  const caller = { where: "shared work", error: CheckpointError };
  const found = pipe(
    parseJson(new TextDecoder().decode(bytes), caller, store.name(path)),
    E.chain((raw) => decodeAs(Kept, caller, store.name(path))(raw)),
  );
  if (E.isLeft(found)) return undefined;
  const { digest, baseline, key: of } = found.right;
  const isWhole = canonicalJson(of) === canonicalJson(key) && digest === sha256(canonicalJson(baseline));
  return isWhole ? baseline : undefined;
};

const evaluated = async ({ evaluate }: Prepared): Promise<Baseline> => {
  const { metrics, predictions } = await evaluate(null);
  return { untuned: metrics, sentinels: sentinelsIn(predictions) };
};

/**
 * The scores of the bare model: those that a run with the same inputs has left, or found and left for others. Two runs at the same time may both find them.
 *
 * - `sharing`: undefined where nothing is shared
 */
export const baselineOf = async (run: Prepared, sharing: Sharing | undefined): Promise<Baseline> => {
  // What a task of a module comes to is not known by a digest.
  if (sharing === undefined || run.recipe.taskFiles.length > 0) return evaluated(run);
  const { store, lock } = sharing;
  const key = keyOf(run.recipe, lock);
  const path = `baselines/${sha256(canonicalJson(key))}.json`;
  const kept = await keptIn(store, path, key);
  if (kept !== undefined) return kept;
  const baseline = await evaluated(run);
  await store.write(path, json({ key, digest: sha256(canonicalJson(baseline)), baseline }));
  return baseline;
};

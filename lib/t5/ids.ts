/**
 * @file Token ids: which of them are padding, and which the vocabulary does not have.
 *
 * Numbers are looked at where they are at hand: in arrays, not in what stands for them under a transformation, and not on a device that has to
 * be waited for. A compiled program cannot refuse one: it takes the nearest row of the embedding.
 */
import { isUsers } from "../core/caller.js";
import { ArgumentError, ConfigError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { contractOf } from "../core/signature.js";
import { DeviceArray, type Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { T5Config } from "./config.js";

type Padding = Pick<T5Config, "padId">;
type Vocabulary = Pick<T5Config, "vocabSize">;

/** What Hugging Face puts in the place of targets that do not count. */
const IGNORED = -100;

/** Which ids are not padding, bool. */
export const isToken = ({ padId }: Padding, ids: Tensor): Tensor => np.notEqual(ids, padId);

/** Targets with padding in the place of those that do not count: -100, as all that is below 0. */
export const realTargets = ({ padId }: Padding, targets: Tensor): Tensor =>
  padId === 0 ? np.maximum(targets, 0) : np.where(np.less(targets, 0), padId, targets);

/** Where a number stands in an array: its row, its place there, and its choice where rows have several. */
const placeOf = (index: number, shape: readonly number[]): string => {
  const [width] = shape.slice(-1);
  const [row, choice] = [Math.floor(index / width), shape.length > 2 ? shape[1] : 1];
  const at = choice === 1 ? `row ${row}` : `row ${Math.floor(row / choice)}, choice ${row % choice}`;
  return `${at}, position ${index % width}`;
};

const outside = (where: string, what: string, { vocabSize }: Vocabulary, got: number, at: string, target: boolean) =>
  new ArgumentError({
    where,
    what: "a token id is outside of the vocabulary",
    expected: `0 to ${vocabSize - 1}${target ? `, or ${IGNORED} for a target that does not count` : ""}`,
    got: `${got}`,
    at: `${what}: ${at}`,
    hint: "use the tokenizer that belongs to the model",
  });

interface CheckOptions {
  /** What the ids are called. */
  readonly what: string;
  /** Whether -100 may be among them. */
  readonly target?: boolean;
}

/** The numbers of an array where they are at hand. */
export const valuesAtHand = (x: Tensor | undefined): HostArray["data"] | undefined =>
  !(x instanceof DeviceArray) || x.disposed || x.device.fetch !== undefined || x.size === 0 ? undefined : x.host().data;

/**
 * Checks ids whose values are at hand.
 *
 * @throws {ArgumentError} for one that the vocabulary does not have, with its row
 */
export const checkIds = (
  where: string,
  config: Vocabulary,
  ids: Tensor | undefined,
  { what, target = false }: CheckOptions,
): void => {
  const data = valuesAtHand(ids);
  if (ids === undefined || data === undefined) return;
  const { shape } = ids;
  const wrong = data.findIndex((id) => !(id >= 0 && id < config.vocabSize) && !(target && id === IGNORED));
  if (wrong >= 0) throw outside(where, what, config, data[wrong], placeOf(wrong, shape), target);
};

/** As `checkIds`, of lists. @throws {ArgumentError} for an id that the vocabulary does not have, with its row */
export const checkIdLists = (
  where: string,
  config: Vocabulary,
  rows: readonly (readonly number[])[],
  { what }: CheckOptions,
): void => {
  rows.forEach((row, i) => {
    const at = row.findIndex((id) => !(Number.isInteger(id) && id >= 0 && id < config.vocabSize));
    if (at >= 0) throw outside(where, what, config, row[at], `row ${i}, position ${at}`, false);
  });
};

/** What the special ids are called in `config.json`. */
const SPECIAL = { padId: "pad_token_id", eosId: "eos_token_id", decoderStartId: "decoder_start_token_id" } as const;

/** The error of a special id that the vocabulary does not have; undefined where it has all. */
export const specialIdError = (
  where: string,
  config: Pick<T5Config, "vocabSize" | keyof typeof SPECIAL>,
  at: string,
): ConfigError | undefined => {
  const [wrong] = (Object.keys(SPECIAL) as (keyof typeof SPECIAL)[]).filter((key) => config[key] >= config.vocabSize);
  if (wrong === undefined) return undefined;
  return new ConfigError({
    where,
    what: "a special token is outside of the vocabulary",
    expected: `${SPECIAL[wrong]} from 0 to ${config.vocabSize - 1}`,
    got: `${config[wrong]}`,
    at: `${at}: ${SPECIAL[wrong]}`,
    hint: "vocab_size is the number of rows of the embedding",
  });
};

/** A function, with its members, whose arguments are held to its signature and looked at before each call. */
export const checkedCalls = <F extends (...args: never[]) => unknown>(
  signature: string,
  f: F,
  check: (...args: Parameters<F>) => void,
): F => {
  const contract = contractOf(signature, check.length);
  return new Proxy(f, {
    apply(target, self, given) {
      const args = isUsers() ? contract.check(given) : given;
      check(...(args as Parameters<F>));
      return Reflect.apply(target, self, args);
    },
  });
};

/** @file The methods that have names: from settings, as they are saved beside a trained tree, to the method. */

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { closest } from "../core/closest.js";
import { takes } from "../core/composite.js";
import { ConfigError, isFluxionError } from "../core/errors.js";
import { type Caller, closed, decodeAs, naturalNumber } from "../edge/decode.js";
import { throwing } from "../edge/either.js";
import { compose } from "./compose.js";
import { design } from "./design.js";
import { IA3_OPTIONS, ia3 } from "./ia3.js";
import { LORA_OPTIONS, lora } from "./lora.js";
import type { Method, MethodSettings } from "./method.js";
import { MPT_OPTIONS, mpt } from "./mpt.js";
import { MULTITASK_OPTIONS, multitask } from "./multitask.js";
import { hintFor, names } from "./options.js";
import { P_TUNING_OPTIONS, pTuning } from "./p-tuning.js";
import type { PeftForm } from "./peft/adapter.js";
import { IA3 } from "./peft/ia3.js";
import { LORA } from "./peft/lora.js";
import { MPT } from "./peft/multitask.js";
import { PREFIX } from "./peft/prefix.js";
import { PROMPT } from "./peft/prompt.js";
import { LN_TUNING } from "./peft/weights.js";
import { PEFT_PREFIX_OPTIONS, peftPrefix } from "./peft-prefix.js";
import { PER_LAYER_OPTIONS, perLayer } from "./per-layer.js";
import { PREFIX_OPTIONS, prefix } from "./prefix.js";
import { PROMPT_OPTIONS, prompt } from "./prompt.js";
import { RESIDUAL_OPTIONS, residual } from "./residual.js";
import { weights } from "./weights.js";

const caller: Caller<ConfigError> = { where: "methodOf", error: ConfigError };

type Made = E.Either<ConfigError, Method>;

/** A method under its name. */
export interface KnownMethod {
  /** The names of its settings, besides `name`. */
  readonly options: readonly string[];
  /** The method of such settings; those that are missing have their usual values. */
  readonly make: (settings: MethodSettings, source: string) => Made;
  /** How PEFT stores its trained trees, where PEFT has the method. */
  readonly peft?: PeftForm;
}

/** What a method refuses, as an error of its settings. */
const attempt = (make: () => Method, at: string): Made =>
  E.tryCatch(make, (error) => {
    if (isFluxionError(error, "ConfigError")) return error;
    if (isFluxionError(error)) return new ConfigError({ ...error.mismatch, at }, { cause: error });
    throw error;
  });

/** The codecs of options. */
type Codecs<O> = { readonly [K in keyof O]?: t.Decoder<unknown, O[K] | undefined> };

const knownAt = <O extends object>(
  codecs: Codecs<O>,
  make: (options: O, source: string) => Method,
  peft?: PeftForm,
): KnownMethod => {
  const options = Object.keys(codecs);
  const codec = closed(codecs as object as t.Props, "settings of a method");
  return {
    options,
    make: ({ name: _name, ...settings }, source) =>
      pipe(
        decodeAs(codec, caller, source, hintFor(settings, options))(settings),
        E.chain((decoded) => attempt(() => make(decoded as O, source), source)),
      ),
    ...(peft && { peft }),
  };
};

const known = <O extends object>(codecs: Codecs<O>, make: (options: O) => Method, peft?: PeftForm): KnownMethod =>
  knownAt(codecs, (options) => make(options), peft);

/** The methods by name. */
export const METHODS: Readonly<Record<string, KnownMethod>> = {
  prompt: known(PROMPT_OPTIONS, prompt, PROMPT),
  "per-layer": known(PER_LAYER_OPTIONS, perLayer),
  prefix: known(PREFIX_OPTIONS, prefix),
  "peft-prefix": known(PEFT_PREFIX_OPTIONS, peftPrefix, PREFIX),
  "p-tuning": known(P_TUNING_OPTIONS, pTuning),
  residual: known(RESIDUAL_OPTIONS, residual),
  multitask: known(MULTITASK_OPTIONS, multitask),
  mpt: known(MPT_OPTIONS, mpt, MPT),
  lora: known(LORA_OPTIONS, lora, LORA),
  ia3: known(IA3_OPTIONS, ia3, IA3),
  weights: known({ where: names }, ({ where }: { where: readonly string[] }) => weights(where), LN_TUNING),
  design: known({ ids: t.array(naturalNumber) }, ({ ids }: { ids: readonly number[] }) => design(ids)),
  compose: knownAt({ methods: t.record(t.string, t.UnknownRecord) }, ({ methods }: { methods: object }, source) =>
    compose(
      Object.fromEntries(
        Object.entries(methods).map(([name, settings]) => [name, methodOf(settings, `${source}: methods.${name}`)]),
      ),
    ),
  ),
};

const Named = t.type({ name: t.string }, "settings of a method");

const entryOf = (name: string, source: string): E.Either<ConfigError, KnownMethod> => {
  if (Object.hasOwn(METHODS, name)) return E.right(METHODS[name]);
  const all = Object.keys(METHODS);
  return E.left(
    new ConfigError({
      where: caller.where,
      what: "there is no method of this name",
      expected: all.join(", "),
      got: name,
      at: source,
      hint: `did you mean ${closest(name, all)}?`,
    }),
  );
};

/** As `methodOf`, as an Either of fp-ts. */
export const methodOfE = takes(
  "methodOfE(settings, source)",
  (settings: unknown, source = "settings"): E.Either<ConfigError, Method> =>
    pipe(
      decodeAs(Named, caller, source)(settings),
      E.chain(({ name }) => entryOf(name, source)),
      E.chain(({ make }) => make(settings as MethodSettings, source)),
    ),
);

/**
 * Makes the method of settings, such as those that are saved beside a trained tree; what is missing has its usual value.
 *
 * - `source`: names the settings in errors, such as the file that they are from
 *
 * @throws {ConfigError} for an unknown method or setting, with the closest name, or a value that the method refuses
 * @example const method = methodOf({ name: "lora", rank: 4, kernels: ["query", "value"] })
 */
export const methodOf = throwing("methodOf(settings, source)", methodOfE);

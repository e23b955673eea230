/** @file The methods that have names: from settings, as they are saved beside a trained tree, to the method. */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { ConfigError, isFluxionError } from "../core/errors.js";
import { closest } from "../edge/closest.js";
import { type Caller, closed, decodeAs, naturalNumber, optional } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import { compose } from "./compose.js";
import { design } from "./design.js";
import { ia3 } from "./ia3.js";
import { lora } from "./lora.js";
import type { Method } from "./method.js";
import type { PeftForm } from "./peft/adapter.js";
import { IA3 } from "./peft/ia3.js";
import { LORA } from "./peft/lora.js";
import { PROMPT } from "./peft/prompt.js";
import { LN_TUNING } from "./peft/weights.js";
import { type PromptPosition, prompt, type Visibility } from "./prompt.js";
import { weights } from "./weights.js";

const caller: Caller<ConfigError> = { where: "methodOf", error: ConfigError };

type Made = E.Either<ConfigError, Method>;

/** A method under its name. */
export interface KnownMethod {
  /** The names of its settings, besides `name`. */
  readonly options: readonly string[];
  /** The method of such settings; those that are missing have their usual values. */
  readonly make: (settings: object, source: string) => Made;
  /** How PEFT stores its trained trees, where PEFT has the method. */
  readonly peft?: PeftForm;
}

/** Settings without those that are missing, which would hide the usual values. */
const given = <T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;

/** What a method refuses, as an error of its settings. */
const attempt = (make: () => Method, at: string): Made =>
  E.tryCatch(make, (error) => {
    if (isFluxionError(error, "ConfigError")) return error;
    if (isFluxionError(error)) return new ConfigError({ ...error.mismatch, at }, { cause: error });
    throw error;
  });

const known = <P extends t.Props>(
  props: P,
  make: (options: t.TypeOfProps<P>, source: string) => Method,
  peft?: PeftForm,
): KnownMethod => {
  const options = Object.keys(props);
  const codec = closed({ name: t.string, ...props }, "settings of a method");
  const hintOf = (settings: object): string | undefined => {
    const other = Object.keys(settings).find((key) => key !== "name" && !options.includes(key));
    return other === undefined ? undefined : `did you mean ${closest(other, options)}?`;
  };
  return {
    options,
    make: (settings, source) =>
      pipe(
        decodeAs(codec, caller, source, hintOf(settings))(settings),
        E.chain((decoded) => attempt(() => make(decoded as t.TypeOfProps<P>, source), source)),
      ),
    ...(peft && { peft }),
  };
};

const names = t.array(t.string);
const numbers = t.record(t.string, t.number);
const kernels = t.union([names, closed({ pattern: t.string }, "pattern"), t.literal("all-linear")]);

/** The methods by name. */
export const METHODS: Readonly<Record<string, KnownMethod>> = {
  prompt: known(
    {
      length: optional(t.number),
      position: optional(t.string as t.Type<PromptPosition, string, unknown>),
      sees: optional(t.array(t.string as t.Type<Visibility, string, unknown>)),
    },
    ({ length, position, sees }) => prompt(given({ length, position, sees })),
    PROMPT,
  ),
  lora: known(
    {
      rank: optional(t.number),
      alpha: optional(t.number),
      kernels: optional(kernels),
      rankPattern: optional(numbers),
      alphaPattern: optional(numbers),
      dropout: optional(t.number),
      rankStabilized: optional(t.boolean),
      dora: optional(t.boolean),
    },
    ({ rank, alpha, kernels, rankPattern, alphaPattern, dropout, rankStabilized, dora }) =>
      lora(given({ rank, alpha, kernels, rankPattern, alphaPattern, dropout, rankStabilized, dora })),
    LORA,
  ),
  ia3: known(
    { kernels: optional(names), feedForward: optional(names) },
    ({ kernels, feedForward }) => ia3(given({ kernels, feedForward })),
    IA3,
  ),
  weights: known({ where: names }, ({ where }) => weights(where), LN_TUNING),
  design: known({ ids: t.array(naturalNumber) }, ({ ids }) => design(ids)),
  compose: known({ methods: t.record(t.string, t.UnknownRecord) }, ({ methods }, source) =>
    compose(
      Object.fromEntries(
        Object.entries(methods).map(([name, settings]) => [
          name,
          orThrow(methodOf(settings, `${source}: methods.${name}`)),
        ]),
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

/**
 * The method of settings, such as those that are saved beside a trained tree; what is missing has its usual value.
 *
 * @param source  names the settings in errors, such as the file that they are from
 * @returns a ConfigError for an unknown method or setting, with the closest name, or a value that the method refuses
 * @example const method = orThrow(methodOf({ name: "lora", rank: 4, kernels: ["query", "value"] }))
 */
export const methodOf = (settings: unknown, source = "settings"): E.Either<ConfigError, Method> =>
  pipe(
    decodeAs(Named, caller, source)(settings),
    E.chain(({ name }) => entryOf(name, source)),
    E.chain(({ make }) => make(settings as object, source)),
  );

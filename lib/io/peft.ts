/**
 * @file Adapters of Hugging Face's PEFT: a folder with `adapter_config.json` and `adapter_model.safetensors`. What is in them belongs to the
 * methods: see `lib/methods/peft`.
 */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";
import { CheckpointError, ConfigError, UnsupportedError } from "../core/errors.js";
import { type Caller, decodeAs } from "../edge/decode.js";
import {
  type JsonObject,
  MERGE_HINT,
  type PeftAdapter,
  type PeftContent,
  type PeftForm,
} from "../methods/peft/adapter.js";
import { METHODS } from "../methods/registry.js";
import { readJson } from "../store/json-file.js";
import type { StagedFile } from "../store/staging.js";
import { openSafetensorsTE } from "./safetensors.js";
import { outgoing, safetensorsChunks } from "./safetensors-write.js";

const WHERE = "loadAdapter";
const caller: Caller<ConfigError> = { where: WHERE, error: ConfigError };

export const ADAPTER_CONFIG = "adapter_config.json";
const WEIGHTS = "adapter_model.safetensors";
/** The files of an adapter. */
export const PEFT_FILES: readonly string[] = [ADAPTER_CONFIG, WEIGHTS];

/** The old name of the weights, which are a pickle and are not read. */
const PICKLE = "adapter_model.bin";

/** The folder of an adapter that a path names: itself, or that of one of its files. */
export const peftFolder = (path: string): string | undefined => {
  const dir = [...PEFT_FILES, PICKLE].includes(basename(path)) ? dirname(path) : path;
  return existsSync(join(dir, ADAPTER_CONFIG)) ? dir : undefined;
};

/** What an adapter says, and the model it was made for where stated. */
export interface StoredPeft extends PeftContent {
  readonly baseModel: string | undefined;
}

const forms = (): PeftForm[] => Object.values(METHODS).flatMap(({ peft }) => peft ?? []);

const formOf = (type: string, at: string): E.Either<ConfigError, PeftForm> => {
  const form = forms().find(({ types }) => types.includes(type));
  if (form !== undefined) return E.right(form);
  const expected = forms()
    .flatMap(({ types }) => types)
    .join(", ");
  const hint = `an adapter that changes weights may become part of its model: ${MERGE_HINT}`;
  return E.left(
    new ConfigError({ where: WHERE, what: "adapters of this type are not supported", expected, got: type, at, hint }),
  );
};

const noWeights = (dir: string): CheckpointError => {
  const pickle = existsSync(join(dir, PICKLE));
  return new CheckpointError({
    where: WHERE,
    what: "there are no weights in this folder",
    expected: WEIGHTS,
    got: pickle ? "adapter_model.bin, a pickle, which can run code when it is read" : undefined,
    at: dir,
    hint: pickle
      ? 'convert it in Python: safetensors.torch.save_file(torch.load("adapter_model.bin"), "adapter_model.safetensors")'
      : "fetch it from where the configuration is from",
  });
};

const readTensors = (dir: string): TE.TaskEither<CheckpointError, PeftAdapter["tensors"]> => {
  const path = join(dir, WEIGHTS);
  if (!existsSync(path)) return TE.left(noWeights(dir));
  return TE.bracket(
    openSafetensorsTE(path),
    (file) =>
      pipe(
        [...file.entries.keys()],
        TE.traverseSeqArray((name) =>
          pipe(
            file.read(name),
            TE.map((array) => [name, array] as const),
          ),
        ),
        TE.map((tensors) => new Map(tensors)),
      ),
    (file) => TE.fromTask(file.close),
  );
};

const Typed = t.intersection(
  [t.type({ peft_type: t.string }), t.partial({ base_model_name_or_path: t.union([t.string, t.null]) })],
  "adapter configuration",
);

/** Reads the adapter of a folder. */
export const readPeft = (dir: string): TE.TaskEither<CheckpointError | ConfigError, StoredPeft> => {
  const path = join(dir, ADAPTER_CONFIG);
  return pipe(
    readJson(path, caller),
    TE.chainEitherK(decodeAs(Typed, caller, path)),
    TE.bindTo("config"),
    TE.bind("form", ({ config }) => TE.fromEither(formOf(config.peft_type, path))),
    TE.bindW("tensors", () => readTensors(dir)),
    TE.chainEitherKW(({ config, form, tensors }) => form.fromPeft({ config: config as JsonObject, tensors }, dir)),
    TE.map((content) => ({ ...content, baseModel: (content.config?.base_model_name_or_path as string) ?? undefined })),
  );
};

/** The files of an adapter; Left says why PEFT has none for such a tree. */
export const peftFiles = (
  content: PeftContent,
  baseModel: string | undefined,
): E.Either<UnsupportedError, readonly StagedFile[]> => {
  const { peft } = METHODS[content.settings.name];
  if (peft === undefined) {
    return E.left(
      new UnsupportedError({
        where: "saveAdapter",
        what: "PEFT has no adapter for this method",
        expected: Object.keys(METHODS)
          .filter((name) => METHODS[name].peft !== undefined)
          .join(", "),
        got: content.settings.name,
        hint: "save it in fluxion's own form, a .safetensors file",
      }),
    );
  }
  return pipe(
    peft.toPeft(content),
    E.map(({ config, tensors }): StagedFile[] => {
      const named = baseModel === undefined ? config : { ...config, base_model_name_or_path: baseModel };
      const out = [...tensors].map(([name, array]) => outgoing(name, array, () => array));
      return [
        [WEIGHTS, safetensorsChunks(out, { format: "pt" })],
        [ADAPTER_CONFIG, `${JSON.stringify(named, null, 2)}\n`],
      ];
    }),
  );
};

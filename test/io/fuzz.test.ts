/**
 * @file Bad files of every kind: always a typed error, never a crash, and never an allocation that the size of the file does not explain.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import type { TaskEither } from "fp-ts/lib/TaskEither.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { hostArray } from "../../lib/core/host.js";
import { loadHuggingFaceTE } from "../../lib/io/huggingface.js";
import { encodeNpy, parseNpyE } from "../../lib/io/npy.js";
import { loadPromptTE } from "../../lib/io/prompts.js";
import { openSafetensorsTE, parseSafetensorsE } from "../../lib/io/safetensors.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import { largestAllocation } from "../helpers/allocations.js";
import { messageOf, run, temporaryFolder } from "./folder.js";
import { CONFIG, configOf, tensorsOf } from "./tiny-t5.js";

const Fuzz = suite("io/fuzz");
const folder = temporaryFolder(Fuzz);
const SEED = { seed: 20_26 };

// --- what is asserted ------------------------------------------------------------------------------------------------------

/** A success, or an error of this library for bad files. */
const isTyped = (result: E.Either<unknown, unknown>): boolean =>
  E.isRight(result) || isFluxionError(result.left, "CheckpointError") || isFluxionError(result.left, "ConfigError");

/** Whether a task ends in a value or a typed error, with arrays no larger than twice the bytes that there are (halves are widened). */
const behaves = async (task: TaskEither<unknown, unknown>, bytes: number): Promise<boolean> => {
  let result: E.Either<unknown, unknown> | undefined;
  const largest = await largestAllocation(async () => {
    result = await task();
  });
  if (result === undefined || !isTyped(result)) throw new Error(`no typed error: ${JSON.stringify(result)}`);
  if (largest > 2 * bytes + 256) throw new Error(`${largest} bytes for a file of ${bytes}`);
  return true;
};

let files = 0;
const place = (content: Readonly<Record<string, string | Uint8Array>>): string => {
  const dir = join(folder, `${files++}`);
  mkdirSync(dir);
  for (const [name, bytes] of Object.entries(content)) writeFileSync(join(dir, name), bytes);
  return dir;
};

// --- bad values ------------------------------------------------------------------------------------------------------------

const badNumber = fc.constantFrom<unknown>(
  0,
  1,
  2,
  4,
  8,
  -1,
  1.5,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  1e308,
  "3",
  null,
);
const badName = fc.constantFrom(
  "a",
  "b",
  "__proto__",
  "__metadata__",
  "constructor",
  "",
  "\u0000",
  "prompt",
  "shared.weight",
);
/** JSON of any kind, some of it nested as deep as a parser allows. */
const badValue: fc.Arbitrary<unknown> = fc.oneof(badNumber, fc.jsonValue({ maxDepth: 3 }), badName);
const deep = (n: number): string => `${"[".repeat(n)}${"]".repeat(n)}`;
const deepObject = (n: number): string => `${'{"a":'.repeat(n)}1${"}".repeat(n)}`;

/** JSON text of an object whose keys may stand twice. */
const objectText = (entries: readonly (readonly [string, unknown])[]): string =>
  `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value) ?? "null"}`).join(",")}}`;

const badEntry = fc.record(
  {
    dtype: fc.constantFrom<unknown>(
      "F32",
      "BF16",
      "F16",
      "F64",
      "I64",
      "BOOL",
      "F8_E4M3",
      "U8",
      "toString",
      "",
      null,
      3,
    ),
    shape: fc.oneof(fc.array(badNumber, { maxLength: 4 }), badValue),
    data_offsets: fc.oneof(fc.array(badNumber, { maxLength: 3 }), fc.tuple(fc.nat(16), fc.nat(16)), badValue),
    extra: badValue,
  },
  { requiredKeys: [] },
);
const header = fc
  .array(fc.tuple(badName, fc.oneof({ weight: 4, arbitrary: badEntry }, badValue)), { maxLength: 4 })
  .map(objectText);
/** The true length of the header, or a lie. */
const lengthOf = (text: string): fc.Arbitrary<bigint> => {
  const length = BigInt(Buffer.byteLength(text));
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(length) },
    fc.constantFrom(0n, 1n, length - 1n, length + 1n, length + 64n, 100_000_001n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
  );
};
const fileOf = (text: string, length: bigint, data: Uint8Array): Uint8Array => {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt.asUintN(64, length));
  return new Uint8Array(Buffer.concat([prefix, Buffer.from(text), data]));
};
const badSafetensors = header.chain((text) =>
  fc.tuple(lengthOf(text), fc.uint8Array({ maxLength: 32 })).map(([length, data]) => fileOf(text, length, data)),
);

const readAll =
  (path: string): TaskEither<unknown, unknown> =>
  async () => {
    const file = await openSafetensorsTE(path)();
    if (E.isLeft(file)) return file;
    try {
      for (const name of file.right.entries.keys()) {
        const tensor = await file.right.read(name)();
        if (E.isLeft(tensor)) return tensor;
      }
      return file;
    } finally {
      await file.right.close();
    }
  };

// --- formats ---------------------------------------------------------------------------------------------------------------

Fuzz("headers that lie about lengths, offsets, shapes and dtypes, or name a tensor twice", async () => {
  const path = join(folder, "x.safetensors");
  await fc.assert(
    fc.asyncProperty(badSafetensors, async (bytes) => {
      writeFileSync(path, bytes);
      return (
        (await behaves(readAll(path), bytes.length)) &&
        (await behaves(async () => parseSafetensorsE(bytes), bytes.length))
      );
    }),
    { ...SEED, numRuns: 100 },
  );
});

Fuzz("a header of one fault each is refused", () => {
  const good = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  const refused = (text: string, bytes = 8): boolean =>
    E.isLeft(parseSafetensorsE(fileOf(text, BigInt(Buffer.byteLength(text)), new Uint8Array(bytes))));
  assert.not.ok(refused(objectText([["x", good]])));
  const faults: object[] = [
    { dtype: "F16" },
    { dtype: "U8" },
    { shape: [-2] },
    { shape: [2 ** 53] },
    { shape: [2 ** 32, 2 ** 32] },
    { shape: [2 ** 31, 2 ** 31, 0, -1] },
    { shape: [1.5] },
    { shape: [3] },
    { data_offsets: [8, 0] },
    { data_offsets: [-8, 0] },
    { data_offsets: [4, 12] },
    { data_offsets: [0, 2 ** 53] },
    { data_offsets: [0, 4, 8] },
    { data_offsets: [0] },
  ];
  for (const fault of faults) assert.ok(refused(objectText([["x", { ...good, ...fault }]])), JSON.stringify(fault));
  const second = (data_offsets: number[]): string =>
    objectText([
      ["x", good],
      ["y", { ...good, data_offsets }],
    ]);
  assert.not.ok(refused(second([8, 16]), 16));
  assert.ok(refused(second([4, 12]), 12), "overlap");
  assert.ok(refused(second([12, 20]), 20), "gap");
  assert.ok(refused(second([8, 16]), 17), "bytes behind");
  assert.ok(
    refused(
      objectText([
        ["x", good],
        ["x", good],
      ]),
    ),
    "twice",
  );
});

Fuzz("JSON as deep as a stack, lists as long as a header may be", async () => {
  const texts = [deep(200_000), deepObject(200_000), `{"x":${deep(200_000)}}`, `{"x":{"shape":${deep(200_000)}}}`];
  const long = `{"x":{"dtype":"F32","shape":[${"-1,".repeat(300_000)}1],"data_offsets":[0,4]}}`;
  const keys = `{"x":{${Array.from({ length: 50_000 }, (_, i) => `"k${i}":1`).join(",")}}}`;
  for (const text of [...texts, long, keys]) {
    const bytes = fileOf(text, BigInt(text.length), new Uint8Array(4));
    const result = parseSafetensorsE(bytes);
    assert.ok(E.isLeft(result) && isFluxionError(result.left, "CheckpointError"));
    assert.ok((result.left as Error).message.length < 2000);
    const dirs = [
      place({ "config.json": text }),
      place({ "config.json": JSON.stringify(CONFIG), "model.safetensors.index.json": `{"weight_map":${text}}` }),
      place({ "adapter_config.json": text }),
    ];
    const [config, index, adapter] = dirs as [string, string, string];
    const results = [loadHuggingFaceTE(config), loadHuggingFaceTE(index), loadPromptTE(adapter)];
    for (const task of results) {
      const failure = await task();
      assert.ok(E.isLeft(failure) && isTyped(failure));
    }
  }
});

Fuzz("configurations with any values", async () => {
  const weights = encodeSafetensors(tensorsOf(configOf(CONFIG)));
  const keys = [
    ...Object.keys(CONFIG),
    "model_type",
    "feed_forward_proj",
    "dense_act_fn",
    "is_gated_act",
    "dropout_rate",
  ];
  const changes = fc.dictionary(fc.constantFrom(...keys), badValue, { maxKeys: 2 });
  await fc.assert(
    fc.asyncProperty(changes, async (change) => {
      const dir = place({ "config.json": JSON.stringify({ ...CONFIG, ...change }), "model.safetensors": weights });
      return behaves(loadHuggingFaceTE(dir), weights.length);
    }),
    { ...SEED, numRuns: 150 },
  );
});

Fuzz("a configuration of more layers than memory holds", async () => {
  for (const layers of [1001, 2 ** 31, 2 ** 53 - 1]) {
    for (const key of ["num_layers", "num_decoder_layers"]) {
      const failure = await loadHuggingFaceTE(place({ "config.json": JSON.stringify({ ...CONFIG, [key]: layers }) }))();
      assert.ok(E.isLeft(failure) && isFluxionError(failure.left, "ConfigError"));
    }
  }
});

Fuzz("indices that place tensors anywhere", async () => {
  const tensors = Object.entries(tensorsOf(configOf(CONFIG)));
  const shards = [tensors.slice(0, 9), tensors.slice(9)].map((part) => encodeSafetensors(Object.fromEntries(part)));
  const [first, second] = shards as [Uint8Array, Uint8Array];
  const home = Object.fromEntries(tensors.map(([name], i) => [name, i < 9 ? "1.safetensors" : "2.safetensors"]));
  const files = { "config.json": JSON.stringify(CONFIG), "1.safetensors": first, "2.safetensors": second };
  const good = place({ ...files, "model.safetensors.index.json": JSON.stringify({ weight_map: home }) });
  await run(loadHuggingFaceTE(good));
  const target = fc.oneof(
    fc.constantFrom<unknown>(
      "1.safetensors",
      "2.safetensors",
      "3.safetensors",
      "../x",
      "/dev/zero",
      "config.json",
      ".",
    ),
    badValue,
  );
  const changes = fc.dictionary(fc.constantFrom(...Object.keys(home), "__proto__", "new"), target, {
    minKeys: 1,
    maxKeys: 3,
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(changes, badValue), async (change) => {
      const weightMap = typeof change === "object" && change !== null ? { ...home, ...change } : change;
      const dir = place({ ...files, "model.safetensors.index.json": JSON.stringify({ weight_map: weightMap }) });
      return behaves(loadHuggingFaceTE(dir), first.length + second.length);
    }),
    { ...SEED, numRuns: 100 },
  );
});

Fuzz("adapters with any values", async () => {
  const config = { peft_type: "PROMPT_TUNING", task_type: "SEQ_2_SEQ_LM", num_virtual_tokens: 2, token_dim: 2 };
  const prompt = hostArray([2, 2], "float32", new Float32Array(4));
  const changes = fc.dictionary(fc.constantFrom(...Object.keys(config), "num_transformer_submodules"), badValue, {
    maxKeys: 2,
  });
  const weights = fc.oneof(fc.constant(encodeSafetensors({ prompt_embeddings: prompt })), badSafetensors);
  await fc.assert(
    fc.asyncProperty(changes, weights, async (change, bytes) => {
      const content = {
        "adapter_config.json": JSON.stringify({ ...config, ...change }),
        "adapter_model.safetensors": bytes,
      };
      const size = bytes.length + Buffer.byteLength(content["adapter_config.json"]);
      return behaves(loadPromptTE(place(content)), size);
    }),
    { ...SEED, numRuns: 100 },
  );
});

Fuzz(".npy headers with any dict, and files with any bytes changed or cut", async () => {
  const whole = encodeNpy(hostArray([2, 3], "float32", new Float32Array(6)));
  const path = join(folder, "x.npy");
  const check = async (bytes: Uint8Array): Promise<boolean> => {
    writeFileSync(path, bytes);
    return (await behaves(loadPromptTE(path), bytes.length)) && behaves(async () => parseNpyE(bytes), bytes.length);
  };
  const piece = fc.constantFrom(
    ..."{}(),:'\"[]L ",
    "'descr'",
    "'<f4'",
    "'<f8'",
    "'|O'",
    "'fortran_order'",
    "False",
    "True",
    "'shape'",
    "(2, 3)",
    "(9007199254740991, 2)",
    "(99999999999999999999,)",
    "(-1, 3)",
    "(1,)",
  );
  const dict = fc.oneof(
    fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join("")),
    fc.tuple(piece, piece, piece).map(([a, b, c]) => `{'descr': ${a}, 'fortran_order': ${b}, 'shape': ${c}, }`),
    piece.map((shape) => `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`),
  );
  const withHeader = fc.tuple(dict, fc.constantFrom(-1, 0, 1, 60_000), fc.nat(32)).map(([text, lie, n]) => {
    const start = Buffer.from("\x93NUMPY\x01\x00\x00\x00", "latin1");
    start.writeUInt16LE(Math.max(0, Math.min(65_535, text.length + lie)), 8);
    return new Uint8Array(Buffer.concat([start, Buffer.from(text), Buffer.alloc(n)]));
  });
  const edited = fc
    .tuple(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }), fc.nat(whole.length))
    .map(([changes, cut]) => {
      const bytes = whole.slice(0, cut);
      for (const [at, byte] of changes) if (at < cut) bytes[at] = byte;
      return bytes;
    });
  await fc.assert(fc.asyncProperty(fc.oneof(withHeader, edited), check), { ...SEED, numRuns: 100 });
});

// `Math.max(...names)` and its like exhaust the stack at about 120,000.
Fuzz("a file of very many names is a typed error", async () => {
  const entry = { dtype: "F32", shape: [0], data_offsets: [0, 0] };
  const header = Buffer.from(
    JSON.stringify(Object.fromEntries(Array.from({ length: 130_000 }, (_, i) => [`${i}.`, entry]))),
  );
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  const dir = place({ "config.json": JSON.stringify(CONFIG), "model.safetensors": Buffer.concat([prefix, header]) });
  assert.match(messageOf(await loadHuggingFaceTE(dir)(), "CheckpointError"), "130000 unexpected");
});

Fuzz.run();

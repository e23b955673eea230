/**
 * @file A T5X checkpoint: the file `checkpoint` holds a tree whose leaves are arrays or the names of folders beside it, each
 * a Zarr array.
 *
 * Everything is described and checked before the first array is read; then arrays are read one by one.
 * Source: T5X, `t5x/checkpoints.py` and `t5x/state_utils.py`.
 */
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { type Shape, sameShape } from "../../core/aval.js";
import type { CheckpointError } from "../../core/errors.js";
import type { HostArray } from "../../core/host.js";
import { brief } from "../../edge/decode.js";
import { attempt, readBounded } from "../../store/files.js";
import type { SourceEntry, TensorSource } from "../tensor-source.js";
import { caller, damaged, unsupported } from "./errors.js";
import { type Dict, decodeFlax, inlineArray, isDict, kindOf, leavesOf } from "./flax.js";
import { openZarr } from "./zarr.js";

const FILE = "checkpoint";
const PLACEHOLDER = "PLACEHOLDER://";
/** Largest file that Node reads at once. */
const MAX_INDEX_BYTES = 2 ** 31 - 1;

/**
 * Trained weights hardly compress, so arrays that claim this many times the bytes of their files are a bomb. The allowance is
 * for small checkpoints of zeros.
 */
const MAX_RATIO = 100;
const ALLOWANCE_BYTES = 2 ** 28;

const isFile = async (path: string): Promise<boolean> => {
  const info = await lstat(path).catch(() => undefined);
  return info?.isFile() === true; // nor a link: a checkpoint consists of regular files
};

/** The file `checkpoint` that a path means: itself, one in that folder, or one in its folder `checkpoint_{step}` of the last step. */
const findCheckpoint = async (path: string): Promise<string> => {
  if (!(await stat(path)).isDirectory()) return path;
  const own = join(path, FILE);
  if (await isFile(own)) return own;
  const steps = (await readdir(path)).flatMap((name) => /^checkpoint_(\d+)$/.exec(name)?.[1] ?? []);
  const last = steps.toSorted((a, b) => Number(b) - Number(a))[0];
  const found = join(path, `checkpoint_${last}`, FILE);
  if (last !== undefined && (await isFile(found))) return found;
  const hint =
    "checkpoints of Orbax (with checkpoint metadata and ocdbt files) are not read: save with T5X's own Checkpointer";
  throw unsupported("there is no T5X checkpoint here", {
    expected: `a file ${FILE}, or folders checkpoint_{step}`,
    at: path,
    hint,
  });
};

/** The folder of an external array and what the index says of it. */
interface External {
  readonly folder: string;
  readonly shape: unknown;
}

const isSpec = (value: unknown): value is Dict => isDict(value) && "driver" in value && "kvstore" in value;

/** The external array that a leaf names, if it does. Its folder is beside the index: a name, never a path. */
const externalOf = (leaf: unknown, at: string): External | undefined => {
  const spec = isSpec(leaf) ? leaf : undefined;
  if (spec !== undefined && spec.driver !== "zarr") {
    throw unsupported("array of a kind that is not read", { expected: '"zarr"', got: kindOf(spec.driver), at });
  }
  const store = spec?.kvstore;
  const folder = isDict(store) ? store.path : leaf;
  if (spec === undefined && !(typeof leaf === "string" && leaf.startsWith(PLACEHOLDER))) return undefined;
  const name = typeof folder === "string" ? folder.replace(PLACEHOLDER, "").replace(/\/$/, "") : undefined;
  if (name === undefined || !/^[\w\-.]+$/.test(name) || /^\.+$/.test(name)) {
    throw damaged("an array has to be in a folder beside the index", { expected: "a name", got: kindOf(folder), at });
  }
  const metadata = spec?.metadata;
  return { folder: name, shape: isDict(metadata) ? metadata.shape : undefined };
};

/** An array of the checkpoint, wherever it is. */
interface Entry extends SourceEntry {
  readonly claimedBytes: number;
  readonly read: () => HostArray | Promise<HostArray>;
}

const openLeaf = async (
  dir: string,
  leaf: unknown,
  folders: Set<string>,
  shortsAreBfloat16: boolean,
  at: string,
): Promise<Entry> => {
  const inline = inlineArray(leaf, shortsAreBfloat16, at);
  if (inline !== undefined) return { ...inline, claimedBytes: 2 * inline.storedBytes };
  const external = externalOf(leaf, at);
  if (external === undefined) throw damaged("a parameter is not an array", { got: kindOf(leaf), at });
  const { folder, shape } = external;
  if (folders.has(folder)) throw damaged("two parameters name one folder", { got: folder, at });
  folders.add(folder);
  const array = await openZarr(join(dir, folder), shortsAreBfloat16);
  if (shape !== undefined && !(Array.isArray(shape) && sameShape(shape as Shape, array.shape))) {
    throw damaged("the index and the array contradict each other", {
      expected: `shape ${brief(shape)}`,
      got: `shape ${brief(array.shape)}`,
      at,
    });
  }
  return array;
};

const checkClaims = (entries: ReadonlyMap<string, Entry>, path: string): void => {
  const sum = (f: (e: Entry) => number): number => [...entries.values()].reduce((n, e) => n + f(e), 0);
  const [stored, claimed] = [sum((e) => e.storedBytes), sum((e) => e.claimedBytes)];
  if (claimed <= MAX_RATIO * stored + ALLOWANCE_BYTES) return;
  throw damaged("the arrays claim to be far larger than their files", {
    expected: `at most ${MAX_RATIO * stored + ALLOWANCE_BYTES} bytes from ${stored}`,
    got: `${claimed}`,
    at: path,
  });
};

/** Which names of the tree are the model's, without that prefix. */
const TARGET = "target/";

const stepOf = (leaf: unknown, at: string): number | undefined => {
  if (typeof leaf === "number") return leaf;
  const array = inlineArray(leaf, false, at);
  return array === undefined || array.shape.length > 0 ? undefined : array.read().data[0];
};

const open = async (path: string): Promise<TensorSource> => {
  const file = await findCheckpoint(await realpath(path));
  const dir = dirname(file);
  const tree = decodeFlax(await readBounded(file, MAX_INDEX_BYTES, caller), file);
  const version = tree.version;
  const shortsAreBfloat16 = typeof version === "number" && version < 3;
  const root = isDict(tree.optimizer) ? tree.optimizer : tree;
  const leaves = leavesOf(root, isSpec);
  const entries = new Map<string, Entry>();
  const folders = new Set<string>();
  for (const [name, leaf] of leaves) {
    if (!name.startsWith(TARGET)) continue;
    entries.set(name.slice(TARGET.length), await openLeaf(dir, leaf, folders, shortsAreBfloat16, `${file}: ${name}`));
  }
  if (entries.size === 0) {
    const got = brief(Object.keys(root));
    throw damaged("the file is not a T5X checkpoint", { expected: "a dict with optimizer.target", got, at: file });
  }
  checkClaims(entries, file);
  return {
    path: file,
    entries,
    step: stepOf(leaves.get("state/step"), `${file}: state/step`),
    read: (name) => attempt(caller, `${file}: ${name}`, async () => (entries.get(name) as Entry).read()),
  };
};

/**
 * Opens a checkpoint and describes its parameters, under T5X's names (`encoder/layers_0/mlp/wo/kernel`).
 *
 * @param path  a folder with a file `checkpoint`, that file, or a folder of folders `checkpoint_{step}`, of which the last is used
 */
export const openT5x = (path: string): TE.TaskEither<CheckpointError, TensorSource> =>
  attempt(caller, path, () => open(path));

/** The folder of one step below the folder of a run. */
export const stepFolder = (dir: string, step: number): string => join(dir, `${FILE}_${step}`);

/** The name of an external array's folder, from its name in the tree. */
export const arrayFolder = (name: string): string => basename(name.replaceAll("/", "."));

/** @file The peers of the benchmarks of T5, and how the process of each is started. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PeerProcess } from "./peer-process.js";
import type { Task } from "./task.js";

/** Who does what. */
export interface Entry {
  readonly peer: string;
  readonly threads: number;
  readonly task: Task;
}

const FLUXION = [
  { peer: "fluxion-onnx", threads: 2 },
  { peer: "fluxion-onnx", threads: 1 },
  { peer: "fluxion-tfjs", threads: 1 },
];
const TFJS = { peer: "tfjs-wasm", threads: 1 };
const JAX_JS = { peer: "jax-js", threads: 1 };
const TORCH = [
  { peer: "torch", threads: 2 },
  { peer: "torch", threads: 1 },
];

/** All that have a task, ours first. TensorFlow.js and jax-js compute on one thread. */
export const entriesOf = (task: Task): Entry[] => {
  // The programs of TensorFlow.js and jax-js differentiate by the prompt.
  if (task.bench === "weights") return [...FLUXION, ...TORCH].map((name) => ({ ...name, task }));
  if (task.bench !== "decode") return [...FLUXION, TFJS, JAX_JS, ...TORCH].map((name) => ({ ...name, task }));
  const kept = [...FLUXION, TFJS, ...TORCH].map((name) => ({ ...name, task: { ...task, cache: true } }));
  const again = [...FLUXION, TFJS, JAX_JS].map((name) => ({ ...name, task: { ...task, cache: false } }));
  return [...kept, ...again];
};

/** `PYTHON` names another one, such as that of a virtual environment. */
const PYTHON = process.env.PYTHON ?? "/usr/bin/python3";
const LIBRARIES = "/usr/lib";
const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const tsx = (name: string, ...args: string[]): string[] => ["--import", "tsx", at(name), ...args];

/**
 * PyTorch at its best: Debian's OpenBLAS with OpenMP threads where it is installed (libopenblas0-openmp), waiting threads that do not spin, and
 * kernels for this processor: variables such as OPENBLAS_CORETYPE choose older ones.
 */
const torchEnvironment = (): NodeJS.ProcessEnv => {
  const folders = (existsSync(LIBRARIES) ? readdirSync(LIBRARIES) : []).map((name) =>
    join(LIBRARIES, name, "openblas-openmp"),
  );
  const openmp = folders.find((folder) => existsSync(folder));
  const rest = Object.entries(process.env).filter(([name]) => !name.startsWith("OPENBLAS_"));
  return {
    ...Object.fromEntries(rest),
    OMP_WAIT_POLICY: "passive",
    ...(openmp === undefined ? {} : { LD_LIBRARY_PATH: openmp }),
  };
};

/** Files of the model for PyTorch, which are written when they are first asked for. */
export class ModelFiles implements Disposable {
  readonly #task: Task;
  #folder: string | undefined;
  readonly #remove = (): void => {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  };
  constructor(task: Task) {
    this.#task = task;
  }
  get folder(): string {
    if (this.#folder === undefined) {
      this.#folder = mkdtempSync(join(tmpdir(), "fluxion-bench-"));
      process.once("exit", this.#remove);
      // In a process of its own: the peak memory of a process begins with that of the one it was started from.
      spawnSync(process.execPath, tsx("write-model.ts", this.#folder, JSON.stringify(this.#task)), {
        stdio: "inherit",
      });
    }
    return this.#folder;
  }
  [Symbol.dispose](): void {
    process.off("exit", this.#remove);
    this.#remove();
  }
}

/** Starts a peer. The first line it says is about its first run. */
export const startPeer = ({ peer, threads, task }: Entry, files: ModelFiles): PeerProcess => {
  const rest = [JSON.stringify(task), String(threads)];
  if (peer !== "torch") return new PeerProcess(process.execPath, tsx("peer.ts", peer, ...rest), process.env);
  const installed = spawnSync(PYTHON, ["-c", "import torch"]).status === 0;
  return new PeerProcess(PYTHON, [at("torch_peer.py"), installed ? files.folder : "", ...rest], torchEnvironment());
};

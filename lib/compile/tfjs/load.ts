/** @file Loading the packages of TensorFlow.js's backends, and what is said when one of them is missing. */
import { BackendError } from "../../core/errors.js";

/** The name under which each backend registers itself with TensorFlow.js. */
export const REGISTERED_AS = { wasm: "wasm", cpu: "cpu", webgpu: "webgpu", "node-gpu": "tensorflow" } as const;
/** Names that `init` accepts, of backends that run on TensorFlow.js. */
export type TfjsBackendName = keyof typeof REGISTERED_AS;

// Optional peers: their names are not literals in `import`, so that bundlers and type checkers do not ask for them.
const NODE_GPU = "@tensorflow/tfjs-node-gpu";
const WEBGPU = "@tensorflow/tfjs-backend-webgpu";
/** Dawn, the WebGPU of Chromium, for Node. */
const DAWN = "webgpu";

export const isNode = typeof process === "object" && process.versions?.node !== undefined;

/** Gives Node what browsers have: `navigator.gpu` and the global names of WebGPU. */
const provideWebGpu = async (): Promise<void> => {
  const scope = globalThis as { navigator?: { gpu?: unknown } };
  if (scope.navigator?.gpu !== undefined || !isNode) return;
  const dawn = (await import(DAWN)) as { create(flags: string[]): unknown; globals: object };
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create([]);
  const navigator = scope.navigator ?? {};
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  if (scope.navigator === undefined)
    Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
};

const importWebGpu = async (): Promise<void> => {
  await provideWebGpu();
  const { gpu } = globalThis.navigator as { gpu?: { requestAdapter(): Promise<unknown> } };
  if (((await gpu?.requestAdapter()) ?? null) === null) throw new Error("no adapter");
  await import(WEBGPU);
};

const IMPORTS: Readonly<Record<TfjsBackendName, () => Promise<unknown>>> = {
  cpu: () => import("@tensorflow/tfjs-backend-cpu"),
  // In Node the .wasm files are found beside the module; in a browser, where the page or bundler serves them (`setWasmPaths`).
  wasm: () => import("@tensorflow/tfjs-backend-wasm"),
  webgpu: importWebGpu,
  "node-gpu": () => import(NODE_GPU),
};

/** Imports the package of a backend, which registers it. */
export const importBackend = async (name: TfjsBackendName): Promise<void> => {
  await IMPORTS[name]();
};

/** What is missing, by the error that loading or starting a backend gave. */
const adviceFor = (name: TfjsBackendName, cause: unknown): { what: string; expected: string; hint: string } => {
  const said = String(cause);
  const missing = [NODE_GPU, WEBGPU, DAWN].find((peer) => said.includes(`'${peer}'`) && /cannot find/i.test(said));
  if (missing !== undefined) {
    return {
      what: `${missing} is not installed, and the backend ${name} needs it`,
      expected: `${missing} in node_modules`,
      hint: `npm install ${missing}${missing === DAWN ? "" : "@4.22"}`,
    };
  }
  if (name === "node-gpu" && /native addon|node-pre-gyp|\.node\b|\.so\b|\.dll\b/.test(said)) {
    return {
      what: `${NODE_GPU} is installed, but not the native library that its install step downloads`,
      expected: "a library built for this platform, and CUDA and cuDNN of the versions it wants",
      hint: `npm rebuild ${NODE_GPU} --build-addon-from-source (npm must be allowed to run its scripts); it said: ${said}`,
    };
  }
  if (name === "webgpu" && said.includes("no adapter")) {
    return {
      what: "WebGPU finds no adapter",
      expected: "a graphics driver, or a software one by VK_ICD_FILENAMES (on Linux, with libvulkan.so.1)",
      hint: "see docs/backends.md for SwiftShader, which comes with Chromium",
    };
  }
  return {
    what: `the backend ${name} does not start: ${said}`,
    expected: "a backend that is installed and starts",
    hint: "npm install fluxion again, or use another backend",
  };
};

/** The error of a backend that could not be loaded or started. */
export const startError = (name: TfjsBackendName, cause: unknown): BackendError =>
  new BackendError({ where: "init", got: name, ...adviceFor(name, cause) }, { cause });

/** @file The packed library in a Vite app: page and worker, in development, built, and built with cross-origin isolation. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeOf } from "../lib/compile/init.js";
import { setRuntime } from "../lib/core/runtime.js";
import type { Tensor } from "../lib/core/tensor.js";
import * as np from "../lib/np/index.js";
import { grad } from "../lib/transforms/grad.js";
import { jit } from "../lib/transforms/jit.js";
import { type Browser, chromiumPath, openBrowser } from "./helpers/chromium.js";

/** The newest, which runs on Node 20.19 and from 22.12 on, and the last one that bundles with Rollup. */
const VITES = { vite8: "8.4.0", vite7: "7.3.8" } as const;
type Vite = keyof typeof VITES;

const [major, minor] = process.versions.node.split(".").map(Number);
const nodeIsNewEnough = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
const chromium = chromiumPath();
const missing =
  chromium === undefined
    ? "there is no Chromium here"
    : nodeIsNewEnough
      ? undefined
      : `Vite 7 and 8 need Node 20.19 or 22.12, and this is ${process.versions.node}`;

const Page = suite("package in a page");
const root = fileURLToPath(new URL("..", import.meta.url));

const APP: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ name: "app", private: true, type: "module" }),
  ".npmrc": "ignore-scripts=true\naudit=false\nfund=false\n",
  "index.html": `<!doctype html><html lang="en"><head><meta charset="UTF-8" /><link rel="icon" href="data:," /><title>app</title></head>
    <body><script type="module" src="/main.js"></script></body></html>`,
  "gradient.js": `import { grad, init, jit, np } from "fluxion";
    export const gradient = async () => {
      await init();
      const f = (x) => np.sum(np.tanh(np.matmul(x, np.exp(x))));
      return [...jit(grad(f))(np.array([[0.1, 0.2], [0.3, 0.4]])).dataSync()];
    };`,
  "worker.js": `import { gradient } from "./gradient.js";
    gradient().then((value) => postMessage(value), (error) => setTimeout(() => { throw error; }));`,
  "main.js": `import { gradient } from "./gradient.js";
    const inWorker = () => new Promise((resolve, reject) => {
      const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error("worker: " + message));
    });
    globalThis.outcome = (async () => ({ page: await gradient(), worker: await inWorker(), isolated: crossOriginIsolated }))();`,
};
/** What an app has to set: Vite 7 gives workers a format that has no chunks, and any `import()` needs them. */
const WORKERS: Readonly<Record<Vite, string>> = { vite8: "", vite7: `worker: { format: "es" },` };
const HEADERS = `{ "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }`;

let folder = "";
let browser: Browser | undefined;
let expected: readonly number[];
const run = (command: string, args: readonly string[], cwd = folder): string =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 300_000 });

/** Packs the library without types, which the page has no use for and which take most of the time of a build. */
const packed = async (): Promise<string> => {
  const copy = join(folder, "fluxion");
  const sources = readdirSync(join(root, "lib"), { recursive: true, encoding: "utf8" }).filter((f) =>
    f.endsWith(".ts"),
  );
  const entryPoints = sources.map((file) => join(root, "lib", file));
  await build({ entryPoints, outdir: join(copy, "dist"), outbase: join(root, "lib"), format: "esm", target: "es2022" });
  copyFileSync(join(root, "package.json"), join(copy, "package.json"));
  const [{ filename }] = JSON.parse(run("npm", ["pack", "--json", copy])) as [{ filename: string }];
  rmSync(copy, { recursive: true });
  return filename;
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const viteOf = (vite: Vite): string => join(folder, "node_modules", vite, "bin/vite.js");

/** Runs `f` with the address of a server of Vite. */
const served = async <T>(vite: Vite, command: "dev" | "preview", f: (url: string) => Promise<T>): Promise<T> => {
  const port = await freePort();
  const args = [viteOf(vite), command, "--host", "127.0.0.1", "--port", String(port), "--strictPort"];
  const server: ChildProcess = spawn(process.execPath, args, { cwd: folder, stdio: "ignore" });
  const url = `http://127.0.0.1:${port}/`;
  try {
    for (let i = 0; i < 300 && !(await fetch(url).catch(() => undefined)); i++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    return await f(url);
  } finally {
    server.kill();
  }
};

interface Outcome {
  readonly page: readonly number[];
  readonly worker: readonly number[];
  readonly isolated: boolean;
}

/** The page and its worker start, agree with Node, and nobody complains or asks for a `.wasm`. */
const assertWorks = async (url: string, isolated: boolean): Promise<void> => {
  const { value, complaints, requests } = await (browser as Browser).visit<Outcome>(url, "globalThis.outcome");
  assert.equal(value, { page: expected, worker: expected, isolated });
  assert.equal(complaints, []);
  assert.ok(requests.length > 1);
  assert.equal(
    requests.filter((request) => request.includes(".wasm")),
    [],
  );
};

const gradientHere = async (): Promise<readonly number[]> => {
  const before = setRuntime(await runtimeOf({ backend: "wasm", executor: "tfjs" }));
  try {
    const f = (x: Tensor) => np.sum(np.tanh(np.matmul(x, np.exp(x))));
    const x = np.array([
      [0.1, 0.2],
      [0.3, 0.4],
    ]);
    return [...jit(grad(f))(x).dataSync()];
  } finally {
    setRuntime(before);
  }
};

if (missing !== undefined) {
  console.log(`package in a page: no Vite app is tried, since ${missing}`);
  Page.skip("the library works in a Vite app", () => undefined);
} else {
  Page.before(async () => {
    folder = mkdtempSync(join(tmpdir(), "fluxion-page-"));
    for (const [name, text] of Object.entries(APP)) writeFileSync(join(folder, name), text);
    const filename = await packed();
    const vites = Object.entries(VITES).map(([alias, version]) => `${alias}@npm:vite@${version}`);
    run("npm", ["install", "--prefer-offline", `./${filename}`, ...vites]);
    browser = openBrowser(chromium as string);
    expected = await gradientHere();
  });
  Page.after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const vite of Object.keys(VITES) as Vite[]) {
    const name = `Vite ${VITES[vite]}`;
    Page(`${name}: page and worker in development`, async () => {
      for (const left of ["node_modules/.vite", "vite.config.js"])
        rmSync(join(folder, left), { recursive: true, force: true });
      await served(vite, "dev", (url) => assertWorks(url, false));
    });
    Page(`${name}: page and worker, built, with and without cross-origin isolation`, async () => {
      const configure = (preview: string): void =>
        writeFileSync(join(folder, "vite.config.js"), `export default { ${WORKERS[vite]} ${preview} };`);
      configure("");
      run(process.execPath, [viteOf(vite), "build"]);
      await served(vite, "preview", (url) => assertWorks(url, false));
      configure(`preview: { headers: ${HEADERS} }`);
      await served(vite, "preview", (url) => assertWorks(url, true));
    });
  }
}

Page.run();

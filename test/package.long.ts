/** @file The packed library, as somebody who installs it meets it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const Package = suite("package");
const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, unknown>;
  devDependencies: Record<string, string>;
};
const subPaths = Object.keys(manifest.exports).filter((path) => path !== "./package.json" && path !== "./assets/*");
const specifier = (path: string): string => path.replace(/^\./, "fluxion");

let folder = "";
const run = (command: string, args: readonly string[], cwd = folder): string =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 300_000 });

Package.before(() => {
  folder = mkdtempSync(join(tmpdir(), "fluxion-package-"));
  run("npm", ["run", "build"], root);
  const [{ filename }] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", folder], root)) as [
    { filename: string },
  ];
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  writeFileSync(join(folder, ".npmrc"), "ignore-scripts=true\naudit=false\nfund=false\n");
  run("npm", ["install", `./${filename}`, `typescript@${manifest.devDependencies.typescript}`]);
});

Package.after(() => {
  rmSync(folder, { recursive: true, force: true });
});

Package("every sub-path is imported by plain Node", () => {
  const code = subPaths.map(
    (path) => `if (Object.keys(await import("${specifier(path)}")).length === 0) throw "${path}";`,
  );
  run("node", ["--input-type=module", "-e", code.join("\n")]);
});

Package("a program runs from the installed package, without tsx", () => {
  const code = `
    import { grad, init, jit, np } from "fluxion";
    await init();
    console.log(jit(grad((x) => np.multiply(x, x)))(3).item());`;
  assert.is(run("node", ["--input-type=module", "-e", code]).trim(), "6");
});

Package("files that come along are found by their names", () => {
  const code = `
    import { existsSync } from "node:fs";
    import { fileURLToPath } from "node:url";
    console.log(existsSync(fileURLToPath(import.meta.resolve("fluxion/assets/t5-nano/config.json"))));`;
  assert.is(run("node", ["--input-type=module", "-e", code]).trim(), "true");
});

Package("an operation before init says so", () => {
  const code = `
    import { np } from "fluxion";
    try { np.add(1, 2) } catch (e) { console.log(e._tag, e.message.includes("await init()")) }`;
  assert.is(run("node", ["--input-type=module", "-e", code]).trim(), "BackendError true");
});

Package("an example runs, copied out of the installed package", async () => {
  const source = readFileSync(join(folder, "node_modules/fluxion/examples/newton.ts"), "utf8");
  const { code } = await transform(source, { loader: "ts", format: "esm", target: "node20" });
  writeFileSync(join(folder, "newton.js"), code);
  assert.match(run("node", ["newton.js"]), /gradient after Newton's method: 0\.0+ /);
});

const QUICK = ["--steps", "4", "--evaluate-every", "2", "--max-evaluation-length", "40"];

Package("the main job runs, copied out of the installed package, and as a command", async () => {
  const source = readFileSync(join(folder, "node_modules/fluxion/examples/superglue.ts"), "utf8");
  const { code } = await transform(source, { loader: "ts", format: "esm", target: "node20" });
  writeFileSync(join(folder, "superglue.js"), code);
  const commands = [
    ["node", "superglue.js", "--out", "copied"],
    ["npx", "--no-install", "fluxion", "train", "--task", "rte", "--out", "trained"],
  ];
  for (const [command, ...args] of commands) {
    const out = args.at(-1) as string;
    const shown = run(command, [...args, ...QUICK]);
    // Without onnxruntime-node it says so, and how to get it.
    assert.match(shown, /executor {3}wasm\n.*npm install onnxruntime-node/);
    assert.match(shown, /│ tuned prompt[\s\S]*│ no prompt[\s\S]*│ majority class[\s\S]*steps done, 4 steps/);
    const { kind, steps } = JSON.parse(readFileSync(join(folder, out, "summary.json"), "utf8"));
    assert.equal([kind, steps], ["run", 4]);
  }
});

Package("the installed command runs", () => {
  assert.match(run("npx", ["--no-install", "fluxion", "--help"]), /generate[\s\S]*inspect[\s\S]*convert/);
  const model = "node_modules/fluxion/assets/t5-nano";
  const { total } = JSON.parse(run("npx", ["--no-install", "fluxion", "inspect", model, "--json"])) as {
    total: { parameters: number };
  };
  assert.is(total.parameters, 2_378_112);
});

const STRICT = {
  strict: true,
  module: "NodeNext",
  target: "ES2022",
  lib: ["ES2022"],
  noEmit: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
};

/** What tsc says of a program in the user's folder; nothing where it compiles. */
const typeErrors = (file: string, source: string, options: object): string => {
  writeFileSync(join(folder, file), source);
  const config = { compilerOptions: { ...STRICT, ...options }, files: [file] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  try {
    return run("npx", ["tsc", "-p", "."]);
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
};

/** Every `.d.ts` that a program gets to see, however it imports the package. */
const declarations = (): string[] => {
  const dist = join(folder, "node_modules/fluxion/dist");
  const all = readdirSync(dist, { recursive: true, encoding: "utf8" });
  return all.filter((name) => name.endsWith(".d.ts")).map((name) => join(dist, name));
};

Package("no declaration refers to TensorFlow.js, whose types need the DOM library", () => {
  const found = declarations();
  assert.ok(found.length > 100);
  const ofTfjs = /(from|import\(|types=|path=)\s*\(?["'](@tensorflow|@webgpu)/;
  assert.equal(
    found.filter((path) => ofTfjs.test(readFileSync(path, "utf8"))),
    [],
  );
});

const IMPORTS = subPaths.map((path, i) => `import * as m${i} from "${specifier(path)}";`).join("\n");
const USE = `${IMPORTS}
import { grad, jit, np, type Tensor } from "fluxion";
export const f = (p: { w: Tensor; b: Tensor }): Tensor => np.sum(np.add(p.w, p.b));
export const g: { readonly w: Tensor; readonly b: Tensor } = grad(f)({ w: np.zeros([2]), b: np.ones([2]) });
export const all = [${subPaths.map((_, i) => `m${i}`).join(", ")}];
{ using step = jit(f); step(g); }`;

Package("the types stand on their own, without the DOM library and without skipLibCheck", () => {
  assert.is(typeErrors("use.ts", USE, { types: [] }), "");
  assert.is(typeErrors("use.ts", USE, { types: [], noUncheckedIndexedAccess: true }), "");
  assert.is(typeErrors("use.ts", USE, { types: [], lib: ["ES2023", "ESNext.Disposable", "DOM"] }), "");
});

Package("programs ported from JAX compile, also where every index may miss", () => {
  for (const name of ["ported-models.ts", "ported-loops.ts"]) {
    const source = readFileSync(join(root, "test/types", name), "utf8");
    assert.is(typeErrors(name, source, { types: [], noUncheckedIndexedAccess: true }), "");
  }
});

Package("a browser bundle of the main entry holds no import of Node", async () => {
  const entry = join(folder, "entry.mjs");
  writeFileSync(entry, `export * from "fluxion";`);
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    metafile: true,
    logLevel: "silent",
    outdir: folder,
    splitting: true,
  });
  const imports = Object.values(result.metafile.outputs).flatMap((o) => o.imports.map((i) => i.path));
  assert.equal(
    imports.filter((path) => path.startsWith("node:")),
    [],
  );
  assert.not.ok(result.outputFiles.some((file) => /from\s*"node:|import\("node:/.test(file.text)));
});

Package("the main entry installs methods on tensors, and no sub-path does", async () => {
  const filesOf = async (path: string): Promise<string[]> => {
    const stdin = { contents: `import * as m from "${specifier(path)}"; console.log(m);`, resolveDir: folder };
    const options = { bundle: true, write: false, format: "esm", platform: "node", packages: "bundle" } as const;
    const external = ["@tensorflow/*", "onnxruntime-node"];
    const { metafile } = await build({ stdin, ...options, external, metafile: true, logLevel: "silent" });
    return Object.values(metafile.outputs).flatMap(({ inputs }) =>
      Object.keys(inputs).filter((file) => file.endsWith("tensor-methods.js")),
    );
  };
  for (const path of subPaths) assert.is((await filesOf(path)).length, path === "." ? 1 : 0, path);
  const code = `import { init, np } from "fluxion"; await init(); console.log(np.ones([2, 3]).mul(2).sum({ axis: 0 }))`;
  assert.is(run("node", ["--input-type=module", "-e", code]).trim(), "Tensor([4., 4., 4.], shape=[3], dtype=float32)");
});

Package("two copies in one process are told apart", () => {
  const code = `
    import { cpSync } from "node:fs";
    cpSync("node_modules/fluxion", "node_modules/fluxion-copy", { recursive: true });
    const one = await import("fluxion");
    const two = await import("./node_modules/fluxion-copy/dist/index.js");
    await one.init();
    try { await two.init(); console.log("no error") } catch (e) { console.log(e._tag) }
    try { two.np.add(one.np.ones([2]), 1); console.log("no error") } catch (e) { console.log(e.message.includes("another copy")) }`;
  writeFileSync(join(folder, "copies.mjs"), code);
  assert.equal(run("node", ["copies.mjs"]).trim().split("\n"), ["BackendError", "true"]);
});

Package.run();

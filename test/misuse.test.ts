/** Calls with arguments of other kinds end in typed errors that show the signature; errors of the user's own functions go through. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../lib/core/errors.js";
import * as data from "../lib/data/index.js";
import * as fluxion from "../lib/index.js";
import * as io from "../lib/io/index.js";
import * as lab from "../lib/lab/index.js";
import * as metrics from "../lib/metrics/index.js";
import * as store from "../lib/store/index.js";
import * as tasks from "../lib/tasks/index.js";
import * as tokenizer from "../lib/tokenizer/index.js";
import * as train from "../lib/train/index.js";
import * as viz from "../lib/viz/index.js";

const Misuse = suite("misuse");
type Loose = Record<string, (...args: unknown[]) => unknown>;
const { init, lax, methods, nn, np, ops, optim, prompt, random, scipy, t5, tree } = fluxion;
// Some of the calls write files, where they can.
const [before, folder] = [process.cwd(), mkdtempSync(join(tmpdir(), "fluxion-misuse-"))];
Misuse.before(async () => {
  process.chdir(folder);
  await init({ backend: "reference" });
});
Misuse.after(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

/** Every entry point whose functions can be called without a terminal, by the prefix of the names that its messages have. */
const ENTRIES: Readonly<Record<string, object>> = {
  fluxion,
  np,
  "np.linalg": np.linalg,
  lax,
  "lax.linalg": lax.linalg,
  nn,
  "nn.initializers": nn.initializers,
  optim,
  random,
  ops,
  tree,
  t5,
  prompt,
  methods,
  "scipy.linalg": scipy.linalg,
  "scipy.special": scipy.special,
  data,
  io,
  lab,
  metrics,
  store,
  tasks,
  tokenizer,
  train,
  viz,
};
/** Starts a backend, as the tests need it. */
const SKIPPED = new Set(["fluxion.init"]);
/** What takes any number of arguments, so that none is too many. */
const VARIADIC = new Set(
  "fluxion.cond fluxion.switchCase fluxion.closureConvert fluxion.linearize fluxion.linearTranspose fluxion.vjp np.at np.broadcastArrays np.broadcastShapes np.einsum np.einsumPath np.get np.ix np.mgrid np.ogrid np.resultType lax.broadcastShapes scipy.linalg.blockDiag nn.combineMasks nn.sequential optim.chain tree.map tree.merge".split(
    " ",
  ),
);
const isClass = (f: unknown): boolean => /^class /.test(Function.prototype.toString.call(f));

/** The functions of all entries; those of an entry that another one has too only once. */
const functions = (): (readonly [name: string, f: Loose[string]])[] => {
  const seen = new Set<unknown>();
  return Object.entries(ENTRIES).flatMap(([entry, members]) =>
    Object.entries(members as Loose).flatMap(([name, f]) => {
      if (typeof f !== "function" || isClass(f) || seen.has(f) || SKIPPED.has(`${entry}.${name}`)) return [];
      seen.add(f);
      return [[`${entry}.${name}`, f] as const];
    }),
  );
};

type Ending = "a typed error" | "a value" | `an error of JavaScript: ${string}`;
const endOf = (error: unknown): Ending =>
  isFluxionError(error) && error._tag !== "InvariantError"
    ? "a typed error"
    : `an error of JavaScript: ${String(error).split("\n")[0]}`;
/** How a call ends, also one whose promise or Either has the error. */
const ending = async (name: string, f: Loose[string], args: readonly unknown[]): Promise<Ending> => {
  try {
    const made = f(...args);
    const result = await (name.endsWith("TE") && typeof made === "function" ? made() : made);
    const { _tag, left, close } = (result ?? {}) as { _tag?: unknown; left?: unknown; close?: unknown };
    if (typeof close === "function") await close.call(result);
    return _tag === "Left" ? endOf(left) : "a value";
  } catch (error) {
    return endOf(error);
  }
};

Misuse(
  "every public function refuses what is missing, of another kind or in another order by a typed error",
  async () => {
    const x = np.array([
      [1, 2],
      [3, 4],
    ]);
    const wrong = [undefined, null, 3, "x", { a: 1 }, [1, 2], true, () => 1];
    const lists = [[], ...wrong.map((v) => [v]), ...wrong.map((v) => [x, v]), ...wrong.map((v) => [v, x]), [x, x]];
    const [problems, all] = [[] as string[], functions()];
    for (const [name, f] of all) {
      for (const args of lists) {
        const end = await ending(name, f, args);
        if (end.startsWith("an error")) problems.push(`${name}(${args.map(String).join(", ")}): ${end}`);
      }
    }
    assert.ok(all.length > 950, `${all.length} functions`);
    assert.equal(problems, []);
  },
);

Misuse("every public function refuses one argument too many", async () => {
  const problems: string[] = [];
  for (const [name, f] of functions()) {
    if (VARIADIC.has(name)) continue;
    const end = await ending(name, f, Array.from({ length: 20 }));
    if (end !== "a typed error") problems.push(`${name}: ${end}`);
  }
  assert.equal(problems, []);
});

Misuse("functions that functions give refuse what is missing or of another kind", async () => {
  const sizes = { dModel: 8, dKv: 4, numHeads: 2, dFf: 16, numLayers: 1, numDecoderLayers: 1, vocabSize: 32 };
  const config = { ...Object.values(t5.configs)[0], ...sizes };
  const frozen = t5.init(config, random.key(0));
  const [method, tx] = [methods.prompt({ length: 2 }), optim.adam(1e-3)];
  const given = {
    "t5.generate": t5.generate(config, { maxLength: 4 }),
    "t5.rank": t5.rank(config),
    "t5.score": t5.score(config),
    "t5.loss": t5.loss(config),
    "t5.promptLoss": t5.promptLoss(config),
    methodLoss: methods.methodLoss(config, method),
    makeTrainStep: train.makeTrainStep(config, method, tx),
    makeJointStep: train.makeJointStep(config, method, tx),
    "nn.initializers.normal": nn.initializers.normal(1),
    "nn.initializers.glorotUniform": nn.initializers.glorotUniform(),
    "nn.dense.init": nn.dense(2, 3).init,
    "nn.dense.apply": nn.dense(2, 3).apply,
    schedule: optim.warmup(3, 0.1),
    macroF1: metrics.macroF1(3),
    firstOfGroup: metrics.firstOfGroup(metrics.accuracy),
    meanOverGroups: metrics.meanOverGroups(metrics.accuracy),
    aucPr: metrics.aucPr(),
  } as unknown as Loose;
  const wrong = [undefined, null, "x", () => 1, [[1, 2]]];
  const problems: string[] = [];
  for (const [name, f] of Object.entries(given)) {
    for (const args of [[], ...wrong.map((v) => [v]), ...wrong.map((v) => [frozen, v])]) {
      const end = await ending(name, f, args);
      if (end.startsWith("an error")) problems.push(`${name}(${args.map(String).join(", ")}): ${end}`);
    }
  }
  assert.equal(problems, []);
});

const messageOf = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    if (isFluxionError(error)) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
};

Misuse("messages say which argument is wrong, what is expected and where it comes from", () => {
  const [jnp, jlax, jrandom] = [np, lax, random] as unknown as Loose[];
  const x = np.ones([2, 2]);
  assert.is(
    messageOf(() => jrandom.normal()),
    [
      "random.normal: key is missing",
      "  expected  random.normal(key, shape, { dtype })",
      "  got       nothing",
      "  hint      random.key(0) makes one",
    ].join("\n"),
  );
  assert.match(
    messageOf(() => jlax.add(x, 3)),
    /^lax\.add: y is not a tensor\n {2}expected {2}lax\.add\(x, y\)\n {2}got .*f32\[2,2\], 3\n {2}hint/,
  );
  assert.match(
    messageOf(() => jnp.flip(x, "x")),
    /^np\.flip: axis is not the number of an axis, or a list of them\n {2}expected {2}np\.flip\(x, axis\)/,
  );
  assert.match(
    messageOf(() => jnp.split(x)),
    /^np\.split: .* is missing/,
  );
});

Misuse("the cause of an error is kept", () => {
  try {
    (np as unknown as Loose).pad(np.ones([2]), "1");
  } catch (error) {
    assert.instance((error as Error).cause, TypeError);
    return;
  }
  assert.unreachable();
});

Misuse("errors of the user's functions go through as they are", () => {
  const thrown = new TypeError("the user's own");
  const fail = (): never => {
    throw thrown;
  };
  const x = np.ones([2]);
  const [jnp, jfluxion] = [np, fluxion] as unknown as Loose[];
  const calls: (() => unknown)[] = [
    () => (jfluxion.grad(fail) as Loose[string])(x),
    () => (jfluxion.vmap(fail) as Loose[string])(x),
    () => jfluxion.scan(fail, x, x),
    () => jfluxion.cond(true, fail, fail, x),
    () => jfluxion.whileLoop(fail, fail, x),
    () => jfluxion.foriLoop(0, 2, fail, x),
    () => jfluxion.switchCase(0, [fail], x),
    () => jfluxion.scope(fail),
    () => (jnp.vectorize(fail) as Loose[string])(x),
    () => jnp.applyAlongAxis(fail, 0, x),
    () => jnp.applyOverAxes(fail, x, [0]),
    () => jnp.fromfunction(fail, [2]),
    () => jnp.piecewise(x, [np.greater(x, 0)], [fail]),
    () => tree.map(fail, { x }),
    () => tree.reduce(fail, { x }, 0),
    () => nn.sequential(fail).apply([{}], x),
    () => optim.warmup(3, fail)(np.scalar(1, "int32")),
    () => optim.sgd(fail).update({ x }, optim.sgd(fail).init({ x })),
    () => optim.multiTransform({ a: optim.sgd(1) }, fail).init({ x }),
  ];
  for (const call of calls) {
    try {
      call();
      assert.unreachable(String(call));
    } catch (error) {
      assert.is(error, thrown, String(call));
    }
  }
});

Misuse("loaders and savers refuse what is not a path", async () => {
  const loose = io as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const names = Object.keys(io).filter((name) => /^(?:load|save|openS|checkpointKind)[A-Za-z0-9]*(?<!TE)$/.test(name));
  assert.ok(names.length > 12, names.join(" "));
  for (const name of names) {
    for (const args of [[], [3], [{}, {}]]) {
      const error: unknown = await loose[name](...args).then(
        () => "nothing",
        (reason: unknown) => reason,
      );
      assert.ok(isFluxionError(error, "ArgumentError"), `${name}(${args.length}): ${String(error)}`);
      assert.match(error.message, new RegExp(`^${name}: [\\s\\S]*expected {2}${name}\\(`));
    }
  }
});

Misuse.run();

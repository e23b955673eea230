/** Calls with arguments of other kinds end in typed errors that show the signature; errors of the user's own functions go through. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../lib/core/errors.js";
import * as fluxion from "../lib/index.js";
import * as io from "../lib/io/index.js";

const Misuse = suite("misuse");
type Loose = Record<string, (...args: unknown[]) => unknown>;
const { init, lax, nn, np, ops, optim, prompt, random, scipy, t5, tree } = fluxion;
Misuse.before(() => init({ backend: "reference" }));

/** What is for those who extend the library, or has nothing to check. */
const SKIPPED = new Set(["bind", "checkJaxpr", "evalJaxpr", "composite", "init", "stats", "crossEntropyLoss"]);
const isClass = (f: unknown): boolean => /^class /.test(Function.prototype.toString.call(f));
const rooms = (): Record<string, Loose> =>
  ({
    "": fluxion,
    np,
    "np.linalg": np.linalg,
    lax,
    "lax.linalg": lax.linalg,
    nn,
    optim,
    random,
    ops,
    tree,
    t5,
    prompt,
    "scipy.linalg": scipy.linalg,
    "scipy.special": scipy.special,
  }) as unknown as Record<string, Loose>;

/** The error that a call ends in, if it is none of the library's. */
const untyped = (f: Loose[string], args: readonly unknown[]): string | undefined => {
  try {
    const result = f(...args);
    if (result instanceof Promise) result.catch(() => undefined);
  } catch (error) {
    if (!isFluxionError(error) || error._tag === "InvariantError") return String(error).split("\n")[0];
  }
  return undefined;
};

Misuse("every public function refuses what is missing, of another kind or in another order by a typed error", () => {
  const x = np.array([
    [1, 2],
    [3, 4],
  ]);
  const wrong = [undefined, null, 3, "x", { a: 1 }, [1, 2], true];
  const lists = [[], ...wrong.map((v) => [v]), ...wrong.map((v) => [x, v]), ...wrong.map((v) => [v, x]), [x, x]];
  const problems: string[] = [];
  let called = 0;
  for (const [room, functions] of Object.entries(rooms())) {
    for (const [name, f] of Object.entries(functions)) {
      if (typeof f !== "function" || isClass(f) || SKIPPED.has(name)) continue;
      called++;
      const error = lists.map((args) => untyped(f, args)).find((text) => text !== undefined);
      if (error !== undefined) problems.push(`${room}.${name}: ${error}`);
    }
  }
  assert.ok(called > 700, `${called} functions`);
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
    /^np\.flip: axis is not an axis, or a list of them\n {2}expected {2}np\.flip\(x, axis\)/,
  );
  assert.match(
    messageOf(() => jnp.split(x)),
    /^np\.split: .* is missing/,
  );
});

Misuse("the cause of an error is kept", () => {
  try {
    (np as unknown as Loose).hstack(3);
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

/** @file debug.print and debug.callback against what JAX prints, on every executor, and what they refuse. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { effectsBarrier } from "../../lib/compile/effects.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as debug from "../../lib/debug/index.js";
import * as lax from "../../lib/lax/index.js";
import * as np from "../../lib/np/index.js";
import { checkpoint } from "../../lib/transforms/checkpoint.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { makeJaxpr } from "../../lib/transforms/make-jaxpr.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { f32, i32, numbers, on, onReference, startedRuntimes } from "../helpers/runtime.js";
import { failing } from "../transforms/setup.js";

const Print = suite("debug/print");

const { cases } = JSON.parse(readFileSync(new URL("../golden/data/debug-print.json", import.meta.url), "utf8")) as {
  readonly cases: Readonly<Record<string, readonly string[]>>;
};

/** The lines that `run` prints. */
const printed = (run: () => unknown): string[] => {
  const [lines, log] = [[] as string[], console.log];
  console.log = (line: string) => void lines.push(...line.split("\n"));
  try {
    run();
    return lines;
  } finally {
    console.log = log;
  }
};

const X = (): Tensor => f32([1, 2, 3]);
const f = (x: Tensor): Tensor => {
  debug.print("x = {}", x);
  const y = np.multiply(np.sin(x), x);
  debug.print("y = {y:.3f}, again {x:.1f}", { y, x });
  return y;
};
const turn = (c: Tensor, x: Tensor): [Tensor, Tensor] => {
  debug.print("c = {} x = {}", c, x);
  return [np.add(c, x), np.multiply(c, x)];
};
const said = (format: string, y: Tensor): Tensor => {
  debug.print(format, y);
  return y;
};
const chosen = (x: Tensor): Tensor =>
  lax.cond(
    np.greater(x, 1.5),
    (y: Tensor) => said("large {}", y),
    (y: Tensor) => np.negative(said("small {}", y)),
    x,
  );
const halved = (x: Tensor): Tensor =>
  lax.whileLoop(
    (c: Tensor) => np.greater(c, 1),
    (c: Tensor) => np.divide(said("c = {}", c), 2),
    x,
  );
const unread = (x: Tensor): Tensor => {
  debug.print("first {}", x);
  debug.print("first {}", x);
  return np.multiply(x, 0);
};
const scanned = (x: Tensor): [Tensor, Tensor] => lax.scan(turn, f32(0), x);

const MADE: Readonly<Record<string, () => unknown>> = {
  eager: () => f(f32(2)),
  array: () => debug.print("a {} {}", X(), i32([0, 1, 2])),
  jit: () => [2, 3].map((a) => jit(f)(f32(a))),
  vmap: () => vmap(f)(X()),
  "vmap of what is the same for all": () => vmap((x: Tensor) => np.add(x, said("n {}", f32(7))))(X()),
  "jit of vmap": () => jit(vmap(f))(X()),
  grad: () => grad(f)(f32(2)),
  jvp: () => jvp(f, [f32(2)], [f32(1)]),
  "jit of grad of jit": () => jit(grad(jit(f)))(f32(2)),
  "second derivative": () => grad(grad(f))(f32(2)),
  scan: () => scanned(X()),
  "jit of scan": () => jit(scanned)(X()),
  "grad of scan": () => grad((x: Tensor) => np.sum(lax.scan(turn, f32(1), x)[1]))(X()),
  cond: () => [1, 2].map((a) => chosen(f32(a))),
  "jit of cond": () => [1, 2].map((a) => jit(chosen)(f32(a))),
  "grad of cond": () => grad(chosen)(f32(2)),
  while: () => halved(f32(4)),
  "jit of while": () => jit(halved)(f32(4)),
  unread: () => jit(unread)(f32(2)),
};
const started = await startedRuntimes();
const everywhere = (run: () => void): void => {
  for (const runtime of started) on(runtime, run);
};

for (const [name, make] of Object.entries(MADE)) {
  Print(`as JAX, on every executor: ${name}`, () =>
    everywhere(() => {
      const lines = printed(make);
      // Examples come one after the other for each call here; JAX leaves their order open.
      if (name.includes("vmap")) assert.equal(lines.sort(), [...cases[name]].sort());
      else assert.equal(lines, cases[name]);
    }),
  );
}

Print("every golden case is tested", () => assert.equal(Object.keys(cases).sort(), Object.keys(MADE).sort()));

Print("calls keep the order of the program, also where values of the first take longer", () =>
  everywhere(() => {
    const g = jit((x: Tensor) => {
      // Computed by the host, where there is no native operation.
      debug.print("late {}", np.linalg.det(np.outer(x, x)));
      debug.print("early {}", np.sum(x));
      return np.exp(x);
    });
    assert.equal(
      printed(() => g(f32([1, 2]))),
      ["late 0.0", "early 3.0"],
    );
  }),
);

Print("callbacks get trees with values, texts and numbers as they are, and may keep and use them", () =>
  everywhere(() => {
    const kept: unknown[] = [];
    const note = (tree: { a: Tensor }, name: string, n: number): void => {
      kept.push([numbers(tree.a), name, n, np.sum(tree.a)]);
    };
    const g = jit((x: Tensor) => {
      debug.callback(note, { a: np.multiply(x, 2) }, "twice", 3);
      return x;
    });
    vmap(g)(f32([1, 2, 3, 4], [2, 2]));
    g(f32([5, 6]));
    const texts = kept.map((entry) =>
      (entry as unknown[]).map((x) => (typeof x === "object" && !Array.isArray(x) ? (x as Tensor).item() : x)),
    );
    assert.equal(texts, [
      [[2, 4], "twice", 3, 6],
      [[6, 8], "twice", 3, 14],
      [[10, 12], "twice", 3, 22],
    ]);
  }),
);

Print("nested examples come row by row", () =>
  onReference(() => {
    const seen: number[] = [];
    const look = (x: Tensor): Tensor => {
      debug.callback((y: Tensor) => void seen.push(y.item()), x);
      return x;
    };
    vmap(vmap(look), { inAxes: 1 })(f32([1, 2, 3, 4], [2, 2]));
    assert.equal(seen, [1, 3, 2, 4]);
  }),
);

Print("a checkpoint prints once, also where a loop is computed again", () =>
  everywhere(() => {
    const g = (x: Tensor): Tensor => np.sum(np.sin(scanned(np.sin(x))[1]));
    const once = printed(() => jit(g)(X()));
    assert.is(once.length, 3);
    assert.equal(
      printed(() => jit(grad(checkpoint(g)))(X())),
      once,
    );
    assert.equal(printed(() => grad(checkpoint((x: Tensor) => np.sin(f(np.sin(x)))))(f32(2))).length, 2);
  }),
);

Print("effects in loops are not moved out of them, nor computed ahead", () =>
  everywhere(() => {
    const g = jit((x: Tensor) =>
      lax.foriLoop(
        0,
        3,
        (_i: Tensor, c: Tensor) => {
          debug.print("x {}", x);
          debug.print("constant {}", np.multiply(f32(2), 3));
          return np.add(c, 1);
        },
        f32(0),
      ),
    );
    const lines = ["x 5.0", "constant 6.0", "x 5.0", "constant 6.0", "x 5.0", "constant 6.0"];
    assert.equal(
      printed(() => [g(f32(5))]),
      lines,
    );
    assert.equal(
      printed(() => grad((x: Tensor) => np.sum(g(x)))(f32(5))),
      lines,
    );
  }),
);

Print("what a callback throws goes through the program", () =>
  everywhere(() => {
    const mine = new RangeError("mine");
    const g = jit((xs: Tensor) =>
      lax.map((x: Tensor) => {
        debug.callback(() => {
          throw mine;
        }, x);
        return x;
      }, xs),
    );
    for (const run of [
      g,
      (x: Tensor) =>
        debug.callback(() => {
          throw mine;
        }, x),
    ]) {
      try {
        run(X());
        assert.unreachable();
      } catch (error) {
        assert.is(error, mine);
      }
    }
  }),
);

Print("a jaxpr shows it, and waiting is over at once where nothing is asynchronous", async () => {
  onReference(() => assert.match(String(makeJaxpr(f)(2)), /debug_callback/));
  await effectsBarrier();
});

Print("places and values must match", () => {
  const refused = (words: RegExp, ...args: Parameters<typeof debug.print>): void =>
    void assert.throws(() => debug.print(...args), failing("ArgumentError", words));
  refused(/no value for \{1\}/, "{} {}", 1);
  refused(/no value for \{y\}/, "{y}", 1);
  refused(/value 1 is not printed/, "{}", 1, 2);
  refused(/value b is not printed/, "{a}", { a: 1, b: 2 });
  refused(/not a place/, "{");
  refused(/form is not known/, "{:>3}", 1);
  onReference(() => refused(/not a number/, "{:.2f}", X()));
});

Print("values of all kinds stand in places by order, number and name", () =>
  onReference(() => {
    const one = (...args: Parameters<typeof debug.print>): string => printed(() => debug.print(...args))[0];
    assert.is(
      one("{} {a:6.2f}|{a:d} {{}} {t}", "text", { a: 3, t: { k: [1, true] } }),
      "text   3.00|3 {} { k: [1, true] }",
    );
    assert.is(one("{1} {0} {1:.1e}", f32([1.5, -2]), f32(250)), "250.0 [ 1.5 -2. ] 2.5e+2");
    assert.is(one("{}", [f32(2), { b: i32([1, 2]) }]), "[2.0, { b: [1 2] }]");
  }),
);

Print.run();

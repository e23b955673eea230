/** @file What one row of the conformance suite checks. */
import * as assert from "uvu/assert";
import type { Executor } from "../../lib/compile/executor.js";
import { type ExecutorRuntime, runtimeOn } from "../../lib/compile/runtime.js";
import { Aval, isFloat, range, sizeOf } from "../../lib/core/aval.js";
import { scope } from "../../lib/core/composite.js";
import { avalOfHost, type HostArray } from "../../lib/core/host.js";
import type { AnyPrimitive } from "../../lib/core/primitive.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { bind } from "../../lib/core/trace.js";
import { vjp } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { vmap } from "../../lib/transforms/vmap.js";
import {
  allclose,
  asDouble,
  centralDifference,
  host,
  hostOf,
  inner,
  noLeaks,
  on,
  onDevice,
  onReference,
  stacked,
  taken,
} from "../helpers/runtime.js";
import { seeded } from "../helpers/seeded.js";
import { another, type Row } from "./row.js";

/** The avals that the rule predicts are those of what `impl` makes. */
export const predicts = (prim: AnyPrimitive, { args, params }: Row): void => {
  const predicted = prim.abstractEval(args.map(avalOfHost), params);
  const made = prim.impl(args, params).map(avalOfHost);
  assert.equal(made.map(String), predicted.map(String), "aval made by impl = predicted");
};

/** Operations of onnxruntime 1.30 that give a zero of either sign (docs/backends.md); compiled programs have them. */
const EITHER_ZERO: Readonly<Record<string, readonly string[]>> = {
  onnx: ["max", "min", "reduce_max", "reduce_min", "select"],
};

/** A zero of the other sign is another number: 1/x, atan2 and sign see it. */
export const sameZeros = (got: HostArray, want: HostArray, what: string): void => {
  want.data.forEach((v: number, i: number) => {
    if (v === 0 && got.data[i] === 0 && !Object.is(v, got.data[i])) {
      assert.unreachable(`${what}: element ${i} is ${Object.is(v, 0) ? "-0, expected 0" : "0, expected -0"}`);
    }
  });
};

/**
 * What an executor computes, eagerly and compiled, is what `impl` says, and nothing stays on its device. A result that is subnormal
 * in float32 may be flushed to zero (it lies within the tolerance); no executor here does so.
 */
export const computes = (prim: AnyPrimitive, { args, params }: Row, runtime: ExecutorRuntime): void =>
  on(runtime, () => {
    const wanted = prim.impl(args, params);
    noLeaks(() => {
      const xs = args.map(onDevice);
      const predicted = prim.abstractEval(args.map(avalOfHost), params);
      using compiled = jit((...ys: Tensor[]) => bind(prim, ys, params));
      for (const [mode, outs] of [
        ["eager", bind(prim, xs, params)],
        ["jit", compiled(...xs)],
      ] as const) {
        const made = outs.map((y) => String(y.aval));
        assert.equal(made, predicted.map(String), `${runtime.name}, ${mode}: aval made = predicted`);
        taken(outs).forEach((y, k) => {
          allclose(y, wanted[k], `${runtime.name}, ${mode}, output ${k}`);
          if (EITHER_ZERO[runtime.name]?.includes(prim.name) === true) return;
          sameZeros(y, wanted[k], `${runtime.name}, ${mode}, output ${k}`);
        });
      }
      for (const x of xs) x.dispose();
    }, runtime.name);
  });

/** Every axis of each input alone, all inputs together at the first and at the last axis, and all choices at the first. */
export const batchings = (args: readonly HostArray[]): (number | null)[][] => {
  const out = new Map<string, (number | null)[]>();
  const put = (axes: (number | null)[]): void => {
    if (axes.some((a) => a !== null)) out.set(JSON.stringify(axes), axes);
  };
  args.forEach((x, i) => {
    for (const axis of range(x.shape.length + 1)) put(args.map((_, j) => (j === i ? axis : null)));
  });
  put(args.map((x) => x.shape.length));
  // With many inputs (a slice has one a dimension) all choices would be too many; each alone and all together are there.
  if (args.length <= 4) {
    for (const choice of range(2 ** args.length)) put(args.map((_, i) => ((choice >> i) & 1 ? 0 : null)));
  } else put(args.map(() => 0));
  return [...out.values()];
};

/** `vmap` over every axis of every input equals a loop. */
export const batches = (prim: AnyPrimitive, { args, params }: Row, runtime: ExecutorRuntime): void =>
  on(runtime, () => {
    const examples = [args, args.map(another)];
    for (const inAxes of batchings(args)) {
      const what = `vmap over (${inAxes.map(String).join(", ")}) on ${runtime.name}`;
      const loop = examples.map((example) =>
        prim.impl(
          example.map((x, i) => (inAxes[i] === null ? args[i] : x)),
          params,
        ),
      );
      const outs = noLeaks(() => {
        const xs = args.map((x, i) => {
          const axis = inAxes[i];
          return onDevice(axis === null ? x : stacked([x, examples[1][i]], axis));
        });
        const mapped = vmap((...ys: Tensor[]) => bind(prim, ys, params), { inAxes } as object);
        const made = taken(mapped(...xs));
        for (const x of xs) x.dispose();
        return made;
      }, what);
      outs.forEach((y, k) => {
        const want = loop.map((outs) => outs[k]);
        allclose(y, stacked(want, 0), `${what}, output ${k}`);
      });
    }
  });

/** Derivatives of first and second order are central differences; `<ct, J v> = <J^T ct, v>`. All in float64. */
export const differentiates = (prim: AnyPrimitive, { args, params, wrt }: Row): void => {
  const rng = seeded(7);
  const random = (shape: readonly number[]): HostArray =>
    host(
      "float64",
      shape,
      Array.from({ length: sizeOf(shape) }, () => rng.between(-1, 1)),
    );
  const all = args.map(asDouble);
  const places = (wrt ?? range(args.length)).filter((i) => isFloat(args[i].dtype));
  const wide = { ...params } as Record<string, unknown>;
  if (wide.dtype === "float32") wide.dtype = "float64";
  const apply = (xs: readonly Tensor[]): Tensor[] => {
    const inputs = all.map((x, i) => (places.includes(i) ? xs[places.indexOf(i)] : onDevice(x)));
    return bind(prim, inputs, wide).filter((y) => isFloat(y.dtype));
  };
  const x = places.map((i) => all[i]);
  const [v, w] = [0, 1].map(() => x.map(({ shape }) => random(shape)));
  const closeTo = { abs: 1e-7, rel: 1e-7 };

  onReference(() => {
    const push = (at: readonly HostArray[], along: readonly HostArray[]): HostArray[] =>
      scope(() => jvp((...xs: Tensor[]) => apply(xs), at.map(onDevice), along.map(onDevice))[1].map(hostOf));
    const value = (at: readonly HostArray[]): HostArray[] => scope(() => apply(at.map(onDevice)).map(hostOf));
    const tangents = push(x, v);
    if (tangents.length === 0) return;

    centralDifference(value, x, v).forEach((d, k) => {
      allclose(tangents[k], d, `jvp against differences, output ${k}`, closeTo);
    });
    const second = scope(() => {
      const first = (...xs: Tensor[]): Tensor[] => jvp((...ys: Tensor[]) => apply(ys), xs, v.map(onDevice))[1];
      return jvp(first, x.map(onDevice), w.map(onDevice))[1].map(hostOf);
    });
    centralDifference((at) => push(at, v), x, w).forEach((d, k) => {
      allclose(second[k], d, `jvp of jvp against differences, output ${k}`, closeTo);
    });
    const pulled = (ct: readonly HostArray[]): HostArray[] =>
      scope(() => {
        const [, pull] = vjp((...xs: Tensor[]) => apply(xs), ...x.map(onDevice));
        const cts = pull(ct.map(onDevice) as Tensor[]).map(hostOf);
        pull.dispose();
        return cts;
      });
    // Every output alone as well as all together, so that no symbolic zero is without a test.
    const choices = [range(tangents.length), ...(tangents.length > 1 ? range(tangents.length).map((k) => [k]) : [])];
    for (const chosen of choices) {
      const ct = tangents.map(({ shape }, k) => (chosen.includes(k) ? random(shape) : host("float64", shape, 0)));
      const [left, right] = [inner(ct, tangents), inner(pulled(ct), v)];
      assert.ok(Math.abs(left - right) <= 1e-10 * (1 + Math.abs(left)), `<ct, J v> = ${left}, <J^T ct, v> = ${right}`);
    }
  });
};

/** A row in messages. */
export const describe = ({ prim, args, params }: Row): string =>
  `${prim} ${args.map((x) => new Aval(x.shape, x.dtype)).join(" ")} ${JSON.stringify(params)}`;

/** Only the reference executor has float64. */
export const usesDoubles = ({ args, params }: Row): boolean =>
  args.some((x) => x.dtype === "float64") || ("dtype" in params && params.dtype === "float64");

/** Runs checks of a row; a failure says which row. */
const naming = (row: Row, run: () => void): void => {
  try {
    run();
  } catch (e) {
    if (e instanceof Error) e.message = `${describe(row)}: ${e.message}`;
    throw e;
  }
};

/** All checks of a row. */
export const conforms = (prim: AnyPrimitive, row: Row, runtimes: readonly ExecutorRuntime[]): void =>
  naming(row, () => {
    predicts(prim, row);
    for (const runtime of runtimes) {
      if (runtime.executor.name !== "reference" && usesDoubles(row)) continue;
      computes(prim, row, runtime);
      batches(prim, row, runtime);
    }
    if (row.noDerivative === undefined) differentiates(prim, row);
  });

/** A row means the same on a runtime without float64; those with float64 are left out. */
export const meansTheSame = (prim: AnyPrimitive, row: Row, runtime: ExecutorRuntime): void => {
  if (usesDoubles(row)) return;
  naming(row, () => {
    computes(prim, row, runtime);
    batches(prim, row, runtime);
  });
};

/** The runtime of an executor that computes one primitive wrongly: shows that the suite would notice. */
export const sabotaged = (executor: Executor, name: string): ExecutorRuntime =>
  runtimeOn({
    ...executor,
    kernel: (prim, params, inAvals, outAvals) => {
      const kernel = executor.kernel(prim, params, inAvals, outAvals);
      if (prim.name !== name) return kernel;
      return ([first, ...rest]) => kernel([...rest, first]);
    },
  });

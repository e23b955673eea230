/**
 * @file scan: a loop of a known number of turns, as one primitive that carries the jaxpr of a turn.
 *
 * Reverse mode splits it into a scan that also stacks the residuals that differ from turn to turn and a linear scan; transposed, that one
 * runs the other way round and carries the cotangents of the constants (`scan-derived.ts`). The functional form is that of JAX's
 * `lax.scan`; the rules follow from linearize and transpose.
 */

import { evaluateByImpl } from "../compile/reference/executor.js";
import { Aval, isFloat } from "../core/aval.js";
import { takes, transformed } from "../core/composite.js";
import { type ScanParams, scanParts } from "../core/control.js";
import { ArgumentError, TreeError, UnsupportedError } from "../core/errors.js";
import { type HostArray, zerosHost } from "../core/host.js";
import { evalJaxpr, Jaxpr } from "../core/jaxpr.js";
import { definePrimitive, isLinear, isZero, type Primitive, type Tangent, Zero } from "../core/primitive.js";
import { checkSameStructure, type TreeDef, unflatten } from "../core/pytree.js";
import { isPromise } from "../core/scope.js";
import { wordsOf } from "../core/signature.js";
import type { GradsOf, Tensor } from "../core/tensor.js";
import { bind } from "../core/trace.js";
import type { Tuples } from "../core/tree-types.js";
import { fullOf, moveAxis } from "../primitives/broadcast.js";
import { numbersThatFit, type PairAsList, stageWithCarry, type YIn } from "./carry.js";
import { instantiate } from "./jvp.js";
import { batchedScan, chosen, pulledScan, pushedScan, splitScan } from "./scan-derived.js";
import { lengthOf } from "./scan-length.js";
import { flattenTensors, type LikeTensors, nameOf } from "./trees.js";
import { materialize } from "./vmap.js";

const stackedAval = (row: Aval, length: number): Aval => row.withShape([length, ...row.shape]);
const tensorsOf = (list: readonly Tangent[]): Tensor[] => list.filter((d): d is Tensor => !isZero(d));

/** Row `i` of host data. */
const rowOf = ({ shape, dtype, data }: HostArray, i: number): HostArray => {
  const row = shape.slice(1);
  const n = data.length / shape[0];
  return { shape: row, dtype, data: data.subarray(i * n, (i + 1) * n) };
};

export const scanP: Primitive<ScanParams> = definePrimitive<ScanParams>({
  name: "scan",
  control: "scan",
  abstractEval: (_avals, { jaxpr, numCarry, length }) =>
    jaxpr.outAvals.map((a, i) => (i < numCarry ? a : stackedAval(a, length))),
  impl: (inputs, params) => {
    const { jaxpr, numCarry, length, reverse } = params;
    const { consts, carry: init, xs } = scanParts(params, inputs);
    const ys = jaxpr.outAvals.slice(numCarry).map((a) => zerosHost(stackedAval(a, length)));
    let carry = init;
    for (let turn = 0; turn < length; turn++) {
      const i = reverse ? length - 1 - turn : turn;
      const outs = evaluateByImpl(jaxpr, [...consts, ...carry, ...xs.map((x) => rowOf(x, i))]);
      carry = outs.slice(0, numCarry);
      ys.forEach((y, k) => {
        rowOf(y, i).data.set(outs[numCarry + k].data);
      });
    }
    return [...carry, ...ys];
  },
  jvp: (inputs, tangents, params) => {
    const { numCarry } = params;
    const active = tangents.map((d) => !isZero(d));
    const p = pushedScan(params, active);
    const primal = scanParts(params, inputs);
    const d = scanParts(params, tangents);
    const dConsts = tensorsOf(d.consts);
    const dInit = chosen(d.carry, p.carryActive).map(instantiate);
    const results = bind(
      scanP,
      [...primal.consts, ...dConsts, ...primal.carry, ...dInit, ...primal.xs, ...tensorsOf(d.xs)],
      {
        ...params,
        jaxpr: p.jaxpr,
        numConsts: primal.consts.length + dConsts.length,
        numCarry: numCarry + dInit.length,
      },
    );
    const numYs = p.ysActive.length;
    const [carry, dCarry] = [results.slice(0, numCarry), results.slice(numCarry, numCarry + dInit.length)];
    const stacked = results.slice(numCarry + dInit.length);
    const outs = [...carry, ...stacked.slice(0, numYs)];
    return [outs, spread(outs, [...p.carryActive, ...p.ysActive], [...dCarry, ...stacked.slice(numYs)])];
  },
  linearize: (inputs, tangents, params) => {
    const { numCarry } = params;
    const s = splitScan(
      params,
      tangents.map((d) => !isZero(d)),
    );
    const { consts, carry, xs } = scanParts(params, inputs);
    const fixed = [...consts, ...evalJaxpr(s.hoisted, [], consts)];
    const results = bind(scanP, [...fixed, ...carry, ...xs], {
      ...params,
      jaxpr: s.primal,
      numConsts: fixed.length,
    });
    const varying = [...xs, ...results.slice(numCarry)];
    const d = scanParts(params, tangents);
    const linearConsts = [...s.fixed.map((i) => fixed[i]), ...tensorsOf(d.consts)];
    const dInit = chosen(d.carry, s.carryActive).map(instantiate);
    const linearXs = [...s.varying.map((i) => varying[i]), ...tensorsOf(d.xs)];
    const douts = bind(scanP, [...linearConsts, ...dInit, ...linearXs], {
      ...params,
      jaxpr: s.linear,
      numConsts: linearConsts.length,
      numCarry: dInit.length,
    });
    const outs = results.slice(0, numCarry + s.ysActive.length);
    return [outs, spread(outs, [...s.carryActive, ...s.ysActive], douts)];
  },
  transpose: (cts, args, params) => {
    const { jaxpr, numCarry, length } = params;
    const parts = scanParts(params, args);
    // Zeros that a carry starts with are known; the body is linear in it all the same.
    const linear = scanParts(params, args.map(isLinear));
    const fixed = parts.carry.map((x) => x.aval).find((a, i) => !linear.carry[i] && !isFloat(a.dtype));
    if (fixed !== undefined) {
      throw new UnsupportedError({
        where: "scan",
        what: "a scan whose carry has a part that is not linear cannot be transposed",
        expected: "a carry of floats, linear in what is transposed",
        got: `a carry ${fixed}`,
        hint: "give what does not depend on the linear arguments, like a counter, as xs",
      });
    }
    const p = pulledScan(
      params,
      [...linear.consts, ...parts.carry.map(() => true), ...linear.xs],
      cts.map((c) => !isZero(c)),
    );
    const known = <T>(list: readonly T[], flagsOf: readonly boolean[]): T[] => list.filter((_, i) => !flagsOf[i]);
    const constArgs = known(parts.consts, linear.consts) as Tensor[];
    const xArgs = known(parts.xs, linear.xs) as Tensor[];
    const avals = scanParts(params, jaxpr.inAvals);
    const constAvals = chosen(avals.consts, linear.consts);
    const sums = chosen(constAvals, p.constsActive).map((a) => fullOf(a, 0));
    const ctInit = chosen(cts.slice(0, numCarry), p.carryActive).map(instantiate);
    const results = bind(scanP, [...constArgs, ...sums, ...ctInit, ...xArgs, ...tensorsOf(cts.slice(numCarry))], {
      ...params,
      jaxpr: p.jaxpr,
      numConsts: constArgs.length,
      numCarry: sums.length + ctInit.length,
      reverse: !params.reverse,
    });
    let next = 0;
    const give = (aval: Aval, active: boolean): Tangent => (active ? results[next++] : new Zero(aval.strong()));
    const ctConsts = constAvals.map((a, i) => give(a, p.constsActive[i]));
    const ctCarry = avals.carry.map((a, i) => give(a, p.carryActive[i]));
    const ctXs = chosen(avals.xs, linear.xs).map((a, i) => give(stackedAval(a, length), p.xsActive[i]));
    const all = [ctConsts, ctCarry.filter((_, i) => linear.carry[i]), ctXs].flat();
    let place = 0;
    return args.map((x) => (isLinear(x) ? all[place++] : null));
  },
  batch: (size, inputs, dims, params, axisName) => {
    const { consts, carry, xs } = scanParts(params, inputs);
    const d = scanParts(params, dims);
    const rows = d.xs.map((dim) => (dim === null ? null : 0));
    const b = batchedScan(params, size, [...d.consts, ...d.carry, ...rows], axisName);
    const outs = bind(
      scanP,
      [
        ...consts,
        ...carry.map((x, i) => (b.carryMapped[i] ? materialize(x, d.carry[i], size, 0) : x)),
        // Rows lie along the leading axis; the batch comes right behind it.
        ...xs.map((x, i) => {
          const dim = d.xs[i];
          return dim === null ? x : moveAxis(x, dim, 1);
        }),
      ],
      { ...params, jaxpr: b.jaxpr },
    );
    return [outs, [...b.carryMapped.map((m) => (m ? 0 : null)), ...b.ysMapped.map((m) => (m ? 1 : null))]];
  },
});

/** One tangent for each of `outs`: the next of `tangents` where it is active. */
const spread = (outs: readonly Tensor[], active: readonly boolean[], tangents: readonly Tensor[]): Tangent[] => {
  let next = 0;
  return outs.map((y, i) => (active[i] ? tangents[next++] : new Zero(y.aval.strong())));
};

// --- for users -----------------------------------------------------------------------------------------------------------

export interface ScanOptions {
  /** The number of turns; needed where `xs` has no leaf. */
  readonly length?: number;
  /** From the last row to the first; rows of `ys` stay at the index of their row of `xs`. */
  readonly reverse?: boolean;
  /** How many turns are compiled in a row; default 1. */
  readonly unroll?: number;
}

/** Forms of `scan`: the pair of the body as a tuple, or as the list that a function in a variable is inferred to give. */
export interface Scan {
  <I, X, Y>(
    f: (carry: GradsOf<I>, x: GradsOf<X>) => readonly [LikeTensors<I>, Y | Tuples],
    init: I | Tuples,
    xs: X | Tuples,
    options?: ScanOptions,
  ): [carry: GradsOf<I>, ys: GradsOf<Y>];
  <I, X, R extends readonly unknown[] | []>(
    f: (carry: GradsOf<I>, x: GradsOf<X>) => R & PairAsList<R, I>,
    init: I | Tuples,
    xs: X | Tuples,
    options?: ScanOptions,
  ): [carry: GradsOf<I>, ys: GradsOf<YIn<R, I>>];
}

/**
 * Runs `f` once for every row of `xs`, handing a carry from turn to turn: a loop that compiles to one body and differentiates in both modes.
 *
 * `[carry, ys[i]] = f(carry, xs[i])` for `i = 0, 1, …`
 *
 * @param f        takes the carry and one row of every leaf of `xs`; returns the next carry, of the same structure, shapes and dtypes, and a
 *                 tree that is stacked
 * @param init     the first carry; plain numbers take the dtype that `f` gives them
 * @param xs       a tree of tensors with one leading size, or null
 * @param options  `length`: the number of turns where `xs` is null; `reverse`: from the last row to the first; `unroll`
 * @returns `[carry, ys]`: the last carry, and what `f` returned beside it, stacked along a new leading axis
 * @throws {ShapeError | DTypeError | TreeError} where `f` changes the carry, naming the path and both avals
 * @see JAX's `jax.lax.scan`
 * @example const [total, sums] = scan((c, x) => [np.add(c, x), np.add(c, x)], 0, np.array([1, 2, 3])) // 6, [1, 3, 6]
 */
export const scan: Scan = takes(
  "scan(f, init, xs, { length, reverse, unroll })",
  <I, X, Y>(
    f: (carry: GradsOf<I>, x: GradsOf<X>) => readonly [LikeTensors<I>, Y | Tuples],
    init: I | Tuples,
    xs: X | Tuples,
    options: ScanOptions = {},
  ): [carry: GradsOf<I>, ys: GradsOf<Y>] =>
    transformed("scan", () => {
      const where = nameOf("scan", f);
      const [initLeaves, carryDef] = flattenTensors(where, init, "init");
      const [xLeaves, xDef] = flattenTensors(where, xs, "xs");
      const length = lengthOf(where, xLeaves, xDef, options.length);
      const { reverse = false, unroll = 1 } = options;
      if (!Number.isInteger(unroll) || unroll < 1) {
        throw new ArgumentError({
          where,
          what: "unroll is not a number of turns",
          expected: "1, 2, …",
          got: `${unroll}`,
        });
      }
      let yDef: TreeDef | undefined;
      const turn = (...leaves: Tensor[]): readonly Tensor[] => {
        const carry = unflatten(carryDef, leaves.slice(0, initLeaves.length)) as GradsOf<I>;
        const result: unknown = f(carry, unflatten(xDef, leaves.slice(initLeaves.length)) as GradsOf<X>);
        if (isPromise(result)) return result as readonly Tensor[];
        if (!Array.isArray(result) || result.length !== 2) {
          throw new TreeError({
            where,
            what: "the function did not return a pair",
            expected: "[carry, y]; y may be null",
            got: result === undefined ? "nothing" : wordsOf(result),
            hint: "return [carry, y]: the carry of the next turn, and what is stacked, or null",
          });
        }
        const [outs, outDef] = flattenTensors(where, result[0], "carry");
        checkSameStructure(where, carryDef, outDef, "the function returns a carry like the one it takes", "carry");
        const [ys, def] = flattenTensors(where, result[1], "y");
        yDef = def;
        return [...outs, ...ys];
      };
      const rows = xLeaves.map((x) => new Aval(x.shape.slice(1), x.dtype, x.aval.weak));
      const {
        jaxpr,
        consts,
        init: start,
      } = numbersThatFit(initLeaves, (numbers) => stageWithCarry(where, turn, numbers, carryDef, rows));
      const body = new Jaxpr([], [...jaxpr.constVars, ...jaxpr.inVars], jaxpr.eqns, jaxpr.outs);
      const results = bind(scanP, [...consts, ...start, ...xLeaves], {
        jaxpr: body,
        numConsts: consts.length,
        numCarry: start.length,
        length,
        reverse,
        unroll,
      });
      return [
        unflatten(carryDef, results.slice(0, start.length)),
        unflatten(yDef as unknown as TreeDef, results.slice(start.length)),
      ] as [GradsOf<I>, GradsOf<Y>];
    }),
);

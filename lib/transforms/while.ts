/**
 * @file whileLoop and foriLoop.
 *
 * A while runs as long as its predicate says, so how much a backward pass would have to keep is not known: it differentiates in forward
 * mode only. A loop between plain numbers is a scan and differentiates in both. As JAX's `lax.while_loop` and `lax.fori_loop`.
 */

import { evaluateByImpl } from "../compile/reference/executor.js";
import type { Aval } from "../core/aval.js";
import { takes, transformed } from "../core/composite.js";
import { type WhileParams, whileParts } from "../core/control.js";
import { ArgumentError, DTypeError, ShapeError, UnsupportedError } from "../core/errors.js";
import { evalJaxpr, Jaxpr, Var } from "../core/jaxpr.js";
import { type BatchDim, definePrimitive, isZero, type Primitive, type Tangent, Zero } from "../core/primitive.js";
import { checkSameStructure, type TreeDef, unflatten } from "../core/pytree.js";
import { isPromise } from "../core/scope.js";
import { constsAsInputs, stage } from "../core/stage.js";
import { asTensor, type GradsOf, Literal, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import { bind, bind1 } from "../core/trace.js";
import type { Tuples } from "../core/tree-types.js";
import { reshape } from "../primitives/broadcast.js";
import { add, convert, lt, select } from "../primitives/elementwise.js";
import { iota } from "../primitives/movement.js";
import { reduceOrP } from "../primitives/reduce.js";
import { numbersThatFit, stageWithCarry } from "./carry.js";
import { batched, remembered, stageFrom } from "./derived.js";
import { instantiate } from "./jvp.js";
import { scan } from "./scan.js";
import { batchedScan, chosen, pushedScan } from "./scan-derived.js";
import { flattenTensors, type LikeTensors, nameOf, turnOf } from "./trees.js";
import { materialize } from "./vmap.js";

const noReverse = (): never => {
  throw new UnsupportedError({
    where: "whileLoop",
    what: "a while loop has no reverse-mode derivative",
    expected: "a number of turns that is known before the loop runs",
    got: "a predicate",
    hint: "use scan, or foriLoop with plain numbers as bounds; forward mode (jvp) works",
  });
};

/** A turn of a while as a turn of a scan without rows. */
const asTurn = ({ body, bodyConsts }: WhileParams) => ({
  jaxpr: body,
  numConsts: bodyConsts,
  numCarry: body.outs.length,
  length: 0,
  reverse: false,
  unroll: 1,
});

export const whileP: Primitive<WhileParams> = definePrimitive<WhileParams>({
  name: "while",
  control: "while",
  abstractEval: (_avals, { body }) => body.outAvals,
  impl: (inputs, params) => {
    const { condConsts, bodyConsts, carry: init } = whileParts(params, inputs);
    let carry = init;
    while (evaluateByImpl(params.cond, [...condConsts, ...carry])[0].data[0] !== 0) {
      carry = evaluateByImpl(params.body, [...bodyConsts, ...carry]);
    }
    return carry;
  },
  jvp: (inputs, tangents, params) => {
    const { condConsts, bodyConsts, carry } = whileParts(params, inputs);
    const d = whileParts(params, tangents);
    // The predicate is a bool: tangents do not reach it.
    const active = [...d.bodyConsts, ...d.carry].map((t) => !isZero(t));
    const p = pushedScan(asTurn(params), active);
    const dConsts = d.bodyConsts.filter((t): t is Tensor => !isZero(t));
    const dInit = chosen(d.carry, p.carryActive).map(instantiate);
    const unread = dInit.map((x) => new Var(x.aval));
    const results = bind(whileP, [...condConsts, ...bodyConsts, ...dConsts, ...carry, ...dInit], {
      cond: new Jaxpr([], [...params.cond.inVars, ...unread], params.cond.eqns, params.cond.outs),
      body: p.jaxpr,
      condConsts: params.condConsts,
      bodyConsts: params.bodyConsts + dConsts.length,
    });
    let next = carry.length;
    const give = (y: Tensor, i: number): Tangent => (p.carryActive[i] ? results[next++] : new Zero(y.aval.strong()));
    const outs = results.slice(0, carry.length);
    return [outs, outs.map(give)];
  },
  linearize: noReverse,
  transpose: noReverse,
  batch: (size, inputs, dims, params, axisName) => {
    const { condConsts, bodyConsts, carry } = whileParts(params, inputs);
    const d = whileParts(params, dims);
    const turn = (init: readonly BatchDim[]) => batchedScan(asTurn(params), size, [...d.bodyConsts, ...init], axisName);
    const predicate = (mapped: readonly boolean[]) => {
      const own = [...d.condConsts, ...mapped.map((m) => (m ? 0 : null))];
      return batched("whileLoop", params.cond, size, own, wide(params.cond.inAvals, own, size), [false], axisName);
    };
    let body = turn(d.carry);
    let cond = predicate(body.carryMapped);
    const each = cond.outDims[0] !== null;
    if (each) {
      // Examples end at different times: the loop goes on for all, and those that have ended keep what they have.
      body = turn(carry.map(() => 0));
      cond = predicate(carry.map(() => true));
    }
    const init = carry.map((x, i) => (body.carryMapped[i] ? materialize(x, d.carry[i], size, 0) : x));
    const outDims = body.carryMapped.map((m) => (m ? 0 : null));
    if (!each) {
      const own = { ...params, cond: cond.jaxpr, body: body.jaxpr };
      return [bind(whileP, [...condConsts, ...bodyConsts, ...init], own), outDims];
    }
    const { any, masked } = maskedOf(body.jaxpr, `${size}|${condConsts.length}`, () =>
      maskedLoop(cond.jaxpr, body.jaxpr, condConsts.length, bodyConsts.length),
    );
    const outs = bind(whileP, [...condConsts, ...condConsts, ...bodyConsts, ...init], {
      cond: any,
      body: masked,
      condConsts: condConsts.length,
      bodyConsts: condConsts.length + bodyConsts.length,
    });
    return [outs, outDims];
  },
});

const wide = (avals: readonly Aval[], dims: readonly BatchDim[], size: number): Aval[] =>
  avals.map((a, i) => {
    const dim = dims[i];
    return dim === null ? a : a.withShape([...a.shape.slice(0, dim), size, ...a.shape.slice(dim)]);
  });

interface MaskedLoop {
  readonly any: Jaxpr;
  readonly masked: Jaxpr;
}
const maskedOf = remembered<MaskedLoop>();

/** A predicate that is true while it is for one example, and a turn that changes only the examples for which it is. */
const maskedLoop = (cond: Jaxpr, body: Jaxpr, condConsts: number, bodyConsts: number): MaskedLoop => {
  const constAvals = cond.inAvals.slice(0, condConsts);
  const any = (...xs: Tensor[]): Tensor[] => [bind1(reduceOrP, evalJaxpr(cond, [], xs), { axes: [0] })];
  const masked = (...xs: Tensor[]): Tensor[] => {
    const carry = xs.slice(condConsts + bodyConsts);
    const [goOn] = evalJaxpr(cond, [], [...xs.slice(0, condConsts), ...carry]);
    const next = evalJaxpr(body, [], xs.slice(condConsts));
    return next.map((y, i) =>
      select(
        reshape(
          goOn,
          y.shape.map((n, axis) => (axis === 0 ? n : 1)),
        ),
        y,
        carry[i],
      ),
    );
  };
  return {
    any: stageFrom(cond, "vmap of whileLoop", any, cond.inAvals),
    masked: stageFrom(body, "vmap of whileLoop", masked, [...constAvals, ...body.inAvals]),
  };
};

// --- for users -----------------------------------------------------------------------------------------------------------

/**
 * Repeats `carry = body(carry)` while `cond(carry)`; compiled, the loop runs on the device and asks for the predicate only.
 *
 * Differentiates in forward mode; in reverse mode use `scan`, or `foriLoop` with plain numbers. Under `vmap` with predicates that differ,
 * the loop runs until all have ended.
 * @param cond  a bool scalar of the carry
 * @param body  the next carry, of the same structure, shapes and dtypes
 * @param init  the first carry; plain numbers take the dtype that `body` gives them
 * @throws {ShapeError | DTypeError | TreeError} where `body` changes the carry, or `cond` gives no bool scalar
 * @throws {UnsupportedError} in reverse mode
 * @see JAX's `jax.lax.while_loop`
 * @example whileLoop((x) => np.less(x, 100), (x) => np.multiply(x, 2), 1) // 128
 */
export const whileLoop = takes(
  "whileLoop(cond, body, init)",
  <I>(
    cond: (carry: GradsOf<I>) => TensorLike,
    body: (carry: GradsOf<I>) => LikeTensors<I>,
    init: I | Tuples,
  ): GradsOf<I> =>
    transformed("whileLoop", () => {
      const where = nameOf("whileLoop", body as (...args: never[]) => unknown);
      const [leaves, def] = flattenTensors(where, init, "init");
      const tree = (xs: readonly Tensor[]): GradsOf<I> => unflatten(def, xs) as GradsOf<I>;
      const turn = (...xs: Tensor[]): readonly Tensor[] => {
        const result: unknown = body(tree(xs));
        return isPromise(result) ? (result as readonly Tensor[]) : carryLeaves(where, result, def);
      };
      const predicate = (...xs: Tensor[]): readonly Tensor[] => {
        const result: unknown = cond(tree(xs));
        return isPromise(result) ? (result as readonly Tensor[]) : [asTensor(result, where, "the predicate")];
      };
      const { staged, test } = numbersThatFit(leaves, (numbers) => {
        const staged = stageWithCarry(where, turn, numbers, def, []);
        const avals = staged.init.map((x) => x.aval);
        return { staged, test: stage(where, predicate, avals) };
      });
      const [aval] = test.jaxpr.outAvals;
      if (aval.ndim !== 0 || aval.dtype !== "bool") {
        const mismatch = { where, what: "the predicate is not a bool scalar", expected: "bool[]", got: `${aval}` };
        throw aval.ndim !== 0
          ? new ShapeError({
              ...mismatch,
              hint: "np.any or np.all makes one; vmap gives each example its own loop",
            })
          : new DTypeError({ ...mismatch, hint: "compare with 0" });
      }
      const outs = bind(whileP, [...test.consts, ...staged.consts, ...staged.init], {
        cond: constsAsInputs(test.jaxpr),
        body: constsAsInputs(staged.jaxpr),
        condConsts: test.consts.length,
        bodyConsts: staged.consts.length,
      });
      return tree(outs);
    }),
);

const carryLeaves = (where: string, result: unknown, def: TreeDef): Tensor[] => {
  const [outs, outDef] = flattenTensors(where, result, "carry");
  checkSameStructure(where, def, outDef, "the function returns a carry like the one it takes", "carry");
  return outs;
};

/** A bound of a loop as an int32 scalar. */
const bound = (where: string, x: TensorLike, at: string): Tensor => {
  const given = asTensor(x, where, at);
  const i = given instanceof Literal && given.aval.weak ? literal(where, given.value, "int32") : given;
  if (i.ndim === 0 && i.dtype === "int32") return i;
  throw new ArgumentError({ where, what: "a bound is not an integer", expected: "i32[]", got: `${i.aval}`, at });
};

/**
 * `for (i = lower; i < upper; i++) carry = body(i, carry)`.
 *
 * With plain numbers as bounds it is a `scan` and differentiates in both modes; with tensors a `whileLoop`.
 * @param lower  the first index; a number or an int32 scalar
 * @param upper  the index to stop before
 * @param body   the next carry, from the index (int32) and the carry
 * @param init   the first carry
 * @throws {ShapeError | DTypeError | TreeError} where `body` changes the carry; {ArgumentError} for a body of one argument
 * @see JAX's `jax.lax.fori_loop`
 * @example foriLoop(0, 5, (i, sum) => np.add(sum, i), 0) // 10
 */
export const foriLoop = takes(
  "foriLoop(lower, upper, body, init)",
  <I>(
    lower: TensorLike,
    upper: TensorLike,
    body: (i: Tensor, carry: GradsOf<I>) => LikeTensors<I>,
    init: I | Tuples,
  ): GradsOf<I> =>
    transformed("foriLoop", () => {
      const where = nameOf("foriLoop", body as (...args: never[]) => unknown);
      if (body.length === 1) {
        const got = "a function of one argument, which would be the index";
        throw new ArgumentError({ where, what: "body does not take the carry", expected: "body(i, carry)", got });
      }
      const [lo, hi] = [bound(where, lower, "lower"), bound(where, upper, "upper")];
      if (lo instanceof Literal && hi instanceof Literal) {
        const length = Math.max(hi.value - lo.value, 0);
        const turn = (carry: GradsOf<I>, i: Tensor): readonly [LikeTensors<I>, null] => [body(add(i, lo), carry), null];
        return scan(turnOf("foriLoop", body, turn), init, iota([length], "int32"))[0];
      }
      const next = ([i, carry]: readonly [Tensor, GradsOf<I>]): readonly [Tensor, LikeTensors<I>] => [
        add(i, new Literal(1, "int32")),
        body(i, carry),
      ];
      const first = lo instanceof Literal ? convert(lo, "int32") : lo;
      return whileLoop(
        ([i]) => lt(i, hi),
        turnOf("foriLoop", body, next) as never,
        [first, init] as const,
      )[1] as GradsOf<I>;
    }),
);

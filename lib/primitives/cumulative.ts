/**
 * @file Running sums, products, extrema and log-sums along an axis.
 *
 * The values are a loop. The tangents of all but the sum come from a scan of pairs (value, tangent) as a tree of
 * O(log n) depth (Blelloch, 1990): exact also where an element of a product is zero, and split among ties as JAX does, whose
 * running operations have the same tree.
 */
import { type Aval, type DType, isFloat, isInteger } from "../core/aval.js";
import { axisView, zerosHost } from "../core/host.js";
import { definePrimitive, isZero, notLinear, type Primitive, Zero } from "../core/primitive.js";
import { linearJvp, mapped, one, sameDType, scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { add, convert, eq, ge, gt, max, min, mul, ne, neg, or, select, sub } from "./elementwise.js";
import { exp, log1p, logistic } from "./math.js";
import { concatenate, pad, reverse, slice, sliceAxis } from "./movement.js";

type Cumulative = { readonly axis: number; readonly reverse: boolean };

const isNumber = (a: Aval): boolean => a.dtype !== "bool";
const isReal = (a: Aval): boolean => isFloat(a.dtype);

/** The part of a running operation that differs from one to the next. */
interface Running extends Pick<Primitive<Cumulative>, "name" | "jvp" | "transpose"> {
  readonly allowed?: (a: Aval) => boolean;
  readonly combine: (dtype: DType) => (total: number, x: number) => number;
}

const running = ({ name, allowed = isNumber, combine, jvp, transpose }: Running): Primitive<Cumulative> => {
  const prim: Primitive<Cumulative> = definePrimitive<Cumulative>({
    name,
    abstractEval: ([x]) => {
      sameDType(name, [x], allowed, allowed === isReal ? "a float" : "a float or an integer");
      return [x];
    },
    impl: ([x], { axis, reverse: fromEnd }) => {
      const { outer, length, inner } = axisView(x.shape, axis);
      const out = zerosHost(x);
      const f = combine(x.dtype);
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          let total = 0;
          for (let k = 0; k < length; k++) {
            const at = (o * length + (fromEnd ? length - 1 - k : k)) * inner + i;
            total = k === 0 ? x.data[at] : f(total, x.data[at]);
            out.data[at] = total;
          }
        }
      }
      return [out];
    },
    jvp,
    transpose,
    batch: (_size, [x], [d], { axis, reverse: fromEnd }) => {
      const dim = mapped(d);
      return [[bind1(prim, [x], { axis: axis < dim ? axis : axis + 1, reverse: fromEnd })], [dim]];
    },
  });
  return prim;
};

// --- tangents ------------------------------------------------------------------------------------------------------------

type Pair = readonly [x: Tensor, dx: Tensor];
type Combine = (a: Pair, b: Pair) => Pair;

/** Every second element along `axis` from `start` to before `limit`. */
const everySecond = (x: Tensor, axis: number, start: number, limit: number): Tensor =>
  slice(
    x,
    x.shape.map((_, i) => (i === axis ? start : 0)),
    x.shape.map((n, i) => (i === axis ? limit : n)),
    x.shape.map((_, i) => (i === axis ? 2 : 1)),
  );

/** `a[0], b[0], a[1], b[1], …`: `n` elements in all. */
const interleave = (a: Tensor, b: Tensor, axis: number, n: number): Tensor => {
  const zero = scalarOf(a.aval.strong(), 0);
  const spread = (x: Tensor, low: number, high: number): Tensor => {
    const at = (amount: number): number[] => x.shape.map((_, i) => (i === axis ? amount : 0));
    return pad(x, zero, { low: at(low), high: at(high), interior: at(1) });
  };
  return add(spread(a, 0, n % 2 === 0 ? 1 : 0), spread(b, 1, n % 2 === 0 ? 0 : 1));
};

const scanPairs = (pair: Pair, axis: number, f: Combine): Pair => {
  const n = pair[0].shape[axis];
  if (n < 2) return pair;
  const both = (g: (x: Tensor) => Tensor): Pair => [g(pair[0]), g(pair[1])];
  const odd = scanPairs(
    f(
      both((x) => everySecond(x, axis, 0, n - 1)),
      both((x) => everySecond(x, axis, 1, n)),
    ),
    axis,
    f,
  );
  const finish = (even: Pair): Pair => [interleave(even[0], odd[0], axis, n), interleave(even[1], odd[1], axis, n)];
  const first = both((x) => sliceAxis(x, axis, 0, 1));
  if (n === 2) return finish(first);
  const before = Math.ceil(n / 2) - 1;
  const later = f(
    [sliceAxis(odd[0], axis, 0, before), sliceAxis(odd[1], axis, 0, before)],
    both((x) => everySecond(x, axis, 2, n)),
  );
  return finish([concatenate([first[0], later[0]], axis), concatenate([first[1], later[1]], axis)]);
};

const scannedJvp =
  (self: () => Primitive<Cumulative>, combine: Combine): Primitive<Cumulative>["jvp"] =>
  ([x], [dx], params) => {
    const y = bind1(self(), [x], params);
    if (isZero(dx)) return [[y], [new Zero(y.aval.strong())]];
    const turn = (z: Tensor): Tensor => (params.reverse ? reverse(z, [params.axis]) : z);
    return [[y], [turn(scanPairs([turn(x), turn(dx)], params.axis, combine)[1])]];
  };

const scanned = (
  name: string,
  numbers: Running["combine"],
  combine: Combine,
  allowed: (a: Aval) => boolean = isNumber,
): Primitive<Cumulative> => {
  const prim: Primitive<Cumulative> = running({
    name,
    allowed,
    combine: numbers,
    jvp: scannedJvp(() => prim, combine),
    transpose: notLinear(name),
  });
  return prim;
};

// --- the operations ------------------------------------------------------------------------------------------------------

export const cumSumP: Primitive<Cumulative> = running({
  name: "cumsum",
  combine: () => (total, x) => total + x,
  jvp: linearJvp(() => cumSumP),
  transpose: (cts, _args, { axis, reverse: fromEnd }) => [cumSum(one(cts), axis, !fromEnd)],
});

export const cumProdP = scanned(
  "cumprod",
  (dtype) => (isInteger(dtype) ? Math.imul : (total, x) => total * x),
  ([a, da], [b, db]) => [mul(a, b), add(mul(da, b), mul(a, db))],
);

/** The tangent of the larger of two; the mean of both where they are equal. */
const extremumOf =
  (better: (a: Tensor, b: Tensor) => Tensor, asGood: (a: Tensor, b: Tensor) => Tensor, pick: typeof max): Combine =>
  ([a, da], [b, db]) => {
    const half = scalarOf(a.aval.strong(), 0.5);
    const share = mul(half, add(convert(better(a, b), a.dtype), convert(asGood(a, b), a.dtype)));
    return [pick(a, b), add(mul(da, share), mul(db, sub(scalarOf(a.aval.strong(), 1), share)))];
  };
export const cumMaxP = scanned("cummax", () => Math.max, extremumOf(gt, ge, max));
export const cumMinP = scanned(
  "cummin",
  () => Math.min,
  extremumOf(
    (a, b) => gt(b, a),
    (a, b) => ge(b, a),
    min,
  ),
);

const logAddExp = (a: number, b: number): number =>
  a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));

export const cumLogSumExpP = scanned(
  "cumlogsumexp",
  () => logAddExp,
  ([a, da], [b, db]) => {
    // The gap of equal infinities is NaN; there both count alike. That of NaN stays, and with it the derivatives are NaN.
    const gap = sub(a, b);
    const known = or(eq(gap, gap), ne(a, b));
    const safe = select(known, gap, scalarOf(a.aval.strong(), 0));
    const first = ge(a, b);
    // Larger and smaller by selection: no kink where they are equal, so that all derivatives are right there too.
    const high = select(first, a, b);
    const sum = select(known, add(high, log1p(exp(select(first, neg(safe), safe)))), add(a, b));
    return [sum, add(mul(da, logistic(safe)), mul(db, logistic(neg(safe))))];
  },
  isReal,
);

const of =
  (prim: () => Primitive<Cumulative>) =>
  (x: Tensor, axis: number, fromEnd = false): Tensor =>
    bind1(prim(), [x], { axis, reverse: fromEnd });
/** Running sums along `axis`, from the end when `reverse`. */
export const cumSum = of(() => cumSumP);
/** Running products along `axis`. */
export const cumProd = of(() => cumProdP);
/** The largest so far along `axis`; NaN wins. */
export const cumMax = of(() => cumMaxP);
/** The smallest so far along `axis`; NaN wins. */
export const cumMin = of(() => cumMinP);
/** `log(cumsum(exp(x)))` along `axis`, without overflow. */
export const cumLogSumExp = of(() => cumLogSumExpP);

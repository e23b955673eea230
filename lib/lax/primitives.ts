/** @file The primitives under their names in lax. Dtypes are not promoted. */
import { named } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import * as bit from "../primitives/bits.js";
import * as b from "../primitives/broadcast.js";
import * as h from "../primitives/by-halves.js";
import * as d from "../primitives/dot.js";
import * as e from "../primitives/elementwise.js";
import * as i from "../primitives/erf-inv.js";
import * as m from "../primitives/math.js";
import * as mv from "../primitives/movement.js";
import * as r from "../primitives/reduce.js";
import * as sp from "../primitives/special-functions.js";

/** The same bits read as another dtype of the same size. */
export const bitcastConvertType = named("lax.bitcastConvertType(x, dtype)", bit.bitcastConvertType);
/** The number of zero bits before the first that is one. */
export const clz = named("lax.clz(x)", bit.clz);
/** The next number of the dtype from `x` in the direction of `y`. */
export const nextafter = named("lax.nextafter(x, y)", bit.nextafter);
/** The number of bits that are one. */
export const populationCount = named("lax.populationCount(x)", bit.populationCount);
/** `x` rounded to a float of so many bits, and back: what lies beyond becomes infinite, what is subnormal zero. */
export const reducePrecision = named(
  "lax.reducePrecision(x, { exponentBits, mantissaBits })",
  (x: Tensor, { exponentBits, mantissaBits }: bit.Precision): Tensor =>
    bit.reducePrecision(x, { exponentBits, mantissaBits }),
);
export const broadcastInDim = named("lax.broadcastInDim(x, shape, dims)", b.broadcastInDim);
/** The sum over `axes`, which are dropped. */
export const reduceSum = named("lax.reduceSum(x, axes)", b.reduceSum);
/** The same elements, row-major, under another shape. */
export const reshape = named("lax.reshape(x, shape)", b.reshape);
/** Permutes the axes: result axis `i` is input axis `perm[i]`. */
export const transpose = named("lax.transpose(x, perm)", b.transpose);
/** The product over `axes`, which are dropped; its derivatives are right where an element is zero. */
export const reduceProd = named("lax.reduceProd(x, axes)", h.reduceProd);
/** The general product of two tensors of one dtype; see `DotDims`. Of bools, sums are "or" and products "and". */
export const dotGeneral = named("lax.dotGeneral(x, y, dims)", d.dotGeneral);
export const abs = named("lax.abs(x)", e.abs);
export const add = named("lax.add(x, y)", e.add);
export const bitwiseAnd = named("lax.bitwiseAnd(x, y)", e.and);
export const ceil = named("lax.ceil(x)", e.ceil);
/** `x` in another dtype; strong, whatever `x` was. */
export const convertElementType = named("lax.convertElementType(x, dtype)", e.convert);
export const div = named("lax.div(x, y)", e.div);
export const eq = named("lax.eq(x, y)", e.eq);
export const floor = named("lax.floor(x)", e.floor);
export const ge = named("lax.ge(x, y)", e.ge);
export const gt = named("lax.gt(x, y)", e.gt);
export const le = named("lax.le(x, y)", e.le);
export const lt = named("lax.lt(x, y)", e.lt);
/** The larger one; of bools "or". */
export const max = named("lax.max(x, y)", e.max);
/** The smaller one; of bools "and". */
export const min = named("lax.min(x, y)", e.min);
export const mul = named("lax.mul(x, y)", e.mul);
export const ne = named("lax.ne(x, y)", e.ne);
export const neg = named("lax.neg(x)", e.neg);
export const bitwiseNot = named("lax.bitwiseNot(x)", e.not);
export const bitwiseOr = named("lax.bitwiseOr(x, y)", e.or);
export const rem = named("lax.rem(x, y)", e.rem);
export const select = named("lax.select(condition, x, y)", e.select);
export const shiftLeft = named("lax.shiftLeft(x, y)", e.shiftLeft);
export const shiftRightArithmetic = named("lax.shiftRightArithmetic(x, y)", e.shiftRightArithmetic);
export const shiftRightLogical = named("lax.shiftRightLogical(x, y)", e.shiftRightLogical);
export const sign = named("lax.sign(x)", e.sign);
export const sub = named("lax.sub(x, y)", e.sub);
export const bitwiseXor = named("lax.bitwiseXor(x, y)", e.xor);
/** `y` with `erf(y) = x` for x in [-1, 1]; ±1 give ±Infinity, beyond NaN. */
export const erfInv = named("lax.erfInv(x)", i.erfInv);
export const acos = named("lax.acos(x)", m.acos);
export const acosh = named("lax.acosh(x)", m.acosh);
export const asin = named("lax.asin(x)", m.asin);
export const asinh = named("lax.asinh(x)", m.asinh);
export const atan = named("lax.atan(x)", m.atan);
export const atan2 = named("lax.atan2(y, x)", m.atan2);
export const atanh = named("lax.atanh(x)", m.atanh);
export const cbrt = named("lax.cbrt(x)", m.cbrt);
export const cos = named("lax.cos(x)", m.cos);
export const cosh = named("lax.cosh(x)", m.cosh);
export const erf = named("lax.erf(x)", m.erf);
export const exp = named("lax.exp(x)", m.exp);
export const expm1 = named("lax.expm1(x)", m.expm1);
const finite = named("lax.isFinite(x)", m.finite);
export const integerPow = named("lax.integerPow(x, exponent)", m.integerPow);
export const log = named("lax.log(x)", m.log);
export const log1p = named("lax.log1p(x)", m.log1p);
export const logistic = named("lax.logistic(x)", m.logistic);
export const pow = named("lax.pow(x, y)", m.pow);
export const rsqrt = named("lax.rsqrt(x)", m.rsqrt);
export const sin = named("lax.sin(x)", m.sin);
export const sinh = named("lax.sinh(x)", m.sinh);
export const sqrt = named("lax.sqrt(x)", m.sqrt);
export const tan = named("lax.tan(x)", m.tan);
export const tanh = named("lax.tanh(x)", m.tanh);
/** The tensors one behind the other along `axis`. */
export const concatenate = named("lax.concatenate(xs, axis)", mv.concatenate);
/** The elements in opposite order along each of `axes`. */
export const rev = named("lax.rev(x, axes)", mv.reverse);
/** The elements from `start` to before `limit`, every `strides`-th (1 by default); one number an axis. */
export const slice = named("lax.slice(x, start, limit, strides)", mv.slice);
/** Index (int32) of the first largest along `axis`, which is dropped; NaN counts as largest. */
export const argmax = named("lax.argmax(x, axis)", r.argMax);
/** Index (int32) of the first smallest along `axis`, which is dropped; NaN counts as smallest. */
export const argmin = named("lax.argmin(x, axis)", r.argMin);
/** Whether all are true; of integers the bits that all have. */
export const reduceAnd = named("lax.reduceAnd(x, axes)", r.reduceAnd);
/** The largest over `axes` (dropped); of no elements the lowest value of the dtype. NaN wins. Of bools whether any is true. */
export const reduceMax = named("lax.reduceMax(x, axes)", r.reduceMax);
/** The smallest over `axes` (dropped); of no elements the highest value of the dtype. NaN wins. Of bools whether all are true. */
export const reduceMin = named("lax.reduceMin(x, axes)", r.reduceMin);
/** Whether any is true; of integers the bits that any has. */
export const reduceOr = named("lax.reduceOr(x, axes)", r.reduceOr);
export const besselI0e = named("lax.besselI0e(x)", sp.besselI0e);
export const besselI1e = named("lax.besselI1e(x)", sp.besselI1e);
export const betainc = named("lax.betainc(a, b, x)", (a: Tensor, b: Tensor, x: Tensor) => sp.betainc(a, b, x));
export const digamma = named("lax.digamma(x)", sp.digamma);
export const erfc = named("lax.erfc(x)", sp.erfc);
export const igamma = named("lax.igamma(a, x)", (a: Tensor, x: Tensor) => sp.igamma(a, x));
export const igammac = named("lax.igammac(a, x)", (a: Tensor, x: Tensor) => sp.igammac(a, x));
export const lgamma = named("lax.lgamma(x)", sp.lgamma);
/** The `order`-th derivative of digamma; the orders are whole numbers, as floats. */
export const polygamma = named("lax.polygamma(order, x)", sp.polygamma);
export const zeta = named("lax.zeta(x, q)", (x: Tensor, q: Tensor) => sp.zeta(x, q));
export { finite as isFinite };

/**
 * @file Matrices in the last two axes of a tensor: what the factorizations and solvers share.
 *
 * Leading axes are batch axes. `impl`s work on one matrix at a time, in doubles whatever the dtype.
 */
import { type Aval, isFloat, range, type Shape, sizeOf } from "../core/aval.js";
import { type HostArray, zerosHost } from "../core/host.js";
import { definePrimitive, notLinear, type Outputs, type Primitive, type Tangent } from "../core/primitive.js";
import { demand, sameDType, scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind } from "../core/trace.js";
import { moveAxis, reshape } from "./broadcast.js";
import { add, convert, eq, ge, mul, select, zeroLike } from "./elementwise.js";
import { instantiate, iota, mappedFront } from "./movement.js";

/** Rows and columns of the matrices of a shape. */
export const matrixSizes = (shape: Shape): readonly [rows: number, columns: number] => [
  shape[shape.length - 2],
  shape[shape.length - 1],
];

/** Checks that `aval` holds matrices of floats, square ones if `square`. */
export const checkMatrix = (where: string, aval: Aval, square: boolean): void => {
  const [m, n] = aval.shape.slice(-2);
  demand(
    aval.ndim >= 2 && (!square || m === n),
    where,
    square ? "the matrix is not square" : "not a matrix",
    square ? "[..., n, n]" : "[..., m, n]",
    `${aval}`,
  );
  sameDType(where, [aval], (a) => isFloat(a.dtype), "a float");
};

/** The matrices of `x` one by one, copied into doubles. */
export const matricesOf = (x: HostArray): Float64Array[] => {
  const size = sizeOf(matrixSizes(x.shape));
  const count = sizeOf(x.shape.slice(0, -2));
  return range(count).map((i) => Float64Array.from(x.data.subarray(i * size, (i + 1) * size)));
};

/** The Euclidean norm, without overflow on the way. */
export const normOf = (x: Float64Array): number => {
  let [largest, sum] = [0, 0];
  for (const v of x) largest = Math.max(largest, Math.abs(v));
  if (largest === 0) return 0;
  for (const v of x) sum += (v / largest) ** 2;
  return largest * Math.sqrt(sum);
};

/** `x` with its last two axes exchanged. */
export const matrixTranspose = (x: Tensor): Tensor => moveAxis(x, x.ndim - 2, x.ndim - 1);

const places = (x: Tensor, axis: number): Tensor => {
  const shape = x.shape.slice(-2);
  return reshape(iota(shape, "int32", axis), [...x.shape.slice(0, -2).map(() => 1), ...shape]);
};

/** The lower triangle of the matrices, with the diagonal (or `strict`ly without); zero elsewhere. */
export const lowerTriangle = (x: Tensor, strict = false): Tensor => {
  const [row, column] = [places(x, 0), places(x, 1)];
  return strict ? select(ge(column, row), zeroLike(x), x) : select(ge(row, column), x, zeroLike(x));
};
/** The upper triangle of the matrices, with the diagonal (or `strict`ly without); zero elsewhere. */
export const upperTriangle = (x: Tensor, strict = false): Tensor => {
  const [row, column] = [places(x, 0), places(x, 1)];
  return strict ? select(ge(row, column), zeroLike(x), x) : select(ge(column, row), x, zeroLike(x));
};
/** The mean of the matrices and their transposes. */
export const symmetrized = (x: Tensor): Tensor => mul(add(x, matrixTranspose(x)), scalarOf(x.aval.strong(), 0.5));

/** Ones on the diagonal of matrices of the shape of `x`, leading axes of size 1: they repeat. */
export const identityLike = (x: Tensor): Tensor => convert(eq(places(x, 0), places(x, 1)), x.dtype);

/** The results of a factorization for one matrix. */
export interface Factor {
  readonly shape: Shape;
  /** Absent, the dtype of the matrix. */
  readonly dtype?: "int32";
}

/** What makes one factorization different from another. */
export interface Factorization<P> {
  readonly name: string;
  readonly square: boolean;
  readonly factors: (rows: number, columns: number, params: P) => readonly Factor[];
  /** The factors of one matrix; it may be overwritten. */
  readonly factorize: (a: Float64Array, rows: number, columns: number, params: P) => readonly ArrayLike<number>[];
  /** The factors and their tangents. */
  readonly jvp: (x: Tensor, dx: Tensor, params: P) => readonly [Outputs<Tensor>, Outputs<Tangent>];
}

/** A primitive that takes each matrix of its operand apart. */
export const factorization = <P>({ name, square, factors, factorize, jvp }: Factorization<P>): Primitive<P> => {
  const prim: Primitive<P> = definePrimitive<P>({
    name,
    abstractEval: ([x], params) => {
      checkMatrix(name, x, square);
      const lead = x.shape.slice(0, -2);
      return factors(...matrixSizes(x.shape), params).map((f) =>
        f.dtype === undefined
          ? x.withShape([...lead, ...f.shape])
          : x.withShape([...lead, ...f.shape]).withDType(f.dtype),
      );
    },
    impl: ([x], params) => {
      const lead = x.shape.slice(0, -2);
      const [m, n] = matrixSizes(x.shape);
      const outs = factors(m, n, params).map((f) =>
        zerosHost({ shape: [...lead, ...f.shape], dtype: f.dtype ?? x.dtype }),
      );
      matricesOf(x).forEach((a, i) => {
        factorize(a, m, n, params).forEach((values, k) => {
          outs[k].data.set(values, i * values.length);
        });
      });
      return outs;
    },
    jvp: ([x], [dx], params) => jvp(x, instantiate(dx), params),
    transpose: notLinear(name),
    batch: (size, [x], [d], params) => {
      const outs = bind(prim, [mappedFront(x, d, size)], params);
      return [outs, outs.map(() => 0)];
    },
  });
  return prim;
};

/**
 * @file What a primitive is: one operation with all its rules in one place.
 *
 * Every field is mandatory, so the compiler finds a missing rule; a rule that cannot exist is said so (`notLinear`,
 * `zeroTangents`).
 */
import type { Aval } from "./aval.js";
import { InvariantError } from "./errors.js";
import type { HostArray } from "./host.js";
import type { Tensor } from "./tensor.js";

/** A tangent or cotangent that is known to be zero and takes no memory and no work. */
export class Zero {
  constructor(readonly aval: Aval) {}
}
export type Tangent = Tensor | Zero;
export const isZero = (x: unknown): x is Zero => x instanceof Zero;

/** In a transpose rule: an input with respect to which the equation is linear; its value is not known. */
export class Linear {
  constructor(readonly aval: Aval) {}
}
export type MaybeLinear = Tensor | Linear;
export const isLinear = (x: unknown): x is Linear => x instanceof Linear;

/** The axis that `vmap` maps over, or null where a value is the same for every element. */
export type BatchDim = number | null;

export type Outputs<T> = readonly T[];

/** A primitive, and what it is applied to. */
export interface Application {
  readonly prim: AnyPrimitive;
  readonly args: readonly Tensor[];
  readonly params: object;
}

/** The rules of an operation. */
export interface Primitive<P> {
  readonly name: string;
  /** Output avals from input avals. Throws ShapeError or DTypeError; never touches data. */
  readonly abstractEval: (avals: readonly Aval[], params: P) => readonly Aval[];
  /** The meaning, in plain typed arrays, also in float64: the oracle of every executor. */
  readonly impl: (xs: readonly HostArray[], params: P) => readonly HostArray[];
  /** Primal outputs and their tangents. Not called when every tangent is a `Zero`. */
  readonly jvp: (
    xs: readonly Tensor[],
    dxs: readonly Tangent[],
    params: P,
  ) => readonly [Outputs<Tensor>, Outputs<Tangent>];
  /** Pulls cotangents back to the inputs marked Linear; null for the others. Not called when every cotangent is zero. */
  readonly transpose: (cts: readonly Tangent[], args: readonly MaybeLinear[], params: P) => readonly (Tangent | null)[];
  /**
   * One batched application instead of `size` separate ones. At least one dim is a number, unless the application may refer to the mapped
   * axis by `axisName`, which a primitive that carries jaxprs hands on to them.
   */
  readonly batch: (
    size: number,
    xs: readonly Tensor[],
    dims: readonly BatchDim[],
    params: P,
    axisName?: string,
  ) => readonly [Outputs<Tensor>, readonly BatchDim[]];
  /**
   * Like `jvp`, for primitives that carry jaxprs: what it binds on primals alone is computed now, what it binds on tangents
   * becomes the linear program. Absent, `jvp` serves.
   */
  readonly linearize?: Primitive<P>["jvp"];
  /**
   * The equation means exactly what `params.jaxpr` says, whose equations may take its place: always, or only when a program is compiled,
   * since its derivatives are not theirs.
   */
  readonly inline?: "always" | "compiled";
  /** It runs the jaxprs among its parameters, which are those of `core/control.ts`; it has no kernel. */
  readonly control?: "scan" | "while" | "cond";
  /** Of an `inline` primitive: its expressions must not be merged with equal ones outside. */
  readonly apart?: (params: P) => boolean;
  /** Computes at once, where no transformation looks on; absent, the runtime does, which keeps a program for an `inline` primitive. */
  readonly evaluate?: (xs: readonly Tensor[], params: P) => Outputs<Tensor>;
  /** Of a primitive whose parameters are functions: what stands for it in a jaxpr, where they are staged. */
  readonly stage?: (xs: readonly Tensor[], params: P) => Application;
  /**
   * Has a visible effect, such as printing, and no results: programs neither drop it nor merge it with an equal one, nor
   * compute it at another time.
   */
  readonly effect?: true;
  /** Names of mapped axes that it refers to. */
  readonly namedAxes?: (params: P) => readonly string[];
  /** Works element by element, with operands of size 1 (or scalars) repeated. */
  readonly elementwise?: boolean;
}

/** A primitive of any parameter type, as equations hold them. */
// biome-ignore lint/suspicious/noExplicitAny: parameters are opaque to everything but the primitive's own rules
export type AnyPrimitive = Primitive<any>;

/** The parameters of an equation, opaque outside of its primitive. */
export type Params = Readonly<Record<string, unknown>>;

/** Declares a primitive. */
export const definePrimitive = <P>(spec: Primitive<P>): Primitive<P> => Object.freeze(spec);

/** The transpose rule of an operation that is linear in none of its inputs. */
export const notLinear = (name: string) => (): never => {
  throw new InvariantError({ where: name, what: "only linear operations can be transposed" });
};

/**
 * @file Staging: running a function on avals and writing down what it does as a jaxpr.
 *
 * Everything the function binds is staged, also what depends on constants alone. Tensors it closes over become constants of
 * the jaxpr, found by identity; they may be tracers of a transformation outside.
 */
import type { Aval } from "./aval.js";
import { type Atom, type Eqn, Jaxpr, Var } from "./jaxpr.js";
import type { AnyPrimitive, Params } from "./primitive.js";
import { Literal, type Tensor, Tracer } from "./tensor.js";
import { Trace, traceCall } from "./trace.js";

/** A variable of the jaxpr being written. */
export class StageTracer extends Tracer {
  constructor(
    trace: StageTrace,
    madeBy: string,
    readonly variable: Var,
  ) {
    super(trace, madeBy);
  }
  get aval(): Aval {
    return this.variable.aval;
  }
}

/** Writes down what is bound. */
export class StageTrace extends Trace {
  readonly eqns: Eqn[] = [];
  readonly consts = new Map<Tensor, Var>();

  atomOf(x: Tensor): Atom {
    if (x instanceof Literal) return x;
    if (this.owns(x)) return x.variable;
    let v = this.consts.get(x);
    if (v === undefined) {
      v = new Var(x.aval);
      this.consts.set(x, v);
    }
    return v;
  }
  input(aval: Aval): StageTracer {
    return new StageTracer(this, "its arguments", new Var(aval));
  }
  owns(x: Tensor): x is StageTracer {
    return x instanceof StageTracer && x.owner === this;
  }
  /** What was written, as a function of `inputs`. */
  finish(inputs: readonly StageTracer[], outs: readonly Atom[]): Staged {
    const inVars = inputs.map((x) => x.variable);
    const jaxpr = new Jaxpr([...this.consts.values()], inVars, this.eqns, outs);
    return { jaxpr, consts: [...this.consts.keys()] };
  }
  process(prim: AnyPrimitive, args: readonly Tensor[], params: Params): readonly Tensor[] {
    if (prim.stage !== undefined) {
      const staged = prim.stage(args, params);
      return this.process(staged.prim, staged.args, staged.params as Params);
    }
    const inputs = args.map((x) => this.atomOf(x));
    const outputs = prim
      .abstractEval(
        inputs.map((a) => a.aval),
        params,
      )
      .map((aval) => new Var(aval));
    this.eqns.push({ prim, inputs, outputs, params });
    return outputs.map((v) => new StageTracer(this, prim.name, v));
  }
}

/** What staging gives: a jaxpr and the tensors its `constVars` stand for. */
export interface Staged {
  readonly jaxpr: Jaxpr;
  readonly consts: readonly Tensor[];
}

/**
 * Stages `f` on inputs of the given avals.
 * @param name  the transformation and the function, for messages
 */
export const stage = (name: string, f: (...args: Tensor[]) => readonly Tensor[], inAvals: readonly Aval[]): Staged => {
  const trace = new StageTrace(name);
  const inputs = inAvals.map((aval) => trace.input(aval));
  const outs = traceCall(trace, () => f(...inputs));
  return trace.finish(
    inputs,
    outs.map((x) => trace.atomOf(x)),
  );
};

/** The jaxpr with its constants turned into leading inputs. */
export const constsAsInputs = (jaxpr: Jaxpr): Jaxpr =>
  new Jaxpr([], [...jaxpr.constVars, ...jaxpr.inVars], jaxpr.eqns, jaxpr.outs);

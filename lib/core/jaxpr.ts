/**
 * @file Jaxprs: the one intermediate form. Typed, closed, printable, checked, evaluable.
 *
 * `{ lambda a:f32[3] ; b:f32[3] . let c:f32[3] = mul a b in (c,) }`: constants before the semicolon, inputs after it.
 */
import type { Aval } from "./aval.js";
import { InvariantError } from "./errors.js";
import type { AnyPrimitive, Params } from "./primitive.js";
import { dispose, Literal, type Tensor } from "./tensor.js";
import { bind } from "./trace.js";

/** What Node's `console.log` and its REPL ask an object for. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** A variable; equal only to itself. */
export class Var {
  constructor(readonly aval: Aval) {}
}
/** What an equation reads: a variable, or a scalar literal in place. */
export type Atom = Var | Literal;

/** `outputs = prim[params] inputs` */
export interface Eqn {
  readonly prim: AnyPrimitive;
  readonly inputs: readonly Atom[];
  readonly outputs: readonly Var[];
  readonly params: Params;
}

/** A function as a list of equations. */
export class Jaxpr {
  constructor(
    readonly constVars: readonly Var[],
    readonly inVars: readonly Var[],
    readonly eqns: readonly Eqn[],
    readonly outs: readonly Atom[],
  ) {}
  get inAvals(): readonly Aval[] {
    return this.inVars.map((v) => v.aval);
  }
  get outAvals(): readonly Aval[] {
    return this.outs.map((v) => v.aval);
  }
  toString(): string {
    return printJaxpr(this);
  }
  [INSPECT](): string {
    return this.toString();
  }
}

/** A jaxpr with the values of its constants. */
export class ClosedJaxpr {
  constructor(
    readonly jaxpr: Jaxpr,
    readonly consts: readonly Tensor[],
  ) {}
  toString(): string {
    return printJaxpr(this.jaxpr);
  }
  [INSPECT](): string {
    return this.toString();
  }
  /** Frees the constants. */
  dispose(): void {
    dispose(this.consts);
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Evaluates under the current trace, so that any transformation may look on. */
export const evalJaxpr = (jaxpr: Jaxpr, consts: readonly Tensor[], args: readonly Tensor[]): Tensor[] => {
  const env = new Map<Var, Tensor>();
  jaxpr.constVars.forEach((v, i) => {
    env.set(v, consts[i] as Tensor);
  });
  jaxpr.inVars.forEach((v, i) => {
    env.set(v, args[i] as Tensor);
  });
  const read = (atom: Atom): Tensor => {
    if (atom instanceof Literal) return atom;
    const value = env.get(atom);
    if (value === undefined) throw new InvariantError({ where: "evalJaxpr", what: "a variable has no value" });
    return value;
  };
  for (const eqn of jaxpr.eqns) {
    const outs = bind(eqn.prim, eqn.inputs.map(read), eqn.params);
    eqn.outputs.forEach((v, i) => {
      env.set(v, outs[i] as Tensor);
    });
  }
  return jaxpr.outs.map(read);
};

const letters = (n: number): string =>
  (n >= 26 ? letters(Math.floor(n / 26) - 1) : "") + String.fromCharCode(97 + (n % 26));

const printParam = (value: unknown, depth: number): string => {
  if (value instanceof Jaxpr) return printJaxpr(value, depth + 1);
  if (Array.isArray(value)) return `(${value.map((x) => printParam(x, depth)).join(",")})`;
  if (ArrayBuffer.isView(value)) return "…";
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value).map(([k, x]) => `${k}=${printParam(x, depth)}`)}}`;
  }
  return typeof value === "function" ? value.name : String(value);
};

/** The jaxpr as text; the same structure gives the same text. */
export const printJaxpr = (jaxpr: Jaxpr, depth = 0): string => {
  const names = new Map<Var, string>();
  const name = (v: Var): string => {
    let text = names.get(v);
    if (text === undefined) {
      text = letters(names.size);
      names.set(v, text);
    }
    return text;
  };
  const typed = (v: Var): string => `${name(v)}:${v.aval}`;
  const atom = (a: Atom): string => (a instanceof Literal ? `${a.value}:${a.aval}` : name(a));
  const pad = "  ".repeat(depth + 1);
  const head = [jaxpr.constVars.map(typed).join(" "), ";", jaxpr.inVars.map(typed).join(" ")].join(" ").trim();
  const lines = jaxpr.eqns.map((e) => {
    const outs = e.outputs.map(typed).join(" ");
    const params = Object.entries(e.params).map(([k, v]) => `${k}=${printParam(v, depth)}`);
    const bracket = params.length === 0 ? "" : `[${params.join(" ")}]`;
    return `${pad}  ${outs} = ${e.prim.name}${bracket} ${e.inputs.map(atom).join(" ")}`.trimEnd();
  });
  const outs = `(${jaxpr.outs.map(atom).join(", ")}${jaxpr.outs.length === 1 ? "," : ""})`;
  return [`{ lambda ${head} . let`, ...lines, `${pad}in ${outs} }`].join("\n");
};

/** The jaxprs among the parameters of an equation. */
export const jaxprsOf = (params: Params): Jaxpr[] =>
  Object.values(params)
    .flat()
    .filter((x) => x instanceof Jaxpr);

/** Checks that every variable is defined once before its use and that every equation has the avals its rule predicts. */
export const checkJaxpr = (jaxpr: Jaxpr): void => {
  const defined = new Set<Var>();
  const fail = (what: string, eqn?: Eqn): never => {
    throw new InvariantError({ where: "checkJaxpr", what, at: eqn?.prim.name, got: printJaxpr(jaxpr) });
  };
  const define = (v: Var, eqn?: Eqn): void => {
    if (defined.has(v)) fail("a variable is defined twice", eqn);
    defined.add(v);
  };
  const use = (a: Atom, eqn?: Eqn): void => {
    if (!(a instanceof Literal) && !defined.has(a)) fail("a variable is used before it is defined", eqn);
  };
  for (const v of [...jaxpr.constVars, ...jaxpr.inVars]) define(v);
  for (const eqn of jaxpr.eqns) {
    for (const a of eqn.inputs) use(a, eqn);
    const predicted = eqn.prim.abstractEval(
      eqn.inputs.map((a) => a.aval),
      eqn.params,
    );
    if (predicted.length !== eqn.outputs.length) fail("the number of outputs differs from the rule's", eqn);
    eqn.outputs.forEach((v, i) => {
      if (!v.aval.equals(predicted[i] as Aval)) fail(`output ${i} is ${v.aval}, the rule says ${predicted[i]}`, eqn);
      define(v, eqn);
    });
    for (const inner of jaxprsOf(eqn.params)) checkJaxpr(inner);
  }
  for (const a of jaxpr.outs) use(a);
};

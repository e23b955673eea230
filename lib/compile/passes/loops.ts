/**
 * @file Passes over loops and branches: their bodies are optimized as separate programs, what is the same in every turn is computed
 * before the loop, turns are written out as `unroll` says, and outputs, carries and inputs that nothing needs are dropped.
 */
import { type Aval, range, type Shape } from "../../core/aval.js";
import { type CondParams, type ScanParams, scanParts, type WhileParams, whileParts } from "../../core/control.js";
import type { HostArray } from "../../core/host.js";
import { type Atom, type Eqn, Jaxpr, Var } from "../../core/jaxpr.js";
import type { AnyPrimitive, Params } from "../../core/primitive.js";
import { hasEffect } from "../../core/rewrite.js";
import { reshapeP } from "../../primitives/broadcast.js";
import { concatenateP, sliceP } from "../../primitives/movement.js";

/** Jaxprs that have been through the passes, with the values of their constants. */
export interface Optimized {
  readonly jaxpr: Jaxpr;
  readonly consts: readonly HostArray[];
}

/** Writes equations with atoms of a new jaxpr. */
interface Scribe {
  write(prim: AnyPrimitive, inputs: readonly Atom[], params: Params): readonly Atom[];
  /** Writes the equations of a jaxpr without constants. */
  inline(jaxpr: Jaxpr, inputs: readonly Atom[]): readonly Atom[];
}

/** What a pass over control flow needs of the one over all equations. */
export interface Writer extends Scribe {
  readonly optimize: (jaxpr: Jaxpr) => Optimized;
  constant(value: HostArray, aval: Aval): Atom;
}

/** Bodies that need no more passes; more of them would merge what has to stay apart. */
const finished = new WeakSet<Jaxpr>();
export const isFinished = (jaxpr: Jaxpr): boolean => finished.has(jaxpr);
const finish = (jaxpr: Jaxpr): Jaxpr => {
  finished.add(jaxpr);
  return jaxpr;
};

/** Up to this size, what is the same in every turn is kept through the loop even if it is larger than what it is made of. */
const SMALL_BYTES = 1 << 16;

interface Prepared {
  /** `consts -> invariants` */
  readonly before: Jaxpr;
  /** `(constants, consts, invariants, …) -> outs` */
  readonly body: Jaxpr;
  readonly constants: readonly { readonly value: HostArray; readonly aval: Aval }[];
}
const preparedOf = new WeakMap<Jaxpr, Map<number, Prepared>>();

/** The optimized body of a loop whose first `numConsts` inputs are the same in every turn, and what can be computed before. */
const prepare = (optimize: Writer["optimize"], source: Jaxpr, numConsts: number): Prepared => {
  const entries = preparedOf.get(source) ?? new Map<number, Prepared>();
  preparedOf.set(source, entries);
  const known = entries.get(numConsts);
  if (known !== undefined) return known;
  const { jaxpr, consts } = optimize(source);
  const fixed = [...jaxpr.constVars, ...jaxpr.inVars.slice(0, numConsts)];
  const available = new Set<Atom>(fixed);
  const bytes = (atoms: readonly Atom[]): number => atoms.reduce((sum, a) => sum + a.aval.bytes, 0);
  const moved = jaxpr.eqns.filter((eqn) => {
    const { inputs, outputs } = eqn;
    const same = !hasEffect(eqn) && inputs.every((a) => !(a instanceof Var) || available.has(a));
    if (!same || bytes(outputs) > Math.max(bytes(inputs), SMALL_BYTES)) return false;
    for (const v of outputs) available.add(v);
    return true;
  });
  const gone = new Set(moved);
  const rest = jaxpr.eqns.filter((eqn) => !gone.has(eqn));
  const read = new Set<Atom>([...rest.flatMap((eqn) => eqn.inputs), ...jaxpr.outs]);
  const invariants = moved.flatMap((eqn) => eqn.outputs.filter((v) => read.has(v)));
  const prepared = {
    before: new Jaxpr([], fixed, moved, invariants),
    body: new Jaxpr([], [...fixed, ...invariants, ...jaxpr.inVars.slice(numConsts)], rest, jaxpr.outs),
    constants: consts.map((value, i) => ({ value, aval: jaxpr.constVars[i].aval })),
  };
  finish(prepared.body);
  entries.set(numConsts, prepared);
  return prepared;
};

/** What every turn is given: constants of the body, its own consts, and what was computed before the loop. */
const fixedInputs = (writer: Writer, { before, constants }: Prepared, consts: readonly Atom[]): Atom[] => {
  const fixed = [...constants.map(({ value, aval }) => writer.constant(value, aval)), ...consts];
  return [...fixed, ...writer.inline(before, fixed)];
};

// --- scan ----------------------------------------------------------------------------------------------------------------

const rowsOf = (writer: Scribe, x: Atom, from: number, to: number): Atom => {
  const { shape } = x.aval;
  if (from === 0 && to === shape[0]) return x;
  const along = (value: number, others: Shape): number[] => [value, ...others];
  const zeros = shape.slice(1).map(() => 0);
  const params = { start: along(from, zeros), limit: along(to, shape.slice(1)), strides: shape.map(() => 1) };
  return writer.write(sliceP, [x], params)[0];
};
const shaped = (writer: Scribe, x: Atom, shape: Shape): Atom => writer.write(reshapeP, [x], { shape })[0];
const joined = (writer: Scribe, parts: readonly Atom[]): Atom =>
  parts.length === 1 ? parts[0] : writer.write(concatenateP, parts, { axis: 0 })[0];

/** Turns written out over all rows of `xs`: the last carry, and rows stacked. */
const writeOut = (
  writer: Scribe,
  { jaxpr, numCarry, reverse }: ScanParams,
  consts: readonly Atom[],
  init: readonly Atom[],
  xs: readonly Atom[],
  length: number,
): Atom[] => {
  let carry = init;
  const stacks: Atom[][] = jaxpr.outs.slice(numCarry).map(() => []);
  for (let turn = 0; turn < length; turn++) {
    const i = reverse ? length - 1 - turn : turn;
    const row = xs.map((x) => shaped(writer, rowsOf(writer, x, i, i + 1), x.aval.shape.slice(1)));
    const outs = writer.inline(jaxpr, [...consts, ...carry, ...row]);
    carry = outs.slice(0, numCarry);
    stacks.forEach((stack, k) => {
      const y = outs[numCarry + k];
      stack[i] = shaped(writer, y, [1, ...y.aval.shape]);
    });
  }
  return [...carry, ...stacks.map((stack) => joined(writer, stack))];
};

const unrolledOf = new WeakMap<Jaxpr, Map<string, Jaxpr>>();

/** Writes equations as they are. */
const scribe = (eqns: Eqn[]): Scribe => {
  const push = (eqn: Omit<Eqn, "outputs">, avals: readonly Aval[]): readonly Var[] => {
    const outputs = avals.map((aval) => new Var(aval));
    eqns.push({ ...eqn, outputs });
    return outputs;
  };
  const avalsOf = (atoms: readonly Atom[]): Aval[] => atoms.map((a) => a.aval);
  return {
    write: (prim, inputs, params) => push({ prim, inputs, params }, prim.abstractEval(avalsOf(inputs), params)),
    inline(jaxpr, inputs) {
      const env = new Map<Atom, Atom>(jaxpr.inVars.map((v, i) => [v, inputs[i]]));
      const read = (a: Atom): Atom => env.get(a) ?? a;
      for (const eqn of jaxpr.eqns) {
        const outs = push({ ...eqn, inputs: eqn.inputs.map(read) }, avalsOf(eqn.outputs));
        eqn.outputs.forEach((v, i) => {
          env.set(v, outs[i]);
        });
      }
      return jaxpr.outs.map(read);
    },
  };
};

/** A turn over `unroll` rows at once, as a separate jaxpr. */
const unrolledBody = (params: ScanParams): Jaxpr => {
  const { jaxpr, unroll, numConsts, numCarry, reverse } = params;
  const entries = unrolledOf.get(jaxpr) ?? new Map<string, Jaxpr>();
  unrolledOf.set(jaxpr, entries);
  const key = `${unroll} ${numConsts} ${numCarry} ${reverse}`;
  let body = entries.get(key);
  if (body === undefined) {
    const inputs = jaxpr.inAvals.map(
      (a, i) => new Var(i < numConsts + numCarry ? a : a.withShape([unroll, ...a.shape])),
    );
    const { consts, carry, xs } = scanParts(params, inputs);
    const eqns: Eqn[] = [];
    body = new Jaxpr([], inputs, eqns, writeOut(scribe(eqns), params, consts, carry, xs, unroll));
    entries.set(key, body);
  }
  return body;
};

const writeScan = (
  writer: Writer,
  prim: AnyPrimitive,
  params: ScanParams,
  inputs: readonly Atom[],
): readonly Atom[] => {
  const { length, unroll, numCarry, numConsts, reverse } = params;
  const { consts, carry, xs } = scanParts(params, inputs);
  if (length > 0 && length <= unroll) return writeOut(writer, params, consts, carry, xs, length);
  if (unroll > 1 && length > 0) {
    const turns = Math.floor(length / unroll);
    const whole = turns * unroll;
    const [main, rest] = [xs.map((x) => rowsOf(writer, x, 0, whole)), xs.map((x) => rowsOf(writer, x, whole, length))];
    const remaining = (init: readonly Atom[]): readonly Atom[] =>
      whole === length ? init : writeOut(writer, params, consts, init, rest, length - whole);
    const chunks = main.map((x) => shaped(writer, x, [turns, unroll, ...x.aval.shape.slice(1)]));
    const body = unrolledBody(params);
    const loop = (init: readonly Atom[]): readonly Atom[] =>
      writeScan(writer, prim, { ...params, jaxpr: body, length: turns, unroll: 1 }, [...consts, ...init, ...chunks]);
    const flat = (ys: readonly Atom[]): Atom[] => ys.map((y) => shaped(writer, y, [whole, ...y.aval.shape.slice(2)]));
    const first = reverse ? remaining(carry) : loop(carry);
    const second = reverse ? loop(first.slice(0, numCarry)) : remaining(first.slice(0, numCarry));
    const [low, high] = reverse ? [second, first] : [first, second];
    const ys = flat(low.slice(numCarry)).map((y, k) => {
      const more = high[numCarry + k];
      return more === undefined ? y : joined(writer, [y, more]);
    });
    return [...second.slice(0, numCarry), ...ys];
  }
  const prepared = prepare(writer.optimize, params.jaxpr, numConsts);
  const fixed = fixedInputs(writer, prepared, consts);
  return writer.write(prim, [...fixed, ...carry, ...xs], {
    ...params,
    jaxpr: prepared.body,
    numConsts: fixed.length,
  });
};

// --- all -----------------------------------------------------------------------------------------------------------------

const branchesOf = new WeakMap<readonly Jaxpr[], readonly Prepared[]>();

/** Writes a control equation with its bodies optimized; gives what stands for its outputs. */
export const writeControl = (
  writer: Writer,
  prim: AnyPrimitive,
  params: Params,
  inputs: readonly Atom[],
): readonly Atom[] => {
  if (prim.control === "scan") {
    return writeScan(writer, prim, params as unknown as ScanParams, inputs);
  }
  if (prim.control === "while") {
    const own = params as unknown as WhileParams;
    const { condConsts, bodyConsts, carry } = whileParts(own, inputs);
    const [test, turn] = [
      prepare(writer.optimize, own.cond, own.condConsts),
      prepare(writer.optimize, own.body, own.bodyConsts),
    ];
    const [testFixed, turnFixed] = [fixedInputs(writer, test, condConsts), fixedInputs(writer, turn, bodyConsts)];
    const [numTest, numTurn] = [testFixed.length, turnFixed.length];
    const changed = { cond: test.body, body: turn.body, condConsts: numTest, bodyConsts: numTurn };
    return writer.write(prim, [...testFixed, ...turnFixed, ...carry], changed);
  }
  const { branches } = params as unknown as CondParams;
  const prepared = branchesOf.get(branches) ?? branches.map((jaxpr) => prepare(writer.optimize, jaxpr, 0));
  branchesOf.set(branches, prepared);
  // Nothing is computed before a choice, but the constants of all branches come in together.
  const [index, ...operands] = inputs;
  const constants = prepared.flatMap((p) => p.constants);
  const changed = prepared.map((p, b) => {
    const skip = prepared.slice(0, b).reduce((n, q) => n + q.constants.length, 0);
    const places = constants.map((c, i) => {
      const own = i - skip;
      return own >= 0 && own < p.constants.length ? p.body.inVars[own] : new Var(c.aval);
    });
    const { before, body } = p;
    const rest = body.inVars.slice(p.constants.length + before.outs.length);
    return finish(new Jaxpr([], [...places, ...rest], [...before.eqns, ...body.eqns], body.outs));
  });
  const fixed = constants.map(({ value, aval }) => writer.constant(value, aval));
  return writer.write(prim, [index, ...fixed, ...operands], { branches: changed });
};

// --- dead code -----------------------------------------------------------------------------------------------------------

const readBy = (jaxpr: Jaxpr): Set<Atom> => new Set([...jaxpr.eqns.flatMap((eqn) => eqn.inputs), ...jaxpr.outs]);
const pick = <T>(list: readonly T[], places: readonly number[]): T[] => places.map((i) => list[i]);

/** The smallest set of carries that has the `needed` ones and all that `body` reads for one of the set. */
const closedCarry = (
  needed: readonly boolean[],
  reads: (carry: readonly boolean[]) => readonly boolean[],
): boolean[] => {
  let carry = [...needed];
  for (;;) {
    const more = reads(carry);
    const next = carry.map((yes, i) => yes || more[i]);
    if (next.every((yes, i) => yes === carry[i])) return next;
    carry = next;
  }
};

/** The equation without the outputs that are not needed, and without what only they need. */
export const trimmed = (eqn: Eqn, needed: readonly boolean[], dropDead: (jaxpr: Jaxpr) => Jaxpr): Eqn => {
  const { prim, inputs, outputs, params } = eqn;
  const where = (flags: readonly boolean[]): number[] => range(flags.length).filter((i) => flags[i]);
  const only = (jaxpr: Jaxpr, outs: readonly number[]): Jaxpr =>
    dropDead(new Jaxpr([], jaxpr.inVars, jaxpr.eqns, pick(jaxpr.outs, outs)));
  const withInputs = (jaxpr: Jaxpr, ins: readonly number[]): Jaxpr =>
    finish(new Jaxpr([], pick(jaxpr.inVars, ins), jaxpr.eqns, jaxpr.outs));

  if (prim.control === "scan") {
    const own = params as unknown as ScanParams;
    const { jaxpr, numConsts, numCarry } = own;
    const ys = where(needed.slice(numCarry)).map((k) => numCarry + k);
    const bodyFor = (carry: readonly boolean[]): Jaxpr => only(jaxpr, [...where(carry), ...ys]);
    const carry = closedCarry(needed.slice(0, numCarry), (on) => {
      const read = readBy(bodyFor(on));
      return scanParts(own, jaxpr.inVars).carry.map((v) => read.has(v));
    });
    const body = bodyFor(carry);
    const read = readBy(body);
    const used = jaxpr.inVars.map((v, i) =>
      i >= numConsts && i < numConsts + numCarry ? carry[i - numConsts] : read.has(v),
    );
    const changed: ScanParams = {
      ...own,
      jaxpr: withInputs(body, where(used)),
      numConsts: where(used.slice(0, numConsts)).length,
      numCarry: where(carry).length,
    };
    const outs = pick(outputs, [...where(carry), ...ys]);
    return { prim, inputs: pick(inputs, where(used)), outputs: outs, params: changed as unknown as Params };
  }
  if (prim.control === "while") {
    const own = params as unknown as WhileParams;
    const parts = whileParts(own, inputs);
    const test = readBy(own.cond);
    const testCarry = own.cond.inVars.slice(own.condConsts).map((v) => test.has(v));
    const carry = closedCarry(
      needed.map((yes, i) => yes || testCarry[i]),
      (on) => {
        const read = readBy(only(own.body, where(on)));
        return own.body.inVars.slice(own.bodyConsts).map((v) => read.has(v));
      },
    );
    const body = only(own.body, where(carry));
    const read = readBy(body);
    const [testUsed, bodyUsed] = [
      own.cond.inVars.slice(0, own.condConsts).map((v) => test.has(v)),
      own.body.inVars.slice(0, own.bodyConsts).map((v) => read.has(v)),
    ];
    const changed: WhileParams = {
      cond: withInputs(own.cond, where([...testUsed, ...carry])),
      body: withInputs(body, where([...bodyUsed, ...carry])),
      condConsts: where(testUsed).length,
      bodyConsts: where(bodyUsed).length,
    };
    return {
      prim,
      inputs: [
        ...pick(parts.condConsts, where(testUsed)),
        ...pick(parts.bodyConsts, where(bodyUsed)),
        ...pick(parts.carry, where(carry)),
      ],
      outputs: pick(outputs, where(carry)),
      params: changed as unknown as Params,
    };
  }
  const { branches } = params as unknown as CondParams;
  const kept = branches.map((jaxpr) => only(jaxpr, where(needed)));
  const reads = kept.map(readBy);
  const used = where(branches[0].inVars.map((_, i) => kept.some((jaxpr, b) => reads[b].has(jaxpr.inVars[i]))));
  return {
    prim,
    inputs: [inputs[0], ...pick(inputs.slice(1), used)],
    outputs: pick(outputs, where(needed)),
    params: { branches: kept.map((jaxpr) => withInputs(jaxpr, used)) },
  };
};

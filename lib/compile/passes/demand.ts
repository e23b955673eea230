/**
 * @file Computes of every array only the part that is read.
 *
 * The gradient of a prompt reads the first rows of what the first layer gives back; the products behind the other rows need not be made. The
 * parts are found backwards, from slices to what they are slices of, and each equation is then written for its part.
 */
import { range, type Shape, sizeOf } from "../../core/aval.js";
import { type Atom, type Eqn, Jaxpr, Var } from "../../core/jaxpr.js";
import type { AnyPrimitive, Params } from "../../core/primitive.js";
import { broadcastInDimP, reduceSumP, reshapeP, transposeP } from "../../primitives/broadcast.js";
import { type DotDims, dotGeneralP, freeAxes } from "../../primitives/dot.js";
import { sliceP } from "../../primitives/movement.js";

/** From where to before where along an axis. */
type Span = readonly [from: number, to: number];
type Part = readonly Span[];

const whole = (shape: Shape): Part => shape.map((n) => [0, n]);
const shapeOf = (part: Part): number[] => part.map(([from, to]) => to - from);
const samePart = (a: Part, b: Part): boolean => a.every(([from, to], i) => from === b[i][0] && to === b[i][1]);

/** The smallest part that holds both. */
const hull = (a: Part, b: Part): Part => a.map(([from, to], i) => [Math.min(from, b[i][0]), Math.max(to, b[i][1])]);

/** What a part of the result of an equation is made of: the parts of the operands, and the parameters that make it. */
interface Narrowed {
  readonly parts: readonly Part[];
  readonly params: Params;
}
type Rule = (eqn: Eqn, part: Part) => Narrowed | undefined;

const elementwise: Rule = ({ inputs, params }, part) => ({
  params,
  parts: inputs.map(({ aval: { shape } }) => shape.map((n, axis): Span => (n === 1 ? [0, 1] : part[axis]))),
});

const RULES: ReadonlyMap<AnyPrimitive, Rule> = new Map<AnyPrimitive, Rule>([
  [
    dotGeneralP as AnyPrimitive,
    ({ inputs: [lhs, rhs], params }, part) => {
      const d = params as unknown as DotDims;
      const free = freeAxes(lhs.aval, rhs.aval, d);
      const [l, r] = [[...whole(lhs.aval.shape)], [...whole(rhs.aval.shape)]];
      d.lhsBatch.forEach((axis, i) => {
        l[axis] = part[i];
        r[d.rhsBatch[i]] = part[i];
      });
      const rows = d.lhsBatch.length;
      free.lhs.forEach((axis, i) => {
        l[axis] = part[rows + i];
      });
      free.rhs.forEach((axis, i) => {
        r[axis] = part[rows + free.lhs.length + i];
      });
      return { params, parts: [l, r] };
    },
  ],
  [
    reduceSumP as AnyPrimitive,
    ({ inputs: [x], params }, part) => {
      const axes = params.axes as readonly number[];
      let next = 0;
      return { params, parts: [x.aval.shape.map((n, axis): Span => (axes.includes(axis) ? [0, n] : part[next++]))] };
    },
  ],
  [
    transposeP as AnyPrimitive,
    ({ inputs: [x], params }, part) => {
      const own = [...whole(x.aval.shape)];
      (params.perm as readonly number[]).forEach((from, to) => {
        own[from] = part[to];
      });
      return { params, parts: [own] };
    },
  ],
  [
    broadcastInDimP as AnyPrimitive,
    ({ inputs: [x], params }, part) => {
      const dims = params.dims as readonly number[];
      const own = x.aval.shape.map((n, i): Span => (n === 1 ? [0, 1] : part[dims[i]]));
      return { params: { ...params, shape: shapeOf(part) }, parts: [own] };
    },
  ],
  [
    reshapeP as AnyPrimitive,
    ({ inputs: [x], outputs: [y] }, part) => {
      const [from, to] = [x.aval.shape, y.aval.shape];
      const own = [...whole(from)];
      for (const axis of range(to.length)) {
        if (part[axis][0] === 0 && part[axis][1] === to[axis]) continue;
        // An axis stays an axis where as many elements lie before it.
        const before = sizeOf(to.slice(0, axis));
        const same = range(from.length).find((i) => from[i] === to[axis] && sizeOf(from.slice(0, i)) === before);
        if (same === undefined) return undefined;
        own[same] = part[axis];
      }
      return { params: { shape: shapeOf(part) }, parts: [own] };
    },
  ],
]);

const ruleOf = (eqn: Eqn): Rule | undefined => (eqn.prim.elementwise === true ? elementwise : RULES.get(eqn.prim));

/** Only parts up to this share of the whole are worth the slices of their operands. */
const WORTH = 1 / 2;

const isPlainSlice = ({ prim, params }: Eqn): boolean =>
  prim === sliceP && (params.strides as readonly number[]).every((s) => s === 1);
const spanOf = ({ params }: Eqn): Part => {
  const { start, limit } = params as { start: readonly number[]; limit: readonly number[] };
  return start.map((from, axis) => [from, limit[axis]]);
};

/** How each equation that is narrowed is narrowed, found from the results backwards. */
const narrowings = (jaxpr: Jaxpr): ReadonlyMap<Eqn, { readonly part: Part; readonly narrowed: Narrowed }> => {
  const read = new Map<Atom, Part>();
  const reads = (a: Atom, part: Part): void => {
    if (!(a instanceof Var)) return;
    const before = read.get(a);
    read.set(a, before === undefined ? part : hull(before, part));
  };
  const out = new Map<Eqn, { part: Part; narrowed: Narrowed }>();
  for (const a of jaxpr.outs) reads(a, whole(a.aval.shape));
  for (const eqn of jaxpr.eqns.slice().reverse()) {
    const part = eqn.outputs.length === 1 ? read.get(eqn.outputs[0]) : undefined;
    const size = eqn.outputs[0]?.aval.size ?? 0;
    const small = part !== undefined && size > 0 && sizeOf(shapeOf(part)) <= WORTH * size;
    const narrowed = small ? ruleOf(eqn)?.(eqn, part) : undefined;
    if (part !== undefined && narrowed !== undefined) out.set(eqn, { part, narrowed });
    eqn.inputs.forEach((a, i) => {
      reads(a, narrowed?.parts[i] ?? (isPlainSlice(eqn) ? spanOf(eqn) : whole(a.aval.shape)));
    });
  }
  return out;
};

/** The same results from equations over what is read of each array. */
export const onlyWhatIsRead = (jaxpr: Jaxpr): Jaxpr => {
  if (!jaxpr.eqns.some(isPlainSlice)) return jaxpr;
  const plan = narrowings(jaxpr);
  if (plan.size === 0) return jaxpr;
  const eqns: Eqn[] = [];
  /** What stands for a narrowed variable, and which part of it that is. */
  const made = new Map<Atom, { readonly v: Var; readonly part: Part }>();
  const slices = new Map<string, Var>();
  const ids = new Map<Atom, number>();
  const write = (prim: AnyPrimitive, inputs: readonly Atom[], params: Params): Var => {
    const [aval] = prim.abstractEval(
      inputs.map((a) => a.aval),
      params,
    );
    const v = new Var(aval);
    eqns.push({ prim, inputs, params, outputs: [v] });
    return v;
  };
  /** A part of a variable of the old jaxpr. */
  const partOf = (a: Atom, part: Part): Atom => {
    if (!(a instanceof Var)) return a;
    const { v, part: there } = made.get(a) ?? { v: a, part: whole(a.aval.shape) };
    if (samePart(part, there)) return v;
    if (!ids.has(a)) ids.set(a, ids.size);
    const key = `${ids.get(a)}:${part}`;
    const before = slices.get(key);
    if (before !== undefined) return before;
    const start = part.map(([from], axis) => from - there[axis][0]);
    const limit = part.map(([, to], axis) => to - there[axis][0]);
    const cut = write(sliceP as AnyPrimitive, [v], { start, limit, strides: start.map(() => 1) });
    slices.set(key, cut);
    return cut;
  };
  for (const eqn of jaxpr.eqns) {
    const narrow = plan.get(eqn);
    if (narrow !== undefined) {
      const inputs = eqn.inputs.map((a, i) => partOf(a, narrow.narrowed.parts[i]));
      made.set(eqn.outputs[0], { v: write(eqn.prim, inputs, narrow.narrowed.params), part: narrow.part });
    } else if (isPlainSlice(eqn) && made.has(eqn.inputs[0])) {
      const v = partOf(eqn.inputs[0], spanOf(eqn)) as Var;
      made.set(eqn.outputs[0], { v, part: whole(v.aval.shape) });
    } else {
      const inputs = eqn.inputs.map((a) => (a instanceof Var ? partOf(a, whole(a.aval.shape)) : a));
      eqns.push({ ...eqn, inputs });
    }
  }
  return new Jaxpr(
    jaxpr.constVars,
    jaxpr.inVars,
    eqns,
    jaxpr.outs.map((a) => made.get(a)?.v ?? a),
  );
};

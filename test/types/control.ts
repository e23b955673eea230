/** @file Types of control flow: carries, rows and results follow the user's trees. Checked by `tsc`, never run. */
import {
  associativeScan,
  cond,
  foriLoop,
  type lax,
  map,
  np,
  scan,
  switchCase,
  type Tensor,
  whileLoop,
} from "../../lib/index.js";
import type { Equal, Expect } from "./equal.js";

interface State {
  readonly h: Tensor;
  readonly steps: readonly [Tensor, number];
}
interface Row {
  readonly x: Tensor;
  readonly mask: Tensor;
}
interface Held {
  readonly h: Tensor;
  readonly steps: readonly [Tensor, Tensor];
}
declare const state: State;
declare const rows: Row;
declare const x: Tensor;

// --- scan ----------------------------------------------------------------------------------------------------------------

const scanned = scan(
  (c, r) => [
    { h: np.add(c.h, r.x), steps: [c.steps[0], 0] },
    { y: r.mask, n: 1 },
  ],
  state,
  rows,
);
export type Carry = Expect<Equal<(typeof scanned)[0], Held>>;
export type Stacked = Expect<Equal<(typeof scanned)[1], { y: Tensor; n: Tensor }>>;

const pairOfTensors = (c: Tensor, r: Tensor) => [np.add(c, r), c];
const inVariable = scan(pairOfTensors, 0, x);
export type InVariable = Expect<Equal<typeof inVariable, [carry: Tensor, ys: Tensor]>>;
const unlikePair = ({ h, steps }: Held, r: Row) => [
  { h: np.add(h, r.x), steps },
  { y: r.mask, h },
];
const [unlikeCarry, unlikeRows] = scan(unlikePair, state, rows);
export type UnlikeCarry = Expect<Equal<typeof unlikeCarry, Held>>;
export const ofUnlike: readonly Tensor[] = [unlikeRows.y, unlikeRows.h];
const tensorAndNothing = (c: Tensor, r: Tensor) => [np.add(c, r), null];
export type NothingBeside = Expect<Equal<ReturnType<typeof nothingBeside>, [carry: Tensor, ys: null]>>;
const nothingBeside = () => scan(tensorAndNothing, x, x);
const pairAndRow = ([c, done]: [Tensor, Tensor], r: Tensor) => [[np.add(c, r), done], { c }];
export const ofPair: Tensor = scan(pairAndRow, [x, x], x)[1].c;
const noCarry = (c: Tensor, r: Tensor) => [{ c }, { r }];
// @ts-expect-error no element of the list can be the carry
scan(noCarry, x, x);
// @ts-expect-error three results are not a pair
scan((c, r) => [c, r, r], 0, x);

const counted = scan((c, none) => [np.add(c, 1), none], 0, null, { length: 3 });
export type Counted = Expect<Equal<typeof counted, [carry: Tensor, ys: null]>>;

// @ts-expect-error a carry that loses a leaf
scan((c, r) => [{ h: np.add(c.h, r.x) }, null], state, rows);
// @ts-expect-error a row has no such leaf
scan((c, r) => [c, r.missing], x, rows);
// @ts-expect-error not a pair
scan((c) => c, x, rows);
// @ts-expect-error a misspelt option
scan((c) => [c, null], x, rows, { lenght: 3 });

// --- loops ---------------------------------------------------------------------------------------------------------------

const looped = whileLoop(
  (c) => np.less(np.sum(c.h), 3),
  (c) => ({ h: c.h, steps: [c.steps[0], 1] as const }),
  state,
);
export type Looped = Expect<Equal<typeof looped, Held>>;
const repeated = foriLoop(0, x, (i, c) => np.multiply(c, i), 1);
export type Repeated = Expect<Equal<typeof repeated, Tensor>>;
const lost = (c: Held): Pick<Held, "h"> => ({ h: c.h });
// @ts-expect-error the body loses a leaf
whileLoop(() => true, lost, state);

// --- choices -------------------------------------------------------------------------------------------------------------

const chosen = cond(
  x,
  (s, k) => ({ a: s.h, b: [k] }),
  (s, k) => ({ a: np.add(s.h, k), b: [0] }),
  state,
  2,
);
export type Chosen = Expect<Equal<typeof chosen, { a: Tensor; b: [Tensor] }>>;
const switched = switchCase(1, [np.sin, np.cos, (y: Tensor) => y], x);
export type Switched = Expect<Equal<typeof switched, Tensor>>;
export type Named = Expect<Equal<typeof lax.switch, typeof switchCase>>;
const [one, other] = [(y: Tensor) => ({ a: y }), (y: Tensor) => [y]];
// @ts-expect-error branches that return different trees
cond(x, one, other, x);

// --- map and associativeScan ---------------------------------------------------------------------------------------------

const mapped = map((r) => [np.sum(r.x), 1] as const, rows, { batchSize: 4 });
export type Mapped = Expect<Equal<typeof mapped, readonly [Tensor, Tensor]>>;
const prefixes = associativeScan((a, b) => ({ x: np.add(a.x, b.x), mask: np.multiply(a.mask, b.mask) }), rows);
export type Prefixes = Expect<Equal<typeof prefixes, { readonly x: Tensor; readonly mask: Tensor }>>;

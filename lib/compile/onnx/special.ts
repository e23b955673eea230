/** @file Special functions and counts of bits as ONNX nodes. */
import { type Piece, SINGLE } from "../../primitives/erf-inv.js";
import { ELEMENTWISE, Nodes, ofFloats } from "./elementwise.js";
import type { Lowering } from "./lowering.js";

/** `x p(w)` with `w = -log(1 - x^2)`, by the polynomials of the primitive. */
const erfInv: Lowering = (equation) => {
  const log1p = ELEMENTWISE.log1p(equation);
  if (log1p === undefined) return undefined;
  return (b, [x]) => {
    const n = new Nodes(b);
    const f = (value: number): string => b.scalar("float32", value);
    const w = n.op("Neg", log1p(b, [n.op("Neg", n.op("Mul", x, x))])[0]);
    const polynomial = ({ root, shift, coefficients: [first, ...rest] }: Piece): string => {
      const t = n.op("Sub", root ? n.op("Sqrt", w) : w, f(shift));
      return rest.reduce((p, c) => n.op("Add", n.op("Mul", p, t), f(c)), f(first));
    };
    const [centre, tail] = SINGLE;
    const slope = n.where(n.op("Less", w, f(centre.below)), polynomial(centre), polynomial(tail));
    const edge = n.op("Equal", n.op("Abs", x), f(1));
    return [n.op("Mul", x, n.where(edge, f(Number.POSITIVE_INFINITY), slope))];
  };
};

/**
 * `x |x|^(-2/3)`; as a product, so that -0 stays. Pow is off by several units in the last place far from 1, which one step of Newton's method
 * mends: `y ← y - y/3 (1 - x / y³)`, as a factor of `x`, with the quotients taken one by one, so that nothing overflows.
 */
const cbrt = ofFloats((n, x) => {
  const f = (value: number): string => n.b.scalar("float32", value);
  const size = n.op("Abs", x);
  const itself = n.op("Or", n.op("Equal", size, f(0)), n.op("Equal", size, f(Number.POSITIVE_INFINITY)));
  const factor = n.op("Pow", n.where(itself, f(1), size), f(-2 / 3));
  const y = n.op("Mul", x, factor);
  const ratio = n.op("Div", n.op("Div", n.op("Div", x, y), y), y);
  const step = n.op("Mul", n.op("Mul", factor, f(1 / 3)), n.op("Sub", f(1), ratio));
  return n.op("Mul", x, n.where(itself, f(1), n.op("Sub", factor, step)));
});

/** `x log y`, where `x` is a zero of either sign and `y` a number 0. */
const xlogy = ofFloats((n, x, y) => {
  const f = (value: number): string => n.b.scalar("float32", value);
  const zero = n.op("Equal", x, f(0));
  const none = n.op("And", zero, n.op("Equal", y, y));
  return n.op("Mul", n.where(zero, f(0), x), n.where(none, f(1), n.op("Log", y)));
});

/** `x` moved to the right, with zeros coming in. */
const right = (n: Nodes, x: string, by: number): string => {
  const amount = n.b.constant("uint32", [], new Uint8Array(Uint32Array.of(by).buffer));
  return n.signed(n.b.node("BitShift", [n.unsigned(x), amount], { direction: "RIGHT" }));
};

/** Counts in pairs of bits, then in groups of four, of eight, and all together. */
const ones = (n: Nodes, x: string): string => {
  const and = (y: string, mask: number): string => n.op("BitwiseAnd", y, n.int(mask));
  const pairs = n.op("Sub", x, and(right(n, x, 1), 0x55555555));
  const fours = n.op("Add", and(pairs, 0x33333333), and(right(n, pairs, 2), 0x33333333));
  const bytes = and(n.op("Add", fours, right(n, fours, 4)), 0x0f0f0f0f);
  return right(n, n.op("Mul", bytes, n.int(0x01010101)), 24);
};

export const SPECIAL = {
  erf_inv: erfInv,
  cbrt,
  xlogy,
  population_count:
    () =>
    (b, [x]) => [ones(new Nodes(b), x)],
  clz:
    () =>
    (b, [x]) => {
      const n = new Nodes(b);
      const filled = [1, 2, 4, 8, 16].reduce((y, by) => n.op("BitwiseOr", y, right(n, y, by)), x);
      return [n.op("Sub", n.int(32), ones(n, filled))];
    },
} satisfies Record<string, Lowering>;

/** @file Flags, texts and functions among arguments: a function takes them as they are, or they are refused; none becomes a tensor in silence. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import {
  checkpoint,
  customVjp,
  evalShape,
  grad,
  hessian,
  init,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  makeJaxpr,
  valueAndGrad,
  vjp,
  vmap,
} from "../../lib/index.js";
import * as np from "../../lib/np/index.js";
import { refused } from "../lab/refused.js";

const Flags = suite("transforms/flags");
await init();
const x = np.array([1, 2]);
/** `d/dw` is the sum of `x` without training, half of it with: 3 and 1.5. */
const loss = (w: Tensor, given: Tensor, train: boolean): Tensor =>
  np.multiply(np.sum(np.multiply(w, given)), train ? 0.5 : 1);
const w = np.array(2);
const near = (got: Tensor, want: number): void => assert.ok(Math.abs(got.item() - want) < 1e-6, `${got} ${want}`);

Flags("grad and valueAndGrad hand a flag on, alone and in jit, on both sides", () => {
  for (const [train, want] of [
    [false, 3],
    [true, 1.5],
  ] as const) {
    near(grad(loss)(w, x, train), want);
    near(valueAndGrad(loss)(w, x, train)[0], 2 * want);
    near(jit(grad(loss), { static: [2] })(w, x, train), want);
    near(grad(jit(loss, { static: [2] }))(w, x, train), want);
    near(grad(checkpoint(loss))(w, x, train), want);
  }
});

Flags("a flag in a tree of options, a text and a function are handed on", () => {
  const f = (a: Tensor, { train, how, of }: { train: boolean; how: string; of: (y: Tensor) => Tensor }): Tensor =>
    np.multiply(how === "twice" ? np.multiply(of(a), 2) : of(a), train ? 1 : 10);
  near(grad(f)(np.array(3), { train: false, how: "twice", of: np.square }) as Tensor, 120);
  near(grad(f)(np.array(3), { train: true, how: "once", of: np.square }) as Tensor, 6);
});

Flags("derivatives by argnums hand on the other arguments", () => {
  const f = (a: Tensor, cubed: boolean): Tensor => (cubed ? np.power(a, 3) : np.square(a));
  for (const derivative of [jacfwd, jacrev]) {
    near(derivative(f)(np.array(2), false) as Tensor, 4);
    near(derivative(f)(np.array(2), true) as Tensor, 12);
  }
  near(hessian(f)(np.array(2), false) as Tensor, 2);
  near(hessian(f)(np.array(2), true) as Tensor, 12);
});

Flags("vmap maps no flag, whatever inAxes says", () => {
  const f = (a: Tensor, negative: boolean): Tensor => (negative ? np.negative(a) : a);
  assert.equal([...vmap(f, { inAxes: [0, null] })(x, false).dataSync()], [1, 2]);
  assert.equal([...vmap(f)(x, true).dataSync()], [-1, -2]);
  assert.equal([...vmap(jit(f, { static: [1] }), { inAxes: [0, null] })(x, false).dataSync()], [1, 2]);
  assert.equal([...vmap(grad(f), { inAxes: [0, null] })(x, true).dataSync()], [-1, -1]);
});

Flags("functions with derivatives of their own hand flags on", () => {
  const g = (a: Tensor, half: boolean): Tensor => (half ? np.multiply(a, 0.5) : a);
  const f = customVjp(
    g,
    (a: Tensor, half: boolean) => [g(a, half), np.array(half ? 0.5 : 1)],
    (scale: Tensor, ct: Tensor) => [np.multiply(ct, scale), null] as never,
  );
  near(f(w, false), 2);
  near(grad(f)(w, false), 1);
  near(grad(f)(w, true), 0.5);
});

Flags("a flag where a tensor is differentiated by is refused with its place and the remedy", () => {
  const f = ((a: Tensor, flag: boolean) => (flag ? a : np.negative(a))) as (a: Tensor, flag: never) => Tensor;
  const calls: readonly (() => unknown)[] = [
    () => vjp(f, w, false as never),
    () => linearize(f, w, false as never),
    () => jvp(f, [w, false as never], [w, null as never]),
    () => grad(f, { argnums: [0, 1] as never, allowInt: true })(w, false as never),
    () => makeJaxpr(f)(w, false),
    () => evalShape(f)(w as never, false as never),
  ];
  for (const call of calls) {
    const { at, hint } = refused(call, "ArgumentError");
    assert.is(at, "args[1]", String(call));
    assert.ok(hint?.includes("closes over it"), hint);
  }
});

Flags("numbers are tensors of no axis, as before", () => {
  const f = (a: Tensor, n: Tensor): Tensor => np.multiply(a, n.add(1));
  near(grad(f as (a: Tensor, n: Tensor) => Tensor)(w, 2 as never), 3);
});

Flags("np.array refuses what is neither a dtype nor an option", () => {
  const array = np.array as (data: unknown, second: unknown) => Tensor;
  for (const [second, got, hint] of [
    [{ dype: "int32" }, "dype", "did you mean dtype?"],
    [{ ndmin: 2 }, "ndmin", undefined],
    [7, "7", "rows of a matrix are one nested list: np.array([[1, 2], [3, 4]])"],
    [[3, 4], "a list", "rows of a matrix are one nested list: np.array([[1, 2], [3, 4]])"],
  ] as const) {
    const error = refused(() => array([1, 2], second), "ArgumentError");
    assert.equal([error.got, error.hint], [got, hint]);
  }
  assert.is(array([1, 2], { dtype: "int32" }).dtype, "int32");
});

Flags.run();

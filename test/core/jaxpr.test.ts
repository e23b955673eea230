import { suite } from "uvu";
import * as assert from "uvu/assert";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { type ExecutorRuntime, runtimeOn } from "../../lib/compile/runtime.js";
import { Aval } from "../../lib/core/aval.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { checkJaxpr, type Eqn, evalJaxpr, Jaxpr, Var } from "../../lib/core/jaxpr.js";
import { setRuntime } from "../../lib/core/runtime.js";
import { constsAsInputs, stage } from "../../lib/core/stage.js";
import { Literal, type Tensor } from "../../lib/core/tensor.js";
import { broadcastInDim, reduceSum } from "../../lib/primitives/broadcast.js";
import { add, addP, mul, mulP } from "../../lib/primitives/elementwise.js";
import { exp, sin } from "../../lib/primitives/math.js";
import { jit } from "../../lib/transforms/jit.js";
import { f32, noLeaks, numbers } from "../helpers/runtime.js";

const JaxprSuite = suite("core/jaxpr");
let runtime: ExecutorRuntime;
let before: ReturnType<typeof setRuntime>;
JaxprSuite.before(() => {
  runtime = runtimeOn(referenceExecutor());
  before = setRuntime(runtime);
});
JaxprSuite.after(() => void setRuntime(before));

const vector = new Aval([3], "float32");
const staged = (f: (...xs: Tensor[]) => Tensor, ...avals: Aval[]): Jaxpr =>
  stage("test", (...xs) => [f(...xs)], avals).jaxpr;

JaxprSuite("prints inputs, equations with parameters, literals and outputs", () => {
  const f = (x: Tensor): Tensor => reduceSum(mul(sin(x), new Literal(2, "float32", true)), [0]);
  assert.is(
    String(staged(f, vector)),
    `{ lambda ; a:f32[3] . let
    b:f32[3] = sin a
    c:f32[3] = mul b 2:f32*[]
    d:f32[] = reduce_sum[axes=(0)] c
  in (d,) }`,
  );
});

JaxprSuite("prints what is closed over before the semicolon, each tensor once", () => {
  using w = f32([1, 2, 3]);
  assert.is(
    String(staged((x) => add(mul(w, x), w), vector)),
    `{ lambda a:f32[3] ; b:f32[3] . let
    c:f32[3] = mul a b
    d:f32[3] = add c a
  in (d,) }`,
  );
});

JaxprSuite("prints a nested jaxpr indented", () => {
  using inner = jit((x: Tensor) => exp(x));
  assert.is(
    String(staged((x) => inner(x), new Aval([], "float32", true))),
    `{ lambda ; a:f32*[] . let
    b:f32*[] = jit[name=anonymous jaxpr={ lambda ; a:f32*[] . let
      b:f32*[] = exp a
    in (b,) }] a
  in (b,) }`,
  );
});

JaxprSuite("an identity, an unused input and a constant result print as such", () => {
  const two = (x: Tensor, _y: Tensor): Tensor[] => [x, x, new Literal(1, "int32")];
  assert.is(
    String(stage("test", two as never, [vector, vector]).jaxpr),
    "{ lambda ; a:f32[3] b:f32[3] . let\n  in (a, a, 1:i32[]) }",
  );
});

JaxprSuite("names go on behind z", () => {
  const text = String(staged((x) => Array.from({ length: 27 }).reduce<Tensor>((y) => sin(y), x), vector));
  assert.match(text, /z:f32\[3\] = sin y\n {4}aa:f32\[3\] = sin z\n {4}ab:f32\[3\] = sin aa/);
});

JaxprSuite("evaluating gives what the function gives; constants may become inputs", () => {
  noLeaks(() => {
    using w = f32([1, 2, 3]);
    using x = f32([4, 5, 6]);
    const { jaxpr, consts } = stage("test", (y) => [mul(w, y), y], [vector]);
    for (const [y, same] of [evalJaxpr(jaxpr, consts, [x]), evalJaxpr(constsAsInputs(jaxpr), [], [w, x])]) {
      assert.equal(numbers(y), [4, 10, 18]);
      assert.is(same, x);
      y.dispose();
    }
  });
});

JaxprSuite("checkJaxpr accepts what staging writes", () => {
  using w = f32([1, 2, 3]);
  checkJaxpr(
    staged((x) => reduceSum(mul(broadcastInDim(x, [2, 3], [1]), broadcastInDim(w, [2, 3], [1])), [0]), vector),
  );
});

const [a, b, c] = [new Var(vector), new Var(vector), new Var(vector)];
const refused = (words: RegExp, eqns: readonly Eqn[], outs = [c], ins = [a]): void =>
  assert.throws(
    () => checkJaxpr(new Jaxpr([], ins, eqns, outs)),
    (e: unknown) => isFluxionError(e, "InvariantError") && words.test(e.message),
  );
const eqn = (inputs: Eqn["inputs"], outputs: Eqn["outputs"], prim = addP as Eqn["prim"]): Eqn => ({
  prim,
  inputs,
  outputs,
  params: {},
});

JaxprSuite("checkJaxpr refuses a use before the definition, in an equation and in the results", () => {
  refused(/used before it is defined/, [eqn([a, b], [c]), eqn([a, a], [b])]);
  refused(/used before it is defined/, [eqn([a, a], [b])]);
});

JaxprSuite("checkJaxpr refuses a variable that is defined twice", () => {
  refused(/defined twice/, [eqn([a, a], [c]), eqn([a, a], [c])]);
  refused(/defined twice/, [], [a], [a, a]);
});

JaxprSuite("checkJaxpr refuses an output that is not what the rule predicts", () => {
  for (const wrong of [new Aval([2], "float32"), new Aval([3], "float64"), new Aval([3], "float32", true)]) {
    const d = new Var(wrong);
    refused(/output 0 is .*the rule says f32\[3\]/, [eqn([a, a], [d])], [d]);
  }
  refused(/number of outputs/, [eqn([a, a], [b, c])]);
});

JaxprSuite("checkJaxpr looks into nested jaxprs", () => {
  const bad = new Jaxpr([], [a], [eqn([b, a], [c], mulP)], [c]);
  const call = { name: "call", abstractEval: () => [vector] } as unknown as Eqn["prim"];
  const out = new Var(vector);
  refused(/used before it is defined/, [{ prim: call, inputs: [], outputs: [out], params: { jaxpr: bad } }], [out]);
});

JaxprSuite.run();

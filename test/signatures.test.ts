/** Calls from plain JavaScript: JAX's habits are taken where they are clear, and the rest is refused with what is meant. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError, type Mismatch } from "../lib/core/errors.js";
import * as fluxion from "../lib/index.js";

const { init, lax, nn, np, ops, prompt, random, t5 } = fluxion;
type Tensor = fluxion.Tensor;

const Signatures = suite("signatures");
let x: Tensor;
Signatures.before(async () => {
  await init({ backend: "reference" });
  x = np.array([
    [1, 2],
    [3, 5],
  ]);
});

/** The library as plain JavaScript sees it. */
type Loose = Record<string, (...args: unknown[]) => unknown>;
const [jnp, jnn, jlax, jops, jrandom] = [np, nn, lax, ops, random] as unknown as Loose[];

const refusal = (f: () => unknown): Mismatch => {
  try {
    f();
  } catch (error) {
    if (isFluxionError(error, "ArgumentError")) return error.mismatch;
    throw error;
  }
  throw new Error("nothing was refused");
};
const refused = (f: () => unknown, parts: Partial<Record<keyof Mismatch, string | RegExp>>): void => {
  const given = refusal(f);
  for (const [part, expected] of Object.entries(parts)) {
    const text = given[part as keyof Mismatch] ?? "";
    if (typeof expected === "string") assert.is(text, expected);
    else assert.match(text, expected);
  }
};
const same = (got: unknown, expected: Tensor): void => assert.equal((got as Tensor).tolist(), expected.tolist());

Signatures("the axis alone stands for options that have one", () => {
  const column = np.sum(x, { axis: 0 });
  same(np.sum(x, 0), column);
  same(np.sum(x, [0]), column);
  same(np.sum(x, null), np.sum(x));
  same(np.max(x, -1), np.array([2, 5]));
  same(np.argmax(x, 1), np.argmax(x, { axis: 1 }));
  same(np.cumsum(x, 0), np.cumsum(x, { axis: 0 }));
  same(np.median(x, 0), np.median(x, { axis: 0 }));
  same(np.std(x, [0, 1]), np.std(x));
  same(nn.logsumexp(x, 1), nn.logsumexp(x, { axis: 1 }));
  same(x.sum(0), column);
  same(ops.segmentSum(np.array([1, 2, 3]), np.array([0, 0, 1], "int32"), 3), np.array([3, 3, 0]));
});

Signatures("a number alone stands for what JAX has in that place, where that is not the axis", () => {
  same(jnp.diff(np.stack([x, x, x]), 0), np.stack([x, x, x]));
  same(jnp.diff(x, 1, { axis: 0 }), np.diff(x, { axis: 0 }));
  same(jnp.unwrap(np.array([0, 4]), 5), np.unwrap(np.array([0, 4]), { discont: 5 }));
  assert.equal(jnp.gradient(np.array([0, 1, 4]), 2), np.gradient(np.array([0, 1, 4]), { spacing: 2 }));
  const linalg = np.linalg as unknown as Loose;
  same(linalg.norm(x, 1), np.scalar(7));
  same(linalg.norm(x, "nuc"), np.linalg.norm(x, { ord: "nuc" }));
  same(linalg.norm(x, 1, { axis: 0 }), np.array([4, 7]));
  same(linalg.norm(x, [0, 1]), np.linalg.norm(x));
});

Signatures("a layer takes its key in an object, and nothing that it would not use", () => {
  const drop = nn.dropoutLayer(0.5);
  const key = random.key(0);
  for (const layer of [drop, nn.sequential(nn.relu, drop)]) {
    const apply = layer.apply as Loose[string];
    const params = layer.init(key);
    refused(() => apply(params, x, key), { what: "options are an object", hint: /{ key: /, expected: /{ key }/ });
    refused(() => apply(params, x, { rngs: { dropout: key } }), { what: 'there is no option "rngs"' });
    same(
      apply(params, x),
      np.array([
        [1, 2],
        [3, 5],
      ]),
    );
  }
});

Signatures("what is no tensor is refused with what to do about it", () => {
  const hintOf = (f: () => unknown): string | undefined => {
    try {
      f();
    } catch (error) {
      return isFluxionError(error) ? error.mismatch.hint : undefined;
    }
    return undefined;
  };
  const loose = fluxion as unknown as Loose;
  const row = (x as unknown as readonly Tensor[])[7];
  assert.match(hintOf(() => np.add(1, row)) ?? "", /np\.get\(x, i\)/);
  assert.match(hintOf(() => jnp.add(x, null)) ?? "", /missing/);
  const chosen = loose.jit((t: Tensor, how: string) => (how === "sum" ? np.sum(t) : t)) as Loose[string];
  assert.match(hintOf(() => chosen(x, "sum")) ?? "", /static/);
  const zeros = loose.jit((n: number) => np.zeros([n])) as Loose[string];
  assert.match(hintOf(() => zeros(3)) ?? "", /static/);
  assert.match(hintOf(() => np.get(x, "0:1, 1")) ?? "", /one item an axis/);
  assert.match(hintOf(() => (fluxion.scipy.linalg as unknown as Loose).choSolve(x, x)) ?? "", /\[c, lower\]/);
  const total = (c: Tensor, t: Tensor) => [np.add(c, t), null];
  assert.match(hintOf(() => jlax.scan(total, 0, [1, 2])) ?? "", /np\.array/);
  assert.match(hintOf(() => jlax.scan(total, 0, np.scalar(1))) ?? "", /close over/);
});

Signatures("other options may follow the axis, and stand beside it where it is an argument", () => {
  const kept = np.sum(x, { axis: 0, keepDims: true });
  same(jnp.sum(x, 0, { keepDims: true }), kept);
  same(jnp.argsort(x, { descending: true }), np.argsort(x, -1, { descending: true }));
  same(jnp.sort(x, { axis: 0, descending: true }), np.sort(x, 0, { descending: true }));
  refused(() => jnp.sum(x, 0, { keepdims: true }), { hint: /"keepDims"/ });
  refused(() => jnp.sum(x, 0, { axis: 1 }), { what: /too many arguments/ });
  refused(() => jnp.sort(x, { order: 1 }), { what: /no option "order"/, hint: "by name go: axis, descending" });
});

Signatures("parts of a tensor check what they are given", () => {
  const part = np.at(x, 0) as unknown as Loose;
  const expected = "np.at.set(x, index, values, { mode, uniqueIndices })";
  refused(() => part.set(1, { mod: "drop" }), { where: "np.at.set", expected, hint: /"mode"/ });
  refused(() => part.set(1, 2), { what: /options are an object/ });
  refused(() => part.add(1, {}, 2), { what: /too many arguments/ });
  refused(() => part.divide(1, { unique: true }), { what: /no option "unique"/ });
  refused(() => part.get({ mode: "fill", fill_value: 0 }), { hint: /"fillValue"/ });
  same(part.mul(2), np.at(x, 0).multiply(2));
});

Signatures("T5 and prompts refuse options that they do not have", () => {
  const [jt5, jprompt] = [t5, prompt] as unknown as Loose[];
  refused(() => jprompt.nearestTokens(x, x, { top: 1 }), { what: /no option "top"/ });
  refused(() => jt5.logits({}, {}, {}, { dropoutrate: 0.1 }), { hint: /"dropoutRate"/ });
  refused(() => jt5.loss({}, { label_smoothing: 0.1 }), { hint: /"labelSmoothing"/ });
  refused(() => jt5.beamSearch({}, { beams: 4 }), { what: /no option "beams"/ });
});

Signatures("tensors that are joined are a list", () => {
  refused(() => jnp.concatenate(x, x), { what: /xs is not a list of tensors/, hint: /\[x, y\]/ });
  refused(() => jnp.stack(x), { what: /xs is not a list of tensors/ });
});

Signatures("options stand for the axis where it is an argument", () => {
  same(np.concatenate([x, x], { axis: 1 }), np.concatenate([x, x], 1));
  same(np.stack([x, x], { axis: 2 }), np.stack([x, x], 2));
  same(np.squeeze(np.zeros([1, 2, 1]), { axis: 0 }), np.zeros([2, 1]));
  same(np.expandDims(x, { axis: 0 }), np.expandDims(x, 0));
  same(np.sort(x, { axis: 0 }), np.sort(x, 0));
  same(nn.softmax(x, { axis: 0 }), nn.softmax(x, 0));
  same(np.concatenate([x, x], {}), np.concatenate([x, x]));
  refused(() => jnp.concatenate([x, x], { axes: 1 }), {
    what: /no option "axes"/,
    expected: "np.concatenate(xs, axis)",
  });
});

Signatures("arguments after the first go by name", () => {
  same(np.clip(x, { min: 2 }), np.clip(x, 2));
  same(np.clip(x, { max: 2 }), np.clip(x, null, 2));
  same(x.clip({ min: 2, max: 3 }), np.clip(x, 2, 3));
  const first = np.array([0], "int32");
  same(np.take(x, first, { axis: 1, mode: "clip" }), np.take(x, first, 1, "clip"));
  same(jnp.take(x, { indices: first, axis: 0 }), np.take(x, first, 0));
  same(jnp.full([2], { value: 3, dtype: "float32" }), np.full([2], 3, "float32"));
  same(jrandom.randint(random.key(0), [2], { minval: 0, maxval: 9 }), random.randint(random.key(0), [2], 0, 9));
  refused(() => jnp.take(x, first, { axis: 0, modes: 1 }), {
    what: /no option "modes"/,
    expected: "np.take(x, indices, axis, mode, fillValue)",
    hint: 'did you mean "mode"?',
  });
});

Signatures("a number stands for a shape", () => {
  same(np.broadcastTo(np.scalar(1), 3), np.ones([3]));
  same(lax.full(2, 1), np.ones([2]));
  assert.equal(np.broadcastShapes(3, [2, 1]), [2, 3]);
});

Signatures("errors bear the name of the function that was called", () => {
  const names = (f: () => unknown): string => {
    try {
      f();
    } catch (error) {
      if (isFluxionError(error)) return error.mismatch.where;
      throw error;
    }
    throw new Error("nothing was refused");
  };
  assert.is(
    names(() => x.get(0, 0, 0)),
    "np.get",
  );
  assert.is(
    names(() => x.get("a" as never)),
    "np.get",
  );
  assert.is(
    names(() => (x as unknown as Loose).clip("a")),
    "np.clip",
  );
  assert.is(
    names(() => np.at(x, "a" as never).set(1)),
    "np.at.set",
  );
});

Signatures("a policy is a function", () => {
  const { checkpoint } = fluxion as unknown as Loose;
  refused(() => checkpoint(np.sin, { policy: "x" }), { what: "policy is not a function", hint: /checkpointPolicies/ });
});

Signatures("a dtype goes by name, by its place, or alone for the options", () => {
  assert.is(np.zeros([2], { dtype: "int32" }).dtype, "int32");
  assert.is(np.ones([2], "int32").dtype, "int32");
  assert.is((jnp.arange(3, { dtype: "float32" }) as Tensor).dtype, "float32");
  assert.is(nn.oneHot(np.array([0, 1], "int32"), 3, { dtype: "int32" }).dtype, "int32");
  assert.is(fluxion.jit((i: Tensor) => nn.oneHot(i, 3, { dtype: "int32" }))(np.array([1], "int32")).dtype, "int32");
  assert.is(random.normal(random.key(0), [2], "float64").dtype, "float64");
  refused(() => jnp.zeros([2], { type: "int32" }), { what: /no option "type"/, expected: "np.zeros(shape, dtype)" });
});

Signatures("a whole number that jit is given says how it becomes an integer", () => {
  const programs: ((i: Tensor) => Tensor)[] = [
    (i) => random.foldIn(random.key(0), i),
    (i) => np.get(x, i),
    (i) => np.take(x, i, 0),
    (i) => lax.dynamicSlice(x, [i, i], [1, 1]),
  ];
  for (const f of programs) {
    assert.throws(
      () => fluxion.jit(f)(1),
      /np\.astype\(i, "int32"\); a JavaScript number that jit is given is a float32/,
    );
    fluxion.jit(f)(np.array(1, "int32")).dispose();
  }
});

Signatures("what is not a shape is refused", () => {
  assert.throws(() => jnp.reshape(x, { size: 4 }), /np\.reshape: not a shape/);
  refused(() => jrandom.split(random.key(0), { num: 2 }), { what: /no option "num"/, hint: /"n"/ });
});

Signatures("an option that is not there is refused with the closest name", () => {
  const expected = "np.sum(x, { initial, where, axis, keepDims })";
  const cases = [
    [{ keepdims: true }, "keepDims"],
    [{ axes: 0 }, "axis"],
    [{ axis: 0, keepDim: true }, "keepDims"],
  ] as const;
  for (const [options, name] of cases) {
    refused(() => jnp.sum(x, options), { where: "np.sum", expected, hint: `did you mean "${name}"?` });
  }
  refused(() => jnp.var(x, { correct: 1 }), { hint: /"correction"/ });
  refused(() => jrandom.uniform(random.key(0), [2], { min: 0 }), { hint: /"minval"/ });
  refused(() => jnp.sum(x, { qz: 0 }), { hint: "" });
  refused(() => jops.segmentSum(x, np.array([0, 1], "int32"), { num_segments: 2 }), { hint: /"numSegments"/ });
  refused(() => (nn.leakyRelu as Loose[string])(x, { negative_slope: 0.1 }), { hint: /"negativeSlope"/ });
});

Signatures("what is not options is refused where they belong", () => {
  refused(() => jnn.gelu(x, false), {
    what: /options are an object/,
    expected: "nn.gelu(x, { approximate })",
    got: "false",
    hint: /\{ approximate: \.\.\. \}/,
  });
  refused(() => jnp.sum(x, x), { got: /a tensor, f32\[2,2\]/ });
  refused(() => jnn.gelu(x, null), { what: /options are an object/, got: "null" });
  refused(() => jnn.gelu(x, [1]), { what: /options are an object/, got: "a list of 1" });
  refused(() => jnp.sum(x, true), { got: "true" });
  refused(() => jnp.sum(x, "0"), { what: /axis is not the number of an axis/, got: '"0"' });
  refused(() => jnp.isclose(x, x, 1e-3), { expected: "np.isclose(x, y, { rtol, atol, equalNan })" });
});

Signatures("surplus arguments are refused", () => {
  refused(() => jrandom.uniform(random.key(0), [2], 0, 5), {
    what: /too many arguments/,
    expected: /^random\.uniform\(key, shape, \{ .*minval, maxval.* \}\)$/,
    got: "4 arguments",
    hint: /by name/,
  });
  refused(() => jnp.reshape(x, 4, 1), { expected: "np.reshape(x, shape)", got: "3 arguments" });
  refused(() => jnp.add(1, 2, 3), { expected: "np.add(x, y)" });
  refused(() => jlax.dynamicSlice(x, [0, 0], [1, 1], 1), { got: "4 arguments" });
});

Signatures("what is called, mapped or transformed is a function", () => {
  const jfluxion = fluxion as unknown as Loose;
  for (const name of ["grad", "jit", "vmap", "checkpoint", "makeJaxpr", "jacfwd"]) {
    refused(() => jfluxion[name](3), { where: name, what: "f is not a function", got: "3" });
  }
  refused(() => jfluxion.scan(x, x, x), { what: "f is not a function", got: /a tensor/ });
  refused(() => jnp.fromfunction([2], np.add), { what: "f is not a function", got: "a list of 1" });
});

Signatures("functions of one argument go with map, others say what to do", () => {
  assert.equal(
    [1, 4, 9].map(np.sqrt as (x: number) => Tensor).map((y) => y.item()),
    [1, 2, 3],
  );
  assert.throws(() => [x, x].map(jnp.sum as never), /xs\.map\(\(x\) => \.\.\.\)/);
  assert.throws(() => [x, x].reduce(jnp.add as never), /xs\.reduce\(\(a, b\) => \.\.\.\)/);
});

Signatures("calls within the library, and within the user's functions, are told apart", () => {
  refused(() => jnp.applyOverAxes((t: unknown) => jnp.sum(t, { axes: 0 }), x, [0]), { where: "np.sum" });
});

Signatures("transformations say what they take", () => {
  const jfluxion = fluxion as unknown as Loose;
  const f = (y: Tensor, z: Tensor): Tensor => np.sum(np.multiply(y, z));
  same((jfluxion.grad(f, 1) as (...xs: Tensor[]) => Tensor)(x, np.multiply(x, 2)), x);
  refused(() => jfluxion.grad(f, { argnum: 1 }), { where: "grad", hint: /"argnums"/ });
  refused(() => jfluxion.jit(f, { static_argnums: 0 }), { hint: /"static"/ });
  const rowSums = (jfluxion.vmap(f, [0, null]) as (...xs: Tensor[]) => Tensor)(x, np.array([1, 2]));
  same(rowSums, np.array([5, 13]));
  const scaled = jfluxion.jit((y: Tensor, n: number) => np.multiply(y, n + 0), { static: 1, donate: 0 });
  same((scaled as (y: Tensor, n: number) => Tensor)(np.copy(x), 2), np.multiply(x, 2));
  refused(() => jfluxion.vmap(f, 0, 0), { expected: "vmap(f, { inAxes, outAxes, axisName, axisSize })" });
  refused(() => jfluxion.vmap(f, { in_axes: 0 }), { hint: /"inAxes"/ });
  refused(() => jfluxion.scan(f, x, x, 5), { expected: "scan(f, init, xs, { length, reverse, unroll })", got: "5" });
  refused(() => jfluxion.hessian(f, { argNums: 0 }), { where: "hessian", hint: /"argnums"/ });
  refused(() => jfluxion.checkpoint(f, { policies: 1 }), { hint: /"policy"/ });
});

/** What takes any number of arguments. */
const VARIADIC =
  "at broadcastArrays broadcastShapes einsum einsumPath get ix mgrid ogrid resultType selectN combineMasks sequential chain".split(
    " ",
  );
const UNCHECKED = new Set([...VARIADIC, "cond", "switch", "switchCase"]);

Signatures("every public function of the rooms refuses what it does not take", () => {
  const rooms = { np, lax, nn, random, ops, optim: fluxion.optim, "np.linalg": np.linalg };
  const unchecked = Object.entries(rooms).flatMap(([room, functions]) =>
    Object.entries(functions as unknown as Loose)
      .filter(([, f]) => typeof f === "function")
      .filter(([, f]) => {
        try {
          f(...Array.from({ length: 20 }));
        } catch (error) {
          return !(isFluxionError(error, "ArgumentError") && /too many arguments/.test(error.message));
        }
        return true;
      })
      .filter(([name]) => !UNCHECKED.has(name))
      .map(([name]) => `${room}.${name}`),
  );
  assert.equal(unchecked, []);
});

Signatures.run();

/** Calls as plain JavaScript and habits of NumPy, JAX, optax and PyTorch write them: messages say what was wanted, what was given and what to write. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import * as fluxion from "../../lib/index.js";
import {
  evalShape,
  foriLoop,
  grad,
  init,
  jit,
  lax,
  nn,
  np,
  optim,
  random,
  scan,
  type Tensor,
} from "../../lib/index.js";

const Remedies = suite("core/remedies");
Remedies.before(() => init({ backend: "wasm" }));

type Loose = Record<string, (...args: unknown[]) => unknown>;
const loose = (room: object): Loose => room as Loose;
const x = (): Tensor => np.array([1, 2, 3]);
const m = (): Tensor => np.ones([2, 2]);

/** A call, and what its message has to have: what is wrong, what was given, what to do. */
type Row = readonly [call: () => unknown, what: string, got: string, hint?: string];
const holds = (rows: Readonly<Record<string, Row>>): void => {
  for (const [name, [call, what, got, hint]] of Object.entries(rows)) {
    Remedies(name, () => {
      try {
        call();
      } catch (error) {
        if (!isFluxionError(error)) throw error;
        assert.is(`${error.mismatch.where}: ${error.mismatch.what}`, what);
        assert.is(error.mismatch.got, got);
        assert.is(error.mismatch.hint, hint);
        return;
      }
      assert.unreachable(`${name} was not refused`);
    });
  }
};

holds({
  "sizes one by one": [
    () => loose(np).reshape(m(), 4, 1),
    "np.reshape: there are too many arguments",
    "3 arguments",
    "give them in one list: np.reshape(x, [4, 1])",
  ],
  "axes one by one": [
    () => loose(np).transpose(m(), 1, 0),
    "np.transpose: there are too many arguments",
    "3 arguments",
    "give them in one list: np.transpose(x, [1, 0])",
  ],
  "sizes one by one, before options": [
    () => loose(random).normal(random.key(0), 3, 4),
    "random.normal: options are an object",
    "4",
    "give them in one list: random.normal(key, [3, 4])",
  ],
  "sizes one by one, before a dtype": [
    () => loose(np).zeros(3, 4),
    "np.zeros: there is no such dtype",
    "4",
    "sizes go in one list: [3, 4]",
  ],
  "a dtype in another's place": [
    () => loose(np).arange(3, "float32"),
    "np.arange: stop is not a number",
    '"float32"',
    'name it: { dtype: "float32" }',
  ],
  "NumPy's name of an argument": [
    () => loose(np).linspace(0, 1, { num: 5 }),
    'np.linspace: there is no option "num"',
    "{ num }",
    'did you mean "n"?',
  ],
  "an axis in a text": [
    () => loose(np).mean(x(), { axis: "0" }),
    "np.mean: axis is not the number of an axis, or a list of them",
    '"0"',
  ],
  "a flag that is none": [
    () => loose(np).mean(m(), { axis: 0, keepDims: "no" }),
    "np.mean: keepDims is not true or false",
    '"no"',
  ],
  "a number of parts in a text": [
    () => loose(np).split(x(), "3"),
    "np.split: parts is not a number of parts, or a list of places",
    '"3"',
  ],
  "tensors one by one": [
    () => loose(np).concatenate(x(), x()),
    "np.concatenate: xs is not a list of tensors",
    "a tensor, f32[3]",
    "they go in one list: [x, y]",
  ],
  "a slice in brackets": [
    () => loose(np).get(x(), "[1:]"),
    "np.get: not an index",
    '"[1:]"',
    'leave the brackets out: np.get(x, "1:")',
  ],
  "several slices in one text": [
    () => loose(np).get(m(), "[0, 1:]"),
    "np.get: not an index",
    '"[0, 1:]"',
    'give one item an axis, not one text for all: np.get(x, 0, "1:")',
  ],
  "np.where with the condition alone": [
    () => loose(np).where(m()),
    "np.where: x is missing",
    "a tensor, f32[2,2]",
    "np.where chooses between two values; np.nonzero and np.argwhere give the places",
  ],
  "an operand that was left out": [() => loose(np).add(x()), "np.add: y is missing", "a tensor, f32[3]", "give y"],
  "bounds without a shape": [
    () => loose(random).randint(random.key(0), 0, 10),
    "random.randint: maxval is missing",
    "a tensor, u32[2], 0, 10",
    "give maxval",
  ],
  "a seed in a text": [() => loose(random).key("a"), "random.key: seed is not a number or a scalar tensor", '"a"'],
  "a start in place of a list": [
    () => loose(lax).dynamicSlice(x(), 1, 2),
    "lax.dynamicSlice: starts is not a list",
    "1",
    "a list has one number for each axis: [1]",
  ],
  "a size in place of a list": [
    () => loose(lax).dynamicSlice(x(), [1], 2),
    "lax.dynamicSlice: sliceSizes is not a list of numbers",
    "2",
    "a list has one number for each axis: [2]",
  ],
  "a number of classes that was left out": [
    () => loose(nn).oneHot(np.array([0, 1], "int32")),
    "nn.oneHot: classes is missing",
    "a tensor, i32[2]",
    "give classes",
  ],
  "arguments of the function, given to the transformation": [
    () => (evalShape as unknown as Loose[string])((a: Tensor) => np.sum(a), x()),
    "evalShape: there are too many arguments",
    "2 arguments",
    "evalShape gives a function, which takes the arguments: evalShape(f)(...)",
  ],
  "a tensor in place of jit's options": [
    () => (jit as unknown as Loose[string])((a: Tensor) => a, x()),
    "jit: options are an object",
    "a tensor, f32[3]",
    "jit gives a function, which takes the arguments: jit(f)(...)",
  ],
  "a number in place of jit's options": [
    () => (jit as unknown as Loose[string])((a: Tensor) => a, 1),
    "jit: options are an object",
    "1",
    "name it: { static: [1] } to make arguments static",
  ],
  "JAX's name of an option": [
    () => loose(fluxion).jit((a: Tensor) => a, { static_argnums: 1 }),
    'jit: there is no option "static_argnums"',
    "{ static_argnums }",
    'did you mean "static"?',
  ],
  "PyTorch's name of the learning rate": [
    () => loose(optim).adam({ lr: 0.1 }),
    'optim.adam: there is no option "lr"',
    "{ lr }",
    'did you mean "learningRate"?',
  ],
  "argnums in a text": [
    () => loose(fluxion).grad((a: Tensor) => a, { argnums: "1" }),
    "grad: argnums is not the place of an argument, or a list of places",
    '"1"',
  ],
  "a fraction beside integers": [
    () => np.arange(3).mul(0.1),
    "np.multiply: a number that may have a fraction meets an integer tensor",
    "i32[3] and a plain number (f32*[])",
    'convert the tensor, np.astype(x, "float32"), or make it of floats, np.arange(3, { dtype: "float32" }); jit keeps whole numbers whole as static arguments',
  ],
  "a loss that is not returned": [
    () => grad(((w: Tensor) => void np.sum(w)) as unknown as (w: Tensor) => Tensor)(x()),
    "grad of an anonymous function: the function returns nothing",
    "undefined",
    "return the loss: a body in braces needs return",
  ],
  "a turn that returns the carry alone": [
    () => scan(((c: Tensor, y: Tensor) => np.add(c, y)) as never, np.scalar(0), x()),
    "scan of an anonymous function: the function did not return a pair",
    "a tensor, f32[] made by add in scan of an anonymous function",
    "return [carry, y]: the carry of the next turn, and what is stacked, or null",
  ],
  "a turn of foriLoop that returns nothing": [
    () => foriLoop(0, 3, (() => undefined) as never, np.scalar(0)),
    "foriLoop of an anonymous function: two trees differ in structure",
    undefined as unknown as string,
    "the function returns a carry like the one it takes",
  ],
  "an instance of a class as a tree": [
    () => {
      class Model {
        w = x();
      }
      return jit((p: Model) => p.w)(new Model());
    },
    "jit of an anonymous function: a value is not a tensor",
    "an instance of Model",
    "trees are plain objects and lists, such as { ...x }; tree.registerNode(Model, { name, flatten, unflatten }) makes Model one",
  ],
  "a map as a tree": [
    () => jit((p: Map<string, Tensor>) => p.get("w") as Tensor)(new Map([["w", x()]])),
    "jit of an anonymous function: a value is not a tensor",
    "a Map",
    "make a plain object of it: Object.fromEntries(map)",
  ],
  "64-bit floats without a word": [
    () => np.array(new Float64Array([0.1])),
    "np.array: this executor has no float64",
    "float64",
    'np.array(data, "float32") rounds to float32; float64 works on the reference backend only',
  ],
});

/** Other names of dtypes, and the dtype that is meant by each. */
const MEANT: Readonly<Record<string, string | undefined>> = {
  f32: "float32",
  float: "float32",
  f64: "float64",
  double: "float64",
  i32: "int32",
  int: "int32",
  int64: "int32",
  long: "int32",
  u32: "uint32",
  uint8: "uint32",
  boolean: "bool",
  complex64: undefined,
};
Remedies("a dtype by another name is refused with the one that is meant", () => {
  for (const [name, meant] of Object.entries(MEANT)) {
    const calls = [
      () => loose(np).zeros([3], name),
      () => loose(np).array([1], { dtype: name }),
      () => loose(np).astype(x(), name),
    ];
    for (const call of calls) {
      assert.throws(call, (e: unknown) => {
        if (!isFluxionError(e, "DTypeError")) throw e;
        assert.is(e.mismatch.got, JSON.stringify(name));
        assert.is(e.mismatch.hint, meant && `did you mean "${meant}"?`);
        return true;
      });
    }
  }
  assert.throws(() => loose(np).zeros([3], "float16"), /halves are float32 here/);
});

Remedies("what may be left out, or given by name, still may", () => {
  assert.equal(np.arange(3, { dtype: "float32" }).dtype, "float32");
  assert.equal(np.linspace(0, 1, { n: 3 }).tolist(), [0, 0.5, 1]);
  assert.equal(np.linspace(0, 1, { dtype: "float32" }).shape, [50]);
  assert.equal(np.flip(x()).tolist(), [3, 2, 1]);
  assert.equal(np.get(x(), " 1 : ").tolist(), [2, 3]);
  assert.equal(np.eye(2).shape, [2, 2]);
});

Remedies.run();

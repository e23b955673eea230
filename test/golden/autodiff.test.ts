import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import { withRuntime } from "../../lib/core/runtime.js";
import type { Nested, Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { grad, valueAndGrad } from "../../lib/transforms/grad.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { assertNear, type Tolerance } from "../helpers/golden.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";
import { FUNCTIONS, HESSIANS, type Inputs, JACOBIANS, SCALARS } from "./functions.js";

const Autodiff = suite("golden/autodiff");
const files = goldenFiles(Autodiff, "golden/autodiff.test.ts");

interface Row {
  readonly name: string;
  /** At ties and kinks the derivative is a convention. */
  readonly convention_dependent?: boolean;
  readonly inputs: Record<string, Nested>;
  readonly input_shapes: Record<string, readonly number[]>;
  readonly output_shape: readonly number[];
  readonly differentiated: readonly string[];
  readonly output: Nested;
  readonly cotangent: Nested;
  readonly vjp: Record<string, Nested>;
  readonly tangent: Record<string, Nested>;
  readonly jvp: Nested;
  readonly hvp: Record<string, Nested>;
  readonly third_directional: number;
}
interface Golden {
  readonly functions: readonly Row[];
  readonly scalars: readonly { name: string; x: number[]; derivatives: number[][] }[];
  readonly hessians: readonly {
    name: string;
    inputs: Record<string, Nested>;
    value: number;
    gradient: Record<string, Nested>;
    hessian: Record<string, Record<string, Nested>>;
  }[];
  readonly jacobians: readonly { name: string; x: Nested; jacobian: Nested }[];
  readonly nested: readonly {
    name: string;
    inputs: Record<string, Nested>;
    value: number;
    gradient: Record<string, Nested>;
  }[];
}

/** Where the golden's convention is not JAX's, which we follow: what JAX's gives at the places in question. */
const OTHER_CONVENTION: Readonly<Record<string, (row: Row) => Record<string, Nested>>> = {
  // Ties share the gradient evenly; the golden gives all of it to the first.
  reduce_max_ties_first: ({ inputs, cotangent }) => ({
    x: (inputs.x as number[][]).map((values, i) => {
      const top = Math.max(...values);
      const ties = values.filter((v) => v === top).length;
      return values.map((v) => (v === top ? (cotangent as number[])[i] / ties : 0));
    }),
  }),
  // At a bound of clip the derivative is one half, since both arguments of the maximum (or minimum) attain it; the golden has 1.
  clip_on_bound: ({ inputs, cotangent }) => {
    const ct = (cotangent as Nested[]).flat(2) as number[];
    const slopes = ((inputs.x as Nested[]).flat(2) as number[]).map((v) =>
      Math.abs(v) < 1 ? 1 : Math.abs(v) === 1 ? 0.5 : 0,
    );
    return { x: slopes.map((slope, i) => slope * ct[i]) };
  },
};

/**
 * Where the golden cannot be right. The second derivative of |y| is 0 at y = -1 and y = 2, where there is no kink; the file gives the
 * tangent there (to 4 digits), and at the kinks too.
 */
const CORRECTED_HVP: Readonly<Record<string, Record<string, Nested>>> = { abs: { y: [0, 0, 0, 0] } };

interface Precision {
  readonly label: string;
  readonly backend: "reference" | "wasm";
  readonly dtype: "float64" | "float32";
  readonly first: Tolerance;
  readonly second: Tolerance;
  readonly third: Tolerance;
}
const tight = { abs: 1e-9, rel: 1e-9 };
const PRECISIONS: readonly Precision[] = [
  {
    label: "float64",
    backend: "reference",
    dtype: "float64",
    first: tight,
    second: tight,
    third: { abs: 1e-8, rel: 1e-8 },
  },
  {
    label: "float32 on wasm",
    backend: "wasm",
    dtype: "float32",
    first: { abs: 2e-5, rel: 2e-4 },
    second: { abs: 1e-4, rel: 1e-3 },
    third: { abs: 1e-3, rel: 1e-2 },
  },
];

const flat = (x: Nested): number[] => (Array.isArray(x) ? (x as Nested[]).flatMap(flat) : [Number(x)]);
const numbers = (x: Tensor): ArrayLike<number> => x.dataSync();

const isBool = (x: Nested): boolean => (Array.isArray(x) ? x.length > 0 && isBool(x[0]) : typeof x === "boolean");

for (const p of PRECISIONS) {
  const tensor = (x: Nested): Tensor => np.array(x, isBool(x) ? {} : { dtype: p.dtype });
  const tensors = (xs: Record<string, Nested>): Inputs =>
    Object.fromEntries(Object.entries(xs).map(([k, v]) => [k, tensor(v)]));
  const compare = (what: string, got: Inputs, want: Record<string, Nested>, tolerance: Tolerance): void => {
    for (const [k, v] of Object.entries(want)) assertNear(`${what} ${k}`, numbers(got[k]), flat(v), tolerance);
  };

  /** All derivatives of one function. */
  const checkRow = (row: Row): void => {
    const f = FUNCTIONS[row.name];
    const all = tensors(row.inputs);
    const x: Inputs = Object.fromEntries(row.differentiated.map((k) => [k, all[k]]));
    const v: Inputs = Object.fromEntries(row.differentiated.map((k) => [k, tensor(row.tangent[k])]));
    const ct = tensor(row.cotangent);
    const g = (inputs: Inputs): Tensor => f({ ...all, ...inputs });
    const loss = (inputs: Inputs): Tensor => np.sum(np.multiply(ct, g(inputs)));

    for (const [k, shape] of Object.entries(row.input_shapes)) assert.equal(all[k].shape, shape, k);
    const [y, dy] = jvp(g, [x], [v]);
    assert.equal(y.shape, row.output_shape);
    assertNear("output", numbers(y), flat(row.output), p.first);
    const other = OTHER_CONVENTION[row.name];
    const isConvention = row.convention_dependent ?? false;
    assert.ok(other === undefined || isConvention, "another convention where there is but one derivative");
    if (other !== undefined) {
      // Both functions are linear between their kinks: the rest follows from the vjp, and higher derivatives are zero.
      const want = other(row);
      const inner = (xs: ArrayLike<number>, ys: readonly number[]): number =>
        ys.reduce((sum, b, i) => sum + xs[i] * b, 0);
      const forward = inner(flat(row.tangent.x), flat(want.x));
      const [grads, second] = jvp(grad(loss), [x], [v]);
      compare("vjp, JAX's convention,", grads, want, p.first);
      assertNear("jvp, JAX's convention,", [inner(numbers(dy), flat(row.cotangent))], [forward], p.first);
      compare("hvp, JAX's convention,", second, { x: flat(want.x).map(() => 0) }, p.second);
      return;
    }
    assertNear("jvp", numbers(dy), flat(row.jvp), p.first);
    const [grads, second] = jvp(grad(loss), [x], [v]);
    compare("vjp", grads, row.vjp, p.first);
    compare("hvp", second, { ...row.hvp, ...CORRECTED_HVP[row.name] }, p.second);
    const along =
      (h: (t: Tensor) => Tensor) =>
      (t: Tensor): Tensor =>
        jvp(h, [t], [np.onesLike(t)])[1];
    const line = (t: Tensor): Tensor =>
      loss(Object.fromEntries(Object.entries(x).map(([k, value]) => [k, np.add(value, np.multiply(t, v[k]))])));
    const third = along(along(along(line)))(tensor(0));
    assertNear("third derivative", numbers(third), [row.third_directional], p.third);
  };

  const check = (title: string, body: (golden: Golden) => void): void =>
    withShared(Autodiff, `${p.label}: ${title}`, async (root) => {
      const runtime = await runtimeFor(p.backend);
      const golden = files.open<Golden>(root, "autodiff.json");
      withRuntime(runtime, () => scope(() => body(golden)));
    });

  check("output, vjp, jvp, Hessian-vector product and third derivative of every function", ({ functions }) => {
    const failures: string[] = [];
    let passed = 0;
    for (const row of functions) {
      try {
        scope(() => checkRow(row));
        passed++;
      } catch (error) {
        failures.push(`${row.name}: ${(error as Error).message}`);
      }
    }
    console.log(`  autodiff, ${p.label}: ${passed} of ${functions.length} functions`);
    assert.equal(failures, []);
  });

  check("scalars, to the fourth derivative", ({ scalars }) => {
    for (const { name, x, derivatives } of scalars) {
      let f = SCALARS[name];
      derivatives.forEach((want, order) => {
        const tolerance = order <= 1 ? p.first : order === 2 ? p.second : p.third;
        assertNear(`${name}, order ${order}`, numbers(vmap(f)(tensor(x))), want, tolerance);
        f = grad(f) as (t: Tensor) => Tensor;
      });
    }
  });

  check("Hessians, forward over reverse", ({ hessians }) => {
    for (const { name, inputs, value, gradient, hessian } of hessians) {
      const x = tensors(inputs);
      const g = grad(HESSIANS[name]);
      assertNear(name, numbers(HESSIANS[name](x)), [value], p.first);
      compare(name, g(x), gradient, p.first);
      for (const b of Object.keys(inputs)) {
        const size = x[b].size;
        const zeros: Inputs = Object.fromEntries(Object.entries(x).map(([k, t]) => [k, np.zerosLike(t)]));
        // Column by column: the derivative of the gradient along each unit vector of input b.
        const columns = vmap(
          (unit: Tensor): Inputs => jvp(g, [x], [{ ...zeros, [b]: np.reshape(unit, x[b].shape) }])[1],
        )(np.eye(size, size, 0, p.dtype));
        for (const a of Object.keys(inputs)) {
          const got = np.transpose(np.reshape(columns[a], [size, x[a].size]));
          assertNear(`${name} d${a} d${b}`, numbers(got), flat(hessian[a][b]), p.second);
        }
      }
    }
  });

  check("Jacobians, by rows and by columns", ({ jacobians }) => {
    for (const { name, x, jacobian } of jacobians) {
      const at = tensor(x);
      const f = JACOBIANS[name];
      const n = f(at).size;
      const row = (unit: Tensor): Tensor => grad((t: Tensor) => np.sum(np.multiply(np.reshape(f(t), [n]), unit)))(at);
      assertNear(`${name} by rows`, numbers(vmap(row)(np.eye(n, n, 0, p.dtype))), flat(jacobian), p.first);
      const column = (unit: Tensor): Tensor => np.reshape(jvp(f, [at], [np.reshape(unit, at.shape)])[1], [n]);
      const columns = vmap(column)(np.eye(at.size, at.size, 0, p.dtype));
      assertNear(`${name} by columns`, numbers(np.transpose(columns)), flat(jacobian), p.first);
    }
  });

  check("a gradient penalty, and a derivative through three steps of descent", ({ nested }) => {
    const penalty = ({ x, w }: Inputs): Tensor =>
      np.sum(np.square(grad((z: Tensor) => np.sum(np.tanh(np.matmul(z, w))))(x)));
    const descent = ({ x, lr }: Inputs): Tensor => {
      const g = grad((q: Tensor) => np.sum(np.multiply(np.sin(q), np.square(q))));
      let q = x;
      for (let i = 0; i < 3; i++) q = np.subtract(q, np.multiply(lr, g(q)));
      return np.sum(np.square(q));
    };
    const table = { gradient_penalty: penalty, through_gradient_descent: descent };
    for (const { name, inputs, value, gradient } of nested) {
      const [y, grads] = valueAndGrad(table[name as keyof typeof table])(tensors(inputs));
      assertNear(name, [y.item()], [value], p.first);
      compare(name, grads, gradient, p.second);
    }
  });
}

Autodiff.run();

/** @file What keeps tracing sound: the context is restored, tracers do not escape, functions return at once. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { type ExecutorRuntime, runtimeOn } from "../../lib/compile/runtime.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { setRuntime, withRuntime } from "../../lib/core/runtime.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { isEager } from "../../lib/core/trace.js";
import { add, mul } from "../../lib/primitives/elementwise.js";
import { sin } from "../../lib/primitives/math.js";
import { grad, linearize, valueAndGrad, vjp } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { evalShape, makeJaxpr } from "../../lib/transforms/make-jaxpr.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { f32, noLeaks } from "../helpers/runtime.js";

const Tracing = suite("core/trace");
let runtime: ExecutorRuntime;
let before: ReturnType<typeof setRuntime>;
Tracing.before(() => {
  runtime = runtimeOn(referenceExecutor());
  before = setRuntime(runtime);
});
Tracing.after(() => void setRuntime(before));

/** Every transformation, applied to a function of one tensor and run at it. */
type Transformed = (f: (x: Tensor) => Tensor, x: Tensor) => unknown;
const TRANSFORMATIONS: Record<string, Transformed> = {
  grad: (f, x) => grad(f)(x),
  valueAndGrad: (f, x) => valueAndGrad(f)(x),
  jvp: (f, x) => jvp(f, [x], [x]),
  vjp: (f, x) => {
    const [y, pull] = vjp(f, x);
    pull.dispose();
    return y;
  },
  linearize: (f, x) => {
    const [y, push] = linearize(f, x);
    push.dispose();
    return y;
  },
  vmap: (f, x) => {
    using xs = f32([1, 2]);
    return vmap(f)(xs) ?? x;
  },
  jit: (f, x) => {
    using g = jit(f);
    return g(x);
  },
  makeJaxpr: (f, x) => {
    makeJaxpr(f)(x).dispose();
    return null;
  },
  evalShape: (f, x) => {
    evalShape(f)(x);
    return null;
  },
};

for (const [name, transformed] of Object.entries(TRANSFORMATIONS)) {
  Tracing(`${name} restores the context and frees its memory when the function throws`, () => {
    noLeaks(() => {
      using x = f32(2);
      const broken = (y: Tensor): Tensor => {
        sin(mul(y, y));
        throw new Error("mine");
      };
      assert.throws(() => transformed(broken, x), "mine");
      assert.ok(isEager());
      // Tracing again works, and an operation outside is computed at once.
      dispose(transformed((y) => mul(y, sin(y)), x));
      using y = mul(x, x);
      assert.is(y.item(), 4);
    });
  });

  Tracing(`${name} refuses a function that returns a Promise, by name`, () => {
    noLeaks(() => {
      using x = f32(2);
      const load = async (y: Tensor) => mul(y, y);
      assert.throws(
        () => transformed(load as never, x),
        (e: unknown) =>
          isFluxionError(e, "TracerError") && e.message.startsWith(`${name} of load: the function returned a Promise`),
      );
      assert.ok(isEager());
    });
  });

  Tracing(`a tensor that escapes from ${name} names the transformation and the operation that made it`, () => {
    noLeaks(() => {
      using x = f32(2);
      let escaped: Tensor | undefined;
      const leak = (y: Tensor): Tensor => {
        escaped = sin(y);
        return mul(y, y);
      };
      dispose(transformed(leak, x));
      assert.throws(
        () => add(escaped as Tensor, x),
        (e: unknown) =>
          isFluxionError(e, "TracerError") &&
          e.message.startsWith(`add: a tensor of ${name} of leak is used outside`) &&
          e.message.includes("made by sin"),
      );
    });
  });
}

Tracing("an operation after an await meets a trace that has ended", async () => {
  let later: Promise<unknown> = Promise.resolve();
  using x = f32(2);
  const slow = async (y: Tensor): Promise<Tensor> => {
    await Promise.resolve();
    return mul(y, y);
  };
  assert.throws(() =>
    grad((y: Tensor) => {
      later = slow(y);
      return later as never;
    })(x),
  );
  const failure = await later.then(
    () => undefined,
    (e: unknown) => e,
  );
  assert.ok(isFluxionError(failure, "TracerError"));
  assert.match((failure as Error).message, /^mul: a tensor of grad of an anonymous function is used outside/);
});

Tracing("a tensor of an inner transformation may not be used in the outer one after it ended", () => {
  using x = f32(2);
  let escaped: Tensor | undefined;
  const inner = (y: Tensor): Tensor => {
    escaped = mul(y, y);
    return escaped;
  };
  assert.throws(
    () =>
      grad((y: Tensor) => {
        grad(inner)(y);
        return mul(y, escaped as Tensor);
      })(x),
    (e: unknown) => isFluxionError(e, "TracerError") && e.message.includes("grad of inner"),
  );
});

Tracing("a value is there under grad and jvp, but not under jit or vmap", () => {
  using x = f32(2);
  const branch = (y: Tensor): Tensor => (y.item() > 1 ? mul(y, y) : y);
  const g = grad(branch)(x) as Tensor;
  assert.is(g.item(), 4);
  g.dispose();
  for (const name of ["jit", "vmap", "makeJaxpr"]) {
    assert.throws(
      () => TRANSFORMATIONS[name](branch, x),
      (e: unknown) =>
        isFluxionError(e, "TracerError") && e.message.startsWith("item: ") && e.message.includes(`${name} of branch`),
    );
  }
});

Tracing("an operation before init says so", () => {
  using x = f32(2);
  const current = setRuntime(undefined);
  try {
    assert.throws(
      () => add(x, x),
      (e: unknown) => isFluxionError(e, "BackendError") && /^add: [\s\S]*await init\(\)/.test(e.message),
    );
  } finally {
    setRuntime(current);
  }
});

Tracing("withRuntime puts the runtime before back when its function throws", () => {
  const other = runtimeOn(referenceExecutor());
  assert.throws(() =>
    withRuntime(other, () => {
      throw new Error("mine");
    }),
  );
  assert.is(setRuntime(runtime), runtime);
});

Tracing.run();

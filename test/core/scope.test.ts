import { suite } from "uvu";
import * as assert from "uvu/assert";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { type ExecutorRuntime, runtimeOn } from "../../lib/compile/runtime.js";
import { composite, scope } from "../../lib/core/composite.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { setRuntime } from "../../lib/core/runtime.js";
import { unscoped } from "../../lib/core/scope.js";
import { type DeviceArray, dispose, type Tensor } from "../../lib/core/tensor.js";
import { add, mul } from "../../lib/primitives/elementwise.js";
import { grad } from "../../lib/transforms/grad.js";
import { f32, noLeaks, numbers } from "../helpers/runtime.js";

const Scope = suite("core/scope");
let runtime: ExecutorRuntime;
let before: ReturnType<typeof setRuntime>;
Scope.before(() => {
  runtime = runtimeOn(referenceExecutor());
  before = setRuntime(runtime);
});
Scope.after(() => void setRuntime(before));
const held = (): number => runtime.device.memory().arrays;

Scope("a scope frees what its result does not reach, and keeps what it does", () => {
  noLeaks(() => {
    const x = f32([1, 2]);
    const before = held();
    const { y, list } = scope(() => {
      const a = add(x, x);
      const b = mul(a, a);
      return { y: mul(a, b), list: [b, null] as const };
    });
    assert.is(held(), before + 2);
    assert.equal(numbers(y), [8, 64]);
    dispose([x, y, list]);
  });
});

Scope("what an inner scope returns belongs to the outer one", () => {
  noLeaks(() => {
    scope(() => {
      const inner = scope(() => f32([1]));
      assert.equal(numbers(inner), [1]);
    });
  });
});

Scope("a scope that throws frees everything made in it", () => {
  noLeaks(() => {
    assert.throws(
      () =>
        scope(() => {
          f32([1]);
          throw new Error("mine");
        }),
      "mine",
    );
  });
});

Scope("a Promise is refused, and what was made is freed", () => {
  noLeaks(() => {
    assert.throws(
      () =>
        scope(async () => {
          f32([1]);
        }),
      (e: unknown) => isFluxionError(e, "ArgumentError") && /^scope: the function returned a Promise/.test(e.message),
    );
  });
});

Scope("outside of every scope tensors live until they are disposed; twice is no error", () => {
  const x = f32([1]);
  const before = held();
  x.dispose();
  assert.is(held(), before - 1);
  x.dispose();
  assert.is(held(), before - 1);
});

Scope("using frees at the end of the block", () => {
  noLeaks(() => {
    using x = f32([1, 2]);
    assert.is(x.size, 2);
  });
});

Scope("unscoped makes what outlives the scope", () => {
  const x = scope(() => {
    const kept = unscoped(() => f32([3]));
    return { shape: String(kept.shape), keep: () => kept };
  });
  assert.equal(numbers(x.keep()), [3]);
  x.keep().dispose();
});

Scope("a composite function leaves only its result, and frees nothing under a transformation", () => {
  const cube = composite("cube", (x: Tensor) => mul(mul(x, x), x));
  noLeaks(() => {
    const x = f32(2);
    const before = held();
    const y = cube(x);
    assert.is(held(), before + 1);
    assert.is(cube.name, "cube");
    const g = grad((z: Tensor) => cube(z))(x) as Tensor;
    assert.is(g.item(), 12);
    dispose([x, y, g]);
  });
});

Scope("a disposed tensor names the operation, and says what happened to it", () => {
  const x = f32([1]);
  (x as DeviceArray).dispose("it was given away");
  for (const f of [() => add(x, x), () => x.dataSync()]) {
    assert.throws(
      f,
      (e: unknown) => isFluxionError(e, "UseAfterDisposeError") && e.message.includes("it was given away"),
    );
  }
  assert.throws(() => add(x, x), /^add: /);
});

Scope.run();

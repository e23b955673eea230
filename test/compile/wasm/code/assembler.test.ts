import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  countDown,
  f32,
  i32,
  instantiate,
  ModuleBuilder,
  signedLeb,
  unsignedLeb,
  v128,
  when,
} from "../../../../lib/compile/wasm/code/assembler.js";
import { isFluxionError } from "../../../../lib/core/errors.js";

const Suite = suite("compile/wasm/code/assembler");

type Run = { readonly run: (...args: number[]) => void };
const memory = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 1 });

Suite("LEB128 has the bytes of the specification at the limits of each length", () => {
  assert.equal(unsignedLeb(0), [0]);
  assert.equal(unsignedLeb(127), [0x7f]);
  assert.equal(unsignedLeb(128), [0x80, 1]);
  assert.equal(unsignedLeb(624485), [0xe5, 0x8e, 0x26]);
  assert.equal(unsignedLeb(2 ** 32 - 1), [0xff, 0xff, 0xff, 0xff, 0x0f]);
  assert.equal(signedLeb(63), [0x3f]);
  assert.equal(signedLeb(64), [0xc0, 0]);
  assert.equal(signedLeb(-64), [0x40]);
  assert.equal(signedLeb(-65), [0xbf, 0x7f]);
  assert.equal(signedLeb(-123456), [0xc0, 0xbb, 0x78]);
  assert.equal(signedLeb(-(2 ** 31)), [0x80, 0x80, 0x80, 0x80, 0x78]);
});

Suite("constants arrive as they were written", () => {
  const module = new ModuleBuilder();
  const fn = module.func(0, "run");
  const integers = [0, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31)];
  fn.define(
    integers.map((v, i) => i32.store(i32.const(4 * i), i32.const(v))),
    f32.store(i32.const(64), f32.const(Math.fround(0.1))),
  );
  const heap = memory();
  instantiate<Run>(module, heap).run();
  assert.equal([...new Int32Array(heap.buffer, 0, integers.length)], integers);
  assert.is(new Float32Array(heap.buffer)[16], Math.fround(0.1));
});

Suite("a counted loop runs as often as it says, also not at all", () => {
  const module = new ModuleBuilder();
  const fn = module.func(1, "run");
  const [count] = fn.params;
  const seen = fn.local("i32");
  assert.ok(count);
  fn.define(countDown(count, seen.advance(count.get)), i32.store(i32.const(0), seen.get));
  const heap = memory();
  const { run } = instantiate<Run>(module, heap);
  const sums = [0, 1, 2, 100].map((n) => {
    run(n);
    return new Int32Array(heap.buffer)[0];
  });
  assert.equal(sums, [0, 1, 3, 5050]);
});

Suite("branches, calls and lanes go where they should", () => {
  const module = new ModuleBuilder();
  const helper = module.func(2);
  const fn = module.func(1, "run");
  const [to, value] = helper.params;
  const [flag] = fn.params;
  assert.ok(to && value && flag);
  helper.define(i32.store(to.get, value.get));
  const x = fn.local("v128");
  fn.define(
    when(flag.get, helper.call(i32.const(0), i32.const(7)), helper.call(i32.const(0), i32.const(8))),
    x.set(v128.load(i32.const(16))),
    v128.store(i32.const(48), v128.shuffle32(x.get, v128.load(i32.const(16), 16), [0, 5, 2, 7])),
  );
  const heap = memory();
  const words = new Int32Array(heap.buffer);
  words.set([10, 11, 12, 13, 14, 15, 16, 17], 4);
  const { run } = instantiate<Run>(module, heap);
  run(1);
  assert.is(words[0], 7);
  run(0);
  assert.is(words[0], 8);
  assert.equal([...words.subarray(12, 16)], [10, 15, 12, 17]);
});

Suite("a call with a wrong number of arguments is refused when it is written", () => {
  const fn = new ModuleBuilder().func(2);
  assert.throws(
    () => fn.call(i32.const(1)),
    (e: unknown) => isFluxionError(e, "InvariantError"),
  );
});

Suite.run();

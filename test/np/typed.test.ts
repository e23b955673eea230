/** Typed arrays as data: elements keep their values, or the call is refused. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { init, np, type Tensor } from "../../lib/index.js";

const Typed = suite("np/typed");
Typed.before(() => init({ backend: "reference" }));

const array = np.array as unknown as (data: unknown, dtype?: unknown) => Tensor;
const refused =
  (what: string, got: string, hint: RegExp) =>
  (e: unknown): boolean => {
    if (!isFluxionError(e, "DTypeError")) throw e;
    assert.is(e.mismatch.what, what);
    assert.is(e.mismatch.got, got);
    assert.match(e.mismatch.hint ?? "", hint);
    return true;
  };

Typed("arrays with a dtype keep it, and bytes of zeros and ones are bools", () => {
  for (const type of [Float32Array, Float64Array, Int32Array, Uint32Array]) {
    assert.equal(array(new type([2, 0, 1])).dataSync(), new type([2, 0, 1]));
  }
  assert.equal(array(new Uint8Array([1, 0])).tolist(), [true, false]);
  assert.equal(array(new Float32Array([])).shape, [0]);
});

Typed("bytes that are not bools are refused, or become numbers of the dtype", () => {
  const bytes = new Uint8Array([200, 1, 0]);
  assert.throws(
    () => array(bytes),
    refused("bytes that are not 0 or 1 cannot be bools", "a Uint8Array with 200", /np\.array\(bytes, "int32"\)/),
  );
  assert.equal(array(bytes, "int32").tolist(), [200, 1, 0]);
  assert.equal(array(bytes, { dtype: "float32", shape: [3, 1] }).tolist(), [[200], [1], [0]]);
  const bools = array(bytes, "bool");
  assert.equal([...bools.dataSync()], [1, 1, 0]);
  assert.is(np.sum(bools).item(), 2);
});

Typed("arrays of other widths need a dtype", () => {
  for (const type of [Int8Array, Int16Array, Uint16Array, Uint8ClampedArray]) {
    assert.throws(
      () => array(new type([2, 3])),
      refused(`a ${type.name} has elements without a dtype`, `a ${type.name}`, /np\.array\(data, "int32"\)/),
    );
    assert.equal(array(new type([2, 3]), "int32").tolist(), [2, 3]);
  }
  assert.equal(array(new Int16Array([-2]), "float32").tolist(), [-2]);
});

Typed("big integers, views and buffers are refused with how to make numbers of them", () => {
  for (const dtype of [undefined, "int32"]) {
    assert.throws(
      () => array(new BigInt64Array([1n]), dtype),
      refused("a BigInt64Array has elements without a dtype", "a BigInt64Array", /Int32Array\.from\(data, Number\)/),
    );
  }
  assert.throws(() => array(new DataView(new ArrayBuffer(8))), /typed array of its buffer/);
  assert.throws(
    () => array(new ArrayBuffer(8)),
    refused("an element is not a number", "a ArrayBuffer", /new Float32Array/),
  );
  assert.throws(() => array(new Set([1])), refused("an element is not a number", "a Set", /\[\.\.\.x\]/));
  assert.throws(() => array([1n]), refused("an element is not a number", "1n", /Number\(x\)/));
  assert.throws(() => array([0, "1"]), refused("an element is not a number", '"1"', /Number\(x\)/));
  assert.throws(() => array([null]), refused("an element is not a number", "null", /NaN/));
});

Typed.run();

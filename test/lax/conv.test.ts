import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as lax from "../../lib/lax/index.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import { onReference, refuses } from "../np/oracle.js";

const Conv = suite("lax/conv");
const check = onReference(Conv);

check("padding by name is what TensorFlow and JAX make of it", () => {
  assert.equal(lax.padtypeToPads([5, 6], [3, 2], [2, 2], "SAME"), [
    [1, 1],
    [0, 0],
  ]);
  assert.equal(lax.padtypeToPads([5], [4], [1], "SAME"), [[1, 2]]);
  assert.equal(lax.padtypeToPads([5], [4], [1], "SAME_LOWER"), [[2, 1]]);
  assert.equal(lax.padtypeToPads([5], [4], [1], "VALID"), [[0, 0]]);
  assert.equal(lax.padtypeToPads([2], [1], [3], "SAME"), [[0, 0]]);
});

check("letters name the axes of any layout", () => {
  assert.equal(lax.convDimensionNumbers(4, ["NHWC", "HWIO", "NHWC"]), {
    lhsSpec: [0, 3, 1, 2],
    rhsSpec: [3, 2, 0, 1],
    outSpec: [0, 3, 1, 2],
  });
  const [x, w] = [np.ones([2, 5, 4, 3]), np.ones([3, 2, 3, 7])];
  const y = (out: string) =>
    lax.convGeneralDilated(x, w, [1, 1], "VALID", { dimensionNumbers: ["NHWC", "HWIO", out] }).shape;
  assert.equal(y("NHWC"), [2, 3, 3, 7]);
  assert.equal(y("CWHN"), [7, 3, 3, 2]);
  assert.equal(lax.convTranspose(np.ones([1, 4, 4, 2]), np.ones([3, 3, 2, 5]), [2, 2], "SAME").shape, [1, 8, 8, 5]);
});

check("what does not fit is refused with both shapes", () => {
  const [x, w] = [np.ones([2, 3, 5, 5]), np.ones([4, 2, 3, 3])];
  refuses(
    () => lax.conv(x, w, [1, 1], "VALID"),
    "ShapeError",
    "conv",
    "input features",
    "f32[2,5,5,3]",
    "f32[3,3,2,4]",
  );
  refuses(() => lax.conv(x, np.ones([3, 3]), [1, 1], "VALID"), "ShapeError", "lax.conv:", "f32[2,3,5,5]");
  refuses(() => lax.conv(x, w, [1], "VALID"), "ShapeError", "lax.conv:", "strides [1]");
  refuses(() => lax.conv(x, w, [1, 1], "FULL" as never), "ArgumentError", "lax.conv:", "FULL");
  refuses(() => lax.conv(x, w, [1, 1], [[0, 0]]), "ShapeError", "lax.conv:");
  refuses(() => lax.conv(x, np.ones([4, 3, 3, 3], "int32"), [1, 1], "VALID"), "DTypeError", "conv");
  refuses(() => lax.convDimensionNumbers(4, ["NHWC", "HWIO", "NHWW"]), "ArgumentError", "NHWW");
  refuses(
    () => lax.convGeneralDilated(x, np.ones([4, 1, 3, 3]), [1, 1], "VALID", { featureGroupCount: 3 }),
    "ShapeError",
    "groups",
  );
  refuses(() => lax.reduceWindow(np.ones([3]), 0, "add", [2, 2]), "ShapeError");
  refuses(() => lax.reduceWindow(np.ones([3], "int32"), -Infinity, "max", [2]), "DTypeError", "lax.reduceWindow");
});

check("pooling takes single examples and pads by name", () => {
  const x = np.astype(np.reshape(np.arange(16), [4, 4, 1]), "float32");
  assert.equal(np.ravel(nn.maxPool(x, [2, 2], { strides: [2, 2] })).toArray(), [5, 7, 13, 15]);
  assert.equal(nn.avgPool(np.ones([1, 3, 3, 1]), [2, 2], { padding: "SAME", countIncludePad: false }).toArray(), [
    [[[1], [1], [1]].flat(), [1, 1, 1], [1, 1, 1]].map((row) => row.map((v) => [v])),
  ]);
  refuses(() => nn.maxPool(np.ones([4]), [2, 2]), "ShapeError", "nn.maxPool", "f32[4]");
  refuses(() => nn.avgPool(x, [2, 2], { strides: [1] }), "ShapeError", "nn.avgPool", "strides [1]");
});

Conv.run();

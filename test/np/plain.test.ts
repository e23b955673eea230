import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as np from "../../lib/np/index.js";
import { onReference, refuses } from "./oracle.js";

const Plain = suite("np/plain");
const check = onReference(Plain);

check("shape, ndim and size tell of a tensor or number what is known without its values", () => {
  const x = np.zeros([2, 3, 4]);
  assert.equal(np.shape(x), [2, 3, 4]);
  assert.is(np.ndim(x), 3);
  assert.is(np.size(x), 24);
  assert.is(np.size(x, -1), 4);
  assert.equal([np.shape(1), np.ndim(true), np.size(2)], [[], 0, 1]);
  refuses(() => np.size(x, 3), "ShapeError", "axis 3");
});

check("broadcastShapes gives the common shape, or says which shapes have none", () => {
  assert.equal(np.broadcastShapes([2, 1], [3], [1, 1, 1]), [1, 2, 3]);
  assert.equal(np.broadcastShapes(), []);
  refuses(() => np.broadcastShapes([2], [3]), "ShapeError", "[2] and [3]");
});

check("a copy outlives the tensor that it was made of", () => {
  const x = np.array([1, 2]);
  const y = np.copy(x);
  x.dispose();
  assert.equal(y.toArray(), [1, 2]);
});

Plain.run();

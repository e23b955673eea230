import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { makeJaxpr } from "../../lib/transforms/make-jaxpr.js";
import { anyPlain, build, einsumLoop, onReference, property, refuses, same, tensor, vector } from "./oracle.js";

const Einsum = suite("np/einsum");
const check = onReference(Einsum);

check("einsum of any operands is a loop over all letters", () => {
  const anySpec = fc.record({
    inputs: fc.array(
      fc.array(fc.constantFrom(..."abcd"), { maxLength: 3 }).map((l) => l.join("")),
      { minLength: 1, maxLength: 3 },
    ),
    sizes: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
  });
  const anyCase = anySpec.chain(({ inputs, sizes }) =>
    fc.record({
      inputs: fc.constant(inputs),
      output: fc.shuffledSubarray([...new Set(inputs.join(""))]).map((l) => l.join("")),
      xs: fc.tuple(...inputs.map((labels) => anyPlain([...labels].map((l) => sizes["abcd".indexOf(l)])))),
    }),
  );
  property(
    anyCase,
    ({ inputs, output, xs }) => {
      const spec = `${inputs.join(",")}->${output}`;
      same(np.einsum(spec, ...xs.map((x) => tensor(x))), einsumLoop(inputs, output, xs), spec);
    },
    300,
  );
});

check("einsum without an arrow keeps the letters that occur once, in alphabetical order", () => {
  const x = build([2, 3], ([i, j]) => 3 * i + j);
  const y = build([3, 2], ([i, j]) => i - j);
  same(np.einsum("ij,jk", tensor(x), tensor(y)), einsumLoop(["ij", "jk"], "ik", [x, y]));
  same(np.einsum("ba", tensor(x)), einsumLoop(["ba"], "ab", [x]));
  same(np.einsum(" ij , kj -> i k", tensor(x), tensor(x)), einsumLoop(["ij", "kj"], "ik", [x, x]));
  same(np.einsum("ii", tensor(build([2, 2], ([i, j]) => 2 * i + j))), { shape: [], data: [3] });
});

check("the diagonal takes nothing from what is beside it", () => {
  const x = tensor({ shape: [2, 2], data: [1, Infinity, Number.NaN, 2] });
  same(np.einsum("ii->i", x), vector(1, 2));
  same(np.einsum("ii,i", x, tensor(vector(1, 10))), { shape: [], data: [21] });
});

check("einsum says what does not fit", () => {
  const x = np.zeros([2, 3]);
  refuses(() => np.einsum("ij,jk", x), "ShapeError", "np.einsum", '"ij,jk"', "number of operands");
  refuses(() => np.einsum("ijk", x), "ShapeError", "operand 0 has another rank", "rank 3", "rank 2");
  refuses(
    () => np.einsum("ij,ij", x, np.zeros([3, 2])),
    "ShapeError",
    'sizes of "i" differ',
    "2 at axis 0 of operand 0 and 3 at axis 0 of operand 1",
  );
  refuses(() => np.einsum("ij->ik", x), "ShapeError", '"k" names no axis');
  refuses(() => np.einsum("ij->ii", x), "ShapeError", "twice in the result");
  refuses(() => np.einsum("i.", x), "ShapeError", "only letters");
});

check("einsum's ellipsis stands for any leading axes", () => {
  const x = np.zeros([2, 3, 4]);
  assert.equal(np.einsum("...", x).shape, [2, 3, 4]);
  assert.equal(np.einsum("...k->k...", x).shape, [4, 2, 3]);
  assert.equal(np.einsum("...a,...b", np.zeros([3, 4]), np.zeros([2, 1, 5])).shape, [2, 3, 4, 5]);
  // As in JAX, axes that the result leaves out are summed, those of an ellipsis too.
  same(np.einsum("i...->i", tensor(build([2, 3], ([i, j]) => i + j))), vector(3, 6));
  refuses(() => np.einsum("...ijkl", x), "ShapeError", "operand 0 has another rank", "rank 4 or more", "rank 3");
  refuses(() => np.einsum("...i...", x), "ShapeError", "one ellipsis");
  refuses(() => np.einsum("...,...", x, np.zeros([2, 4])), "ShapeError", "sizes of", "operand 1");
  refuses(() => np.einsum("ij->i->j", np.zeros([2, 2])), "ShapeError", "two arrows");
});

check("a chain is contracted from its cheap end", () => {
  const [a, b, c] = [np.zeros([100, 100]), np.zeros([100, 100]), np.zeros([100])];
  assert.equal(np.einsumPath("ij,jk,k->i", a, b, c), [
    [1, 2],
    [0, 1],
  ]);
  const program = String(makeJaxpr((...xs: Tensor[]) => np.einsum("ij,jk,k->i", ...xs))(a, b, c));
  assert.not.match(program, /dot_general.*f64\[100,100\] =/);
  assert.is(program.match(/dot_general/g)?.length, 2);
});

check("a product whose axes stand in another order than its operands needs no transpose", () => {
  const program = String(
    makeJaxpr((x: Tensor, y: Tensor) => np.einsum("ij,jk->ki", x, y))(np.zeros([2, 3]), np.zeros([3, 4])),
  );
  assert.not.match(program, /transpose/);
});

Einsum.run();

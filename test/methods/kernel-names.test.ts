import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Kernels, kernelMatcher, kernelName, patternValue } from "../../lib/methods/kernel-names.js";

const Names = suite("methods/kernel-names");

const NODES = [
  "encoder/layers/0/attention/query",
  "encoder/layers/0/attention/out",
  "encoder/layers/10/mlp/wo",
  "decoder/layers/0/selfAttention/out",
  "decoder/layers/1/encoderDecoderAttention/key",
  "decoder/logitsDense",
];

Names("kernels are named by our paths or Hugging Face's modules, whole or by their ends", () => {
  const rows: [Kernels, number[]][] = [
    [["q"], [0]],
    [["query"], [0]],
    [["o"], [1, 3]],
    [["SelfAttention.o"], [1, 3]],
    [["selfAttention/out"], [3]],
    [
      ["attention/out", "EncDecAttention.k"],
      [1, 4],
    ],
    [["wo"], [2]],
    [
      ["encoder/layers/10/mlp/wo", "lm_head"],
      [2, 5],
    ],
    [["encoder.block.0.layer.0.SelfAttention.q"], [0]],
    [["uery", "encoder"], []],
    [[], []],
    ["all-linear", [0, 1, 2, 3, 4]],
    [{ pattern: ".*EncDecAttention\\.(k|v)" }, [4]],
    [{ pattern: "encoder/.*" }, [0, 1, 2]],
    [{ pattern: "q|o" }, []],
  ];
  for (const [kernels, want] of rows) {
    const fits = kernelMatcher("x", kernels);
    const got = NODES.flatMap((node, i) => (fits(kernelName(node)) ? [i] : []));
    assert.equal(got, want, JSON.stringify(kernels));
  }
  assert.throws(() => kernelMatcher("x", { pattern: "(" }));
});

Names("of a pattern the first key that fits counts, from the start of the name or a dot to its end", () => {
  const pattern = { "decoder.*.k": 2, k: 3, "EncDecAttention.k": 4, "SelfAttention.o": 5, uery: 6 };
  const got = NODES.map((node) => patternValue("x", pattern, 8)(kernelName(node)));
  assert.equal(got, [8, 5, 8, 5, 2, 8]);
});

Names.run();

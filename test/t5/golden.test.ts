import { suite } from "uvu";
import * as assert from "uvu/assert";
import { relativeBucket } from "../../lib/t5/positions.js";
import { assertTensor, type GoldenTensor } from "../helpers/golden.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";
import { agreesWithGoldens } from "./golden-checks.js";

const Golden = suite("t5/golden");
const files = goldenFiles(Golden, "t5/golden.test.ts");
agreesWithGoldens(Golden, files, ["wasm", "onnx"]);

interface Buckets {
  readonly relative_position: GoldenTensor;
  readonly tables: readonly {
    readonly bidirectional: boolean;
    readonly num_buckets: number;
    readonly max_distance: number;
    readonly buckets: GoldenTensor;
    /** Places where T5X's rule, or the same rule in float64, differs. */
    readonly t5x_differs_at: readonly number[];
    readonly float64_differs_at: readonly number[];
  }[];
}

withShared(Golden, "relative position buckets, both directions, six sizes", (root) => {
  const { relative_position: positions, tables } = files.open<Buckets>(root, "t5-tiny/buckets.json");
  for (const t of tables) {
    const data = positions.data.map((r) => relativeBucket(r, t.bidirectional, t.num_buckets, t.max_distance));
    assertTensor("buckets", { shape: positions.shape, data }, t.buckets, { abs: 0, rel: 0 });
    assert.equal([t.t5x_differs_at, t.float64_differs_at], [[], []]);
  }
});

Golden.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { relativeBucket } from "../../lib/t5/positions.js";
import type { GoldenTensor } from "../helpers/golden.js";
import { readSharedJson, withShared } from "../helpers/shared.js";
import { agreesWithGoldens } from "./golden-checks.js";

const Golden = suite("t5/golden");
agreesWithGoldens(Golden, ["wasm", "onnx"]);

withShared(Golden, "relative position buckets, both directions, six sizes", (root) => {
  const golden = readSharedJson<{
    relative_position: GoldenTensor;
    tables: { bidirectional: boolean; num_buckets: number; max_distance: number; buckets: GoldenTensor }[];
  }>(root, "golden/t5-tiny/buckets.json");
  for (const t of golden.tables) {
    const got = golden.relative_position.data.map((r) =>
      relativeBucket(r, t.bidirectional, t.num_buckets, t.max_distance),
    );
    assert.equal(got, t.buckets.data);
  }
});

Golden.run();

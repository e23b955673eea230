/** @file The tiny checkpoint of T5X, from its files to logits, against a T5 written out in torch that reads them itself (test/golden/make/t5x-forward.py). */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import { scope } from "../../../lib/core/composite.js";
import { withRuntime } from "../../../lib/core/runtime.js";
import { loadT5xTE } from "../../../lib/io/t5x/load.js";
import * as np from "../../../lib/np/index.js";
import * as t5 from "../../../lib/t5/index.js";
import { assertNear } from "../../helpers/golden.js";
import { runtimes } from "../../helpers/runtime.js";
import { withShared } from "../../helpers/shared.js";
import { run } from "../folder.js";

const Forward = suite("io/t5x: forward");
const golden = JSON.parse(readFileSync(new URL("../../golden/data/t5x-forward.json", import.meta.url), "utf8")) as {
  readonly inputs: number[][];
  readonly targets: number[][];
  readonly encoded: number[][][];
  readonly ids: number[];
  readonly logits: number[][][];
  readonly logSumExp: number[][];
  readonly loss: number;
};
const TOLERANCE = { abs: 1e-5, rel: 1e-5 };

for (const { label, open } of runtimes()) {
  withShared(Forward, `on ${label} the model gives what its files say`, async (root) => {
    const { config, params: stored } = await run(loadT5xTE(`${root}/data/t5x/test_t5_1_1_tiny`));
    await withRuntime(await open(), async () =>
      scope(() => {
        const params = np.devicePut(stored);
        const [inputs, targets] = [
          np.array(golden.inputs, { dtype: "int32" }),
          np.array(golden.targets, { dtype: "int32" }),
        ];
        const { states } = t5.encode(config, params, inputs);
        const isPadding = (i: number) => golden.inputs.flat()[Math.floor(i / config.dModel)] === 0;
        assertNear("encoded", states.concrete("test").host().data, golden.encoded.flat(2), TOLERANCE, isPadding);
        const logits = t5.logits(config, params, { inputs, targets });
        const isBehind = (width: number) => (i: number) => golden.targets.flat()[Math.floor(i / width)] === 0;
        const some = np.take(logits, np.array(golden.ids, { dtype: "int32" }), -1);
        const count = golden.ids.length;
        assertNear("logits", some.concrete("test").host().data, golden.logits.flat(2), TOLERANCE, isBehind(count));
        const total = np.logsumexp(logits, { axis: -1 }).concrete("test").host().data;
        assertNear("logSumExp", total, golden.logSumExp.flat(), TOLERANCE, isBehind(1));
        assertNear("loss", [t5.loss(config)(params, { inputs, targets }).item()], [golden.loss], TOLERANCE);
      }),
    );
  });
}

Forward.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import * as np from "../../lib/np/index.js";
import * as t5 from "../../lib/t5/index.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const Loss = suite("t5/loss");
Loss.before(() => init({ backend: "reference" }));

const whole = (rows: number[][]) => np.array(rows, { dtype: "int32" });
const batch = () => ({
  inputs: whole([
    [3, 4, 1],
    [5, 1, 0],
  ]),
  targets: whole([
    [5, 6, 1],
    [7, 1, 0],
  ]),
});

Loss("the sums are the summed loss and the number of target tokens, and give the mean", () => {
  const { config, params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
  for (const options of [{}, { zLoss: 1e-2 }]) {
    const [sum, weight] = t5
      .lossSums(config, options)(params, batch())
      .map((x) => x.item());
    assert.is(weight, 5);
    assert.is(
      sum,
      t5
        .loss(config, { ...options, normalize: "none" })(params, batch())
        .item(),
    );
    assert.is(Math.fround(sum / 5), t5.loss(config, options)(params, batch()).item());
  }
});

Loss("weights of target tokens count, those of padding do not", () => {
  const { config, params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
  const weights = np.array([
    [0.5, 1, 2],
    [0, 0.25, 9],
  ]);
  const [sum, weight] = t5.lossSums(config)(params, { ...batch(), weights });
  assert.is(weight.item(), 3.75);
  const mean = t5.loss(config)(params, { ...batch(), weights });
  assert.ok(Math.abs(mean.item() - sum.item() / 3.75) < 1e-6);
});

Loss.run();

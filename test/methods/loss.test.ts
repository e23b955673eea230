import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init, memory } from "../../lib/compile/init.js";
import { treeMap } from "../../lib/core/pytree.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as methods from "../../lib/methods/index.js";
import * as np from "../../lib/np/index.js";
import * as random from "../../lib/random/index.js";
import * as t5 from "../../lib/t5/index.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const Loss = suite("methods/loss");
Loss.before(() => init({ backend: "reference" }));

const batch = () => ({
  inputs: np.array([[3, 4, 1]], { dtype: "int32" }),
  targets: np.array([[5, 6, 1]], { dtype: "int32" }),
});

Loss("the loss of a prompt is t5.promptLoss", () => {
  const { config, params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
  const prompt = np.full([2, config.dModel], 0.5);
  for (const options of [{}, { zLoss: 0.1 }, { normalize: "none" }] as const) {
    const lossOf = methods.methodLoss(config, methods.prompt({ length: 2 }), options);
    const got = lossOf(params, { prompt }, batch()).item();
    assert.is(got, t5.promptLoss(config, options)(params, { prompt }, batch()).item());
  }
});

Loss("the sums are those of the model with the tree in it, and neither leaves anything behind", () => {
  const { config, params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
  const method = methods.lora({ rank: 2, dora: true });
  const tuned = method.init(random.key(0), config, params);
  const given = batch();
  const before = memory().arrays;
  const sums = methods.methodLossSums(config, method)(params, tuned, given);
  const loss = methods.methodLoss(config, method)(params, tuned, given);
  assert.is(memory().arrays, before + 3);
  const [sum, weight] = sums.map((x) => x.item());
  assert.is(weight, 3);
  assert.is(loss.item(), Math.fround(sum / 3));
  dispose([sums, loss, given, tuned, params]);
});

Loss("losses over choices are those of the model with the tree in it", () => {
  const { config, params } = tinyT5({ numLayers: 1, numDecoderLayers: 1 });
  const answers = {
    choices: np.array(
      [
        [
          [5, 6, 1],
          [7, 1, 0],
        ],
      ],
      { dtype: "int32" },
    ),
    answer: np.array([0], { dtype: "int32" }),
  };
  const method = methods.lora({ rank: 2 });
  const tuned = treeMap((x: Tensor) => np.add(x, 0.05), method.init(random.key(0), config, params)) as methods.LoraTree;
  const whole = { ...batch(), ...answers };
  for (const options of [{ loss: "labels" }, { loss: "hinge", hinge: 2 }] as const) {
    const model = method.apply(config, params, tuned);
    const want = t5.loss<t5.Model>(config, options)(model, whole).item();
    assert.is(methods.methodLoss(config, method, options)(params, tuned, whole).item(), want);
    const [sum, count] = methods.methodLossSums(config, method, options)(params, tuned, whole);
    assert.equal([sum.item(), count.item()], [want, 1]);
    assert.is.not(t5.loss(config, options)(params, whole).item(), want);
  }
});

Loss.run();

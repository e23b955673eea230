import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as methods from "../../lib/methods/index.js";
import type { Json } from "../../lib/methods/method.js";
import { METHODS, methodOf, methodOfE } from "../../lib/methods/registry.js";
import { messageOf } from "../io/folder.js";

const Registry = suite("methods/registry");

const ALL = [
  methods.prompt(),
  methods.prompt({ length: 3, position: "decoder" }),
  methods.prompt({ sees: ["prompt->input", "prompt->prompt;causal"] }),
  methods.prefix(),
  methods.prefix({ length: 4, attentions: ["encoder", "cross"], projection: 16 }),
  methods.peftPrefix({ projection: 8 }),
  methods.perLayer(),
  methods.perLayer({ length: 3, combine: "add" }),
  methods.pTuning(),
  methods.pTuning({ length: 4, encoder: "lstm", hidden: 6, layers: 1, submodules: 2 }),
  methods.multitask({ tasks: 3 }),
  methods.multitask({ tasks: 2, kind: "concat", length: 4, taskLength: 3 }),
  methods.multitask({ tasks: 2, kind: "project", features: 4 }),
  methods.mpt(),
  methods.mpt({ length: 4, rank: 2, tasks: 3, submodules: 2 }),
  methods.residual(),
  methods.residual({ length: 4, bottleneck: 3, shared: false, layerNorm: false }),
  methods.lora(),
  methods.lora({ rank: 2, kernels: "all-linear", dora: true }),
  methods.lora({ kernels: { pattern: ".*k" }, rankPattern: { k: 3 }, alphaPattern: { k: 1 }, dropout: 0.5 }),
  methods.ia3(),
  methods.weights(["**/scale", "decoder/logitsDense/kernel"]),
  methods.full(),
  methods.design([5, 6]),
  methods.compose({ soft: methods.prompt(), low: methods.compose({ a: methods.lora(), b: methods.norms() }) }),
];

Registry("the settings of a method lead back to it, through JSON too", () => {
  for (const { settings } of ALL) {
    const read = JSON.parse(JSON.stringify(settings)) as Json;
    assert.equal(methodOf(read).settings, settings, String(settings.name));
    assert.equal(read, settings, "JSON says the same");
  }
  assert.equal(new Set(ALL.map(({ settings }) => settings.name)), new Set(Object.keys(METHODS)));
});

Registry("settings that are missing or null have their usual values", () => {
  const all = [methods.prompt(), methods.prefix(), methods.perLayer(), methods.pTuning(), methods.residual()];
  for (const method of [...all, methods.lora(), methods.ia3()]) {
    assert.equal(methodOf({ name: method.settings.name }).settings, method.settings);
  }
  assert.equal(methodOf({ name: "lora", rank: null }).settings.rank, 8);
});

const refused = (settings: unknown): string => messageOf(methodOfE(settings, "tuned.safetensors"), "ConfigError");

Registry("unknown names and settings are refused with the closest", () => {
  assert.match(refused({ name: "lroa" }), /no method of this name[\s\S]*got +lroa\n[\s\S]*did you mean lora\?/);
  assert.match(refused({ name: "toString" }), "no method of this name");
  assert.match(refused({ name: "lora", rnak: 4 }), /tuned\.safetensors: rnak\n {2}hint +did you mean rank\?/);
  assert.match(refused({ name: "prompt", length: 4, sea: [] }), "did you mean sees?");
  for (const settings of [undefined, null, 3, {}, { name: 3 }, []]) refused(settings);
});

Registry("values that a method does not take are refused with their place", () => {
  assert.match(refused({ name: "lora", rank: "4" }), "tuned.safetensors: rank");
  assert.match(refused({ name: "lora", rank: 0 }), /methods\.lora: the rank[\s\S]*at +tuned\.safetensors/);
  assert.match(refused({ name: "prompt", position: "behind" }), /behind[\s\S]*at +tuned\.safetensors/);
  assert.match(refused({ name: "weights" }), "tuned.safetensors: where");
  assert.match(refused({ name: "design", ids: [-1] }), "tuned.safetensors: ids[0]");
  assert.match(refused({ name: "lora", kernels: { patern: "x" } }), "kernels.patern: only the keys pattern");
  assert.match(refused({ name: "lora", rankPattern: { k: "x" } }), "tuned.safetensors: rankPattern.k");
  const inner = { name: "compose", methods: { a: { name: "prompt", length: -1 } } };
  assert.match(refused(inner), "at        tuned.safetensors: methods.a");
  assert.match(refused({ name: "compose", methods: {} }), "there is no method");
});

Registry.run();

import fc from "fast-check";
import * as t from "io-ts";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ConfigError } from "../../lib/core/errors.js";
import { brief, closed, decodeAs, listing, positiveInteger, such, withDefault } from "../../lib/edge/decode.js";
import { messageOf, rightOf } from "../io/folder.js";

const Decode = suite("edge/decode");

const Layer = closed({ size: positiveInteger, bias: withDefault(t.boolean, false) }, "Layer");
const Model = closed({ name: t.string, layers: t.array(Layer), seed: t.union([t.number, t.null]) }, "Model");
const decode = decodeAs(Model, { where: "loadModel", error: ConfigError }, "model.json", "see the manual");

Decode("a value that fits is decoded, with defaults filled in", () => {
  const model = rightOf(decode({ name: "a", layers: [{ size: 2 }, { size: 3, bias: true }], seed: null }));
  assert.equal(model, {
    name: "a",
    layers: [
      { size: 2, bias: false },
      { size: 3, bias: true },
    ],
    seed: null,
  });
});

Decode("one problem is told by key path, name of the codec and value", () => {
  const message = messageOf(decode({ name: "a", layers: [{ size: 1 }, { size: -4 }], seed: 1 }), "ConfigError");
  assert.is(
    message,
    [
      "loadModel: not a valid Model",
      "  expected  positive integer",
      "  got       -4",
      "  at        model.json: layers[1].size",
      "  hint      see the manual",
    ].join("\n"),
  );
});

Decode("the members of a union are alternatives at one place", () => {
  const message = messageOf(decode({ name: "a", layers: [], seed: "x" }), "ConfigError");
  assert.match(message, "expected  number | null");
  assert.match(message, 'got       "x"');
  assert.match(message, "at        model.json: seed\n");
});

Decode("several problems are counted, and the first three are listed under each other", () => {
  const layers = [{ size: 0 }, { size: "1" }, {}];
  const message = messageOf(decode({ layers, seed: 1 }), "ConfigError");
  assert.match(message, "not a valid Model: 4 problems");
  assert.match(message, "  expected  name: string\n            layers[0].size: positive integer\n");
  assert.match(message, 'layers[1].size: "1"\n            and 1 more');
});

Decode("an unknown key is refused by name, and the known ones are listed", () => {
  const message = messageOf(decode({ name: "a", layers: [{ size: 1, basi: true }], seed: 1 }), "ConfigError");
  assert.match(message, "expected  only the keys size, bias");
  assert.match(message, "at        model.json: layers[0].basi");
});

Decode("a key that every object inherits is unknown all the same", () => {
  const message = messageOf(decode({ name: "a", layers: [], seed: 1, toString: 1 }), "ConfigError");
  assert.match(message, "model.json: toString");
});

Decode("a closed codec recognises only what it would accept", () => {
  assert.ok(Layer.is({ size: 1, bias: false }));
  assert.not.ok(Layer.is({ size: 1, bias: false, extra: 1 }));
});

Decode("something that is no object at all is one problem", () => {
  for (const raw of [undefined, null, 3, "x", [1]]) {
    assert.match(messageOf(decode(raw), "ConfigError"), "expected  Model");
  }
});

Decode("null stands for a missing value with a default", () => {
  assert.is(rightOf(decodeAs(Layer, { where: "f", error: ConfigError }, "x")({ size: 1, bias: null })).bias, false);
});

Decode("a refinement reports under its own name", () => {
  const Even = such(t.number, (n) => n % 2 === 0, "even number");
  const message = messageOf(decodeAs(Even, { where: "f", error: ConfigError }, "x")(3), "ConfigError");
  assert.match(message, "expected  even number");
});

Decode("long values are shortened, odd ones do not break the message", () => {
  assert.is(brief("a".repeat(100)).length, 60);
  assert.is(brief(undefined), "nothing");
  assert.is(brief(10n), "10");
  assert.match(
    brief(() => 1),
    "=>",
  );
});

Decode("a listing that is not longer than allowed has no remainder", () => {
  assert.is(listing(["a", "b"], 2), "a\n            b");
});

Decode("a value in a message is the beginning of its JSON, also when it is too deep or too long to be printed", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 10, max: 40 }), (value, most) => {
      const text = JSON.stringify(value);
      assert.is(brief(value, most), text.length <= most ? text : `${text.slice(0, most - 3)}...`);
    }),
  );
  const deep: unknown = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
  assert.is(brief(deep, 10), "[[[[[[[...");
  assert.is(brief({ a: "x".repeat(1e6) }, 12), '{"a":"xxx...');
});

Decode.run();

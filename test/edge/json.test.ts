import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DataError } from "../../lib/core/errors.js";
import { parseJson } from "../../lib/edge/json.js";
import { messageOf, rightOf } from "../io/folder.js";

const Json = suite("edge/json");

const parse = (text: string) => parseJson(text, { where: "read", error: DataError }, "rows.json");

Json("agrees with JSON.parse wherever no key is repeated", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(3), (value, indent) => {
      assert.equal(rightOf(parse(JSON.stringify(value, null, indent))), JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 200 },
  );
});

Json("a repeated key is refused, however it is written", () => {
  for (const text of ['{"a":1,"a":2}', '{"x":[{"b":{},"a":1, "a" :2}]}', '{"a":1,"\\u0061":2}', '{"\\"":1,"\\"":1}']) {
    assert.match(messageOf(parse(text), "DataError"), "a key stands twice");
  }
});

Json("equal keys of different objects, and strings that look like keys, are fine", () => {
  for (const text of [
    '[{"a":1},{"a":1}]',
    '{"a":{"a":1}}',
    '{"a":"a","b":["a","a"]}',
    '{"a":"\\"a\\":"}',
    '{"a":"{","b":"}"}',
  ]) {
    assert.equal(rightOf(parse(text)), JSON.parse(text));
  }
});

Json("control characters of a text that is not JSON stay out of the message", () => {
  const message = messageOf(parse('{"a": \u001b[31m\u0000'), "DataError");
  assert.not.ok(/(?!\n)\p{Cc}/u.test(message), JSON.stringify(message));
});

Json("text that is not JSON names its source and shows how it begins", () => {
  const message = messageOf(parse("<html>not found</html>"), "DataError");
  assert.match(message, "rows.json");
  assert.match(message, "<html>");
  assert.match(messageOf(parse(" \n"), "DataError"), "no text");
});

Json("more keys or lists than any file has are refused before they are parsed", () => {
  const entry = '"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},';
  for (const text of [`{${entry.repeat(300_000)}"b":1}`, `[${"[],".repeat(2 ** 21)}0]`]) {
    const result = parse(text);
    assert.match(String((result as { left?: unknown }).left), "there is too much in this JSON");
  }
});

Json("as many keys and lists as any file has are read, of whatever length; they are counted in strings too", () => {
  const [keys, lists] = [2 ** 20, 2 ** 21];
  for (const text of [":".repeat(keys), "{".repeat(lists / 2) + "[".repeat(lists / 2), "}],".repeat(lists)])
    assert.is(rightOf(parse(`"${text}"`)), text);
  for (const text of [":".repeat(keys + 1), "{".repeat(lists + 1), "[".repeat(lists + 1)])
    assert.match(messageOf(parse(`"${text}"`), "DataError"), "there is too much in this JSON");
});

Json.run();

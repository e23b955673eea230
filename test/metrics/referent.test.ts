import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sameReferent } from "../../lib/metrics/index.js";

const Referent = suite("metrics/referent");

const phrase = fc
  .array(fc.constantFrom("the", "fuzzy", "bunny", "Bob's", "hat", "", "A"), { maxLength: 5 })
  .map((words) => words.join(" "));

Referent("takes either phrase for the longer one", () => {
  fc.assert(
    fc.property(phrase, phrase, (a, b) => {
      const [there, back] = [sameReferent(a, b), sameReferent(b, a)];
      assert.ok(there === back || there === -1 || back === -1, `"${a}" and "${b}": ${there}, ${back}`);
    }),
  );
});

Referent("a phrase names itself, unless it has no words", () => {
  fc.assert(
    fc.property(phrase, (a) => {
      assert.is(Math.abs(sameReferent(a, a)), 1);
    }),
  );
});

Referent("every determiner counts for nothing", () => {
  const determiners =
    "a an few her his each every many much my our some that the their these this those which whose your".split(" ");
  for (const word of determiners) {
    assert.is(sameReferent(word, "cat"), -1, word);
    assert.is(sameReferent(`${word} cat`, "Cat dog"), 1, word);
  }
});

Referent.run();

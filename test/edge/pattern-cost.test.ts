import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { patternProblem } from "../../lib/edge/pattern-cost.js";
import { makeNormalize } from "../../lib/tokenizer/text-steps.js";

const Cost = suite("edge/pattern-cost");

const refusal = (source: string): string | undefined => {
  const problem = patternProblem(source);
  return problem && `${problem.what}, expected ${problem.expected}`;
};

Cost("patterns that tokenizers have are taken", () => {
  const GPT2 = "'s|'t|'re| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  for (const pattern of [
    " {2,}",
    GPT2,
    "\\s*[\\r\\n]+",
    "(?:\\r\\n|\\n)+",
    "(?:foo|bar)+",
    "[\\])]+",
    "a{2}b?",
    "\\p{N}{1,3}",
    "(?<x>a)\\k<x>",
    "(?:ab)*",
    "\\(\\)+",
  ])
    assert.is(refusal(pattern), undefined, pattern);
});

Cost("an optional part doubles the ways, a part of up to nine has ten: a thousand are taken, more are not", () => {
  const nines = (most: number): string => `a{0,${most}}`.repeat(3);
  for (const pattern of ["a?".repeat(9), "(?:a?){9}", nines(9)]) assert.is(refusal(pattern), undefined, pattern);
  for (const pattern of ["a?".repeat(10), "(?:a?){10}", nines(10)])
    assert.match(refusal(pattern) ?? "taken", "may take too long to match", pattern);
});

Cost("a pattern that may match in very many ways is refused by name, before a text is tried", () => {
  for (const pattern of [
    "(a+)+$",
    "(a|a)*$",
    "(?:a|ab)*$",
    "([^\\]]+)*x",
    "(?:a?){30}a{30}",
    `${"a?".repeat(30)}a{30}`,
    "a*a*a*$",
    "(?<=(?:ab|b)*)c",
    "((a)*)*",
    "(?:\\s|\\S)*x",
  ])
    assert.match(refusal(pattern) ?? "taken", "may take too long to match", pattern);
  assert.match(refusal("a".repeat(2000)) ?? "taken", /too long, expected at most 1000 characters/);
  const step = { type: "Replace", pattern: { Regex: "(a+)+$" }, content: "" } as const;
  assert.throws(() => makeNormalize(step), /"\(a\+\)\+\$"/);
});

Cost("a pattern that is taken ends soon on a text that it nearly matches, whatever it is", () => {
  const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
    pattern: fc.oneof(
      { depthSize: "small" },
      tie("part"),
      fc.tuple(tie("part"), tie("pattern")).map(([a, b]) => a + b),
      fc.tuple(tie("pattern"), tie("pattern")).map(([a, b]) => `(?:${a}|${b})`),
    ),
    part: fc
      .tuple(
        fc.oneof(
          { depthSize: "small" },
          fc.constantFrom("a", "b", "[ab]", "."),
          tie("pattern").map((p) => `(?:${p})`),
        ),
        fc.constantFrom("", "", "*", "+", "?", "{1,30}", "{2}"),
      )
      .map(([atom, count]) => atom + count),
  }));
  fc.assert(
    fc.property(pattern, (source) => {
      fc.pre(source.length < 200 && refusal(source) === undefined);
      for (const text of ["a".repeat(60), "ab".repeat(30)])
        assert.is(new RegExp(`^(?:${source})c$`, "u").test(text), false);
    }),
    { numRuns: 300 },
  );
});

Cost.run();

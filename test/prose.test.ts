/** @file Phrases that messages, comments and pages must not have, since there is a plainer form. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Words, where a space may also be the end of a line and the beginning of the next one of a comment; and the plain form. */
const PHRASES: readonly (readonly [string, string])[] = [
  ["(?:this is|these are) no (?!longer|more)", "not a …, not …"],
  ["(?<!there )(?:is|are) no (?!longer|more)", "is not a …, are not …"],
  ["[\"'`](?:this is|these are) not", 'not a …, not … (a message: "not a matrix")'],
  ["of (?:its|their|our|one's) own", "its own …, a separate …"],
  ["(?:is|are|be|was|were) told", "is given, is listed, is recognized by …"],
  ["told (?:in each call|apart|when|by)", "per-call settings, given, distinguished"],
  ["(?:is|are|was|were) meant", "is selected, is intended, is expected"],
  ["\\w+s meant", "the selected …"],
  ["says? so\\b", "states it, is true, throws …"],
  ["(?:nobody|somebody|whoever)", "the caller, the reader; or the passive"],
];

const SPACE = "(?:[ \\t]+|[ \\t]*\\n[ \\t]*(?:\\*|//)?[ \\t]*)";
const RULES = PHRASES.map(([words, plain]) => {
  const start = words.startsWith("[") ? "" : "(?<!\\w)";
  return { found: new RegExp(`${start}${words.replaceAll(" ", SPACE)}`, "gi"), plain };
});

/** What is found in a text: line, phrase and plain form. */
const findings = (text: string): string[] =>
  RULES.flatMap(({ found, plain }) =>
    [...text.matchAll(found)].map((match) => {
      const line = text.slice(0, match.index).split("\n").length;
      return `${line}: "${match[0].replace(/\s+/g, " ").trim()}"; write: ${plain}`;
    }),
  );

const sources = readdirSync(`${root}lib`, { recursive: true }).map((name) => `lib/${name}`);
const pages = readdirSync(`${root}docs`).map((name) => `docs/${name}`);
const FILES = [
  ...sources.filter((name) => name.endsWith(".ts")),
  ...pages.filter((name) => name.endsWith(".md")),
  "README.md",
  "CONTRIBUTING.md",
];

const Prose = suite("prose");

Prose("messages, comments and pages are written plainly", () => {
  const all = FILES.flatMap((name) =>
    findings(readFileSync(`${root}${name}`, "utf8")).map((finding) => `${name}:${finding}`),
  );
  assert.equal(all, []);
});

Prose("phrases are found over the end of a line, and correct English is not", () => {
  assert.equal(findings(" * a key\n * of its\n * own"), ['2: "of its * own"; write: its own …, a separate …']);
  assert.is(findings('what: "this is no matrix"').length, 2);
  assert.is(findings('what: "this is not a matrix"').length, 1);
  assert.equal(findings("there is no such mode; there\n * are no options; it is no longer used; not a matrix"), []);
});

Prose.run();

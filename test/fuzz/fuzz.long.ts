/** @file A short form of `npm run fuzz`, and that it finds faults of every kind. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KINDS } from "./kinds.js";
import { fuzz, repeat } from "./run.js";

const Fuzz = suite("fuzz");
const SEED = 20_26;

Fuzz("mutated files of every kind end in a result or a typed error", async () => {
  const failures = await fuzz(Object.keys(KINDS).map((kind) => ({ kind, seed: SEED, from: 0, to: 40 })));
  assert.equal(
    failures.map((failure) => `${repeat(failure)}: ${failure.why}`),
    [],
  );
});

/** What is said of each fault; hangs are those of which nothing is heard for a while. */
const HANGS = ["hang", "waits"];
const FAULTS: Readonly<Record<string, RegExp>> = {
  hang: /^a hang$/,
  waits: /^a hang$/,
  untyped: /an untyped error: TypeError/,
  slow: /^file: \d+\.\d s$/,
  claims: /^file: 128 MB$/,
  grows: /^file: \d+ MB$/,
  unawaited: /an error that nobody awaits: Error: nobody/,
  talks: /a message of 99999 characters/,
  exits: /the process ended: code 0/,
};

Fuzz("faults are found, and told with their numbers; another worker goes on behind one that is lost", async () => {
  const jobOf = (kind: string, count = 1) => ({ kind, seed: SEED, from: 3, to: 3 + count });
  const others = Object.keys(FAULTS).filter((kind) => !HANGS.includes(kind) && kind !== "exits");
  const failures = [
    ...(await fuzz(
      HANGS.map((kind) => jobOf(kind)),
      undefined,
      3000,
    )),
    ...(await fuzz([...others.map((kind) => jobOf(kind)), jobOf("exits", 2), jobOf("fine", 5)])),
  ];
  assert.equal(
    failures.map(({ kind, n }) => `${kind} ${n}`),
    [...HANGS.map((kind) => `${kind} 3`), ...others.map((kind) => `${kind} 3`), "exits 3", "exits 4"],
  );
  for (const failure of failures) assert.match(failure.why, FAULTS[failure.kind], failure.kind);
  assert.is(repeat(failures[0]), `npm run fuzz -- --kind "hang" --seed ${SEED} --only 3`);
});

Fuzz.run();

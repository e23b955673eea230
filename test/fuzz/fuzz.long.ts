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

const FAULTS: Readonly<Record<string, RegExp>> = {
  untyped: /an untyped error: TypeError/,
  hang: /a hang/,
  waits: /a hang|the process ended/,
  slow: /^file: \d\.\d s$/,
  claims: /^file: 128 MB$/,
  grows: /^file: \d+ MB$/,
  exits: /the process ended: code 0/,
  unawaited: /an error that nobody awaits: Error: nobody/,
  talks: /a message of 99999 characters/,
};

Fuzz(
  "faults are found, and told with their numbers; another worker goes on behind those that take one along",
  async () => {
    const jobs = ["fine", ...Object.keys(FAULTS)].map((kind) => ({ kind, seed: SEED, from: 3, to: 4 }));
    const failures = await fuzz([...jobs, { ...jobs[0], from: 0, to: 5 }], undefined, 5000);
    for (const [kind, why] of Object.entries(FAULTS)) {
      const failure = failures.find((one) => one.kind === kind);
      assert.match(failure?.why ?? "not found", why, kind);
      assert.is(failure && repeat(failure), `npm run fuzz -- --kind "${kind}" --seed ${SEED} --only 3`);
    }
    assert.is(failures.length, Object.keys(FAULTS).length);
  },
);

Fuzz("the mutations that follow a hang are read as well", async () => {
  const failures = await fuzz([{ kind: "exits", seed: SEED, from: 0, to: 2 }]);
  assert.equal(
    failures.map(({ n }) => n),
    [0, 1],
  );
});

Fuzz.run();

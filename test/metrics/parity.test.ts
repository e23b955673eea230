import { suite } from "uvu";
import * as assert from "uvu/assert";
import { genderParity } from "../../lib/metrics/index.js";
import { answeredList, assertMetric, assertRefused } from "../helpers/answered.js";

const Parity = suite("metrics/parity");

const parity = (answers: readonly number[]): number =>
  genderParity(answeredList(Array(answers.length).fill(0), answers));

Parity("counts pairs of neighbours with equal answers, right or wrong", () => {
  assertMetric(parity([0, 0, 1, 1, 0, 1, -1, -1]), 75, "three of four");
  assertMetric(parity([0, 1, 1, 0]), 0, "equal neighbours of different pairs");
});

Parity("an example without a partner is left out; one alone has no parity, and an empty list is an error", () => {
  assertMetric(parity([0, 0, 1]), 100, "the third has no partner");
  assertMetric(parity([0, 1, 1]), 0, "nor is it one of the second");
  assert.ok(Number.isNaN(parity([0])));
  assertRefused(() => parity([]), "genderParity", "no answered examples");
});

Parity.run();

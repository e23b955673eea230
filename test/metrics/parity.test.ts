import { suite } from "uvu";
import { genderParity } from "../../lib/metrics/index.js";
import { answeredList, assertMetric, assertRefused } from "../helpers/answered.js";

const Parity = suite("metrics/parity");

const parity = (answers: readonly number[]): number =>
  genderParity(answeredList(Array(answers.length).fill(0), answers));

Parity("counts pairs of neighbours with equal answers, right or wrong", () => {
  assertMetric(parity([0, 0, 1, 1, 0, 1, -1, -1]), 75, "three of four");
  assertMetric(parity([0, 1, 1, 0]), 0, "equal neighbours of different pairs");
});

Parity("an odd number of examples and an empty list are errors", () => {
  assertRefused(() => parity([0, 0, 1]), "genderParity", "no partner", "3");
  assertRefused(() => parity([]), "genderParity", "no answered examples");
});

Parity.run();

import { suite } from "uvu";
import { accuracy, allMatch, exactMatch, firstOfGroup, meanOverGroups } from "../../lib/metrics/index.js";
import { answeredList, assertMetric, assertRefused } from "../helpers/answered.js";

const Groups = suite("metrics/groups");

Groups("of each group the first example counts, wherever the others are", () => {
  const answered = answeredList([0, 1, 1, 1], [0, 0, 0, 1], ["a", "b", "a", "b"]);
  assertMetric(firstOfGroup(accuracy)(answered), 50, "first of a right, first of b wrong");
});

Groups("each group counts the same, however many examples it has", () => {
  const answered = answeredList([0, 1, 1, 1], [0, 1, 0, 0], ["a", "b", "b", "b"]);
  assertMetric(meanOverGroups(accuracy)(answered), (100 + 100 / 3) / 2, "mean");
  assertMetric(exactMatch(answered), 50, "all of a, not all of b");
  assertMetric(exactMatch(answeredList([1, 0], [1, -1], ["a", "a"])), 0, "an illegal answer breaks its group");
});

Groups("an example without a group is an error that names it", () => {
  const answered = [
    ...answeredList([0], [0], ["a"]),
    { answer: 0, example: { id: "7/2", inputs: "", targets: "", truth: 0 } },
  ];
  assertRefused(() => firstOfGroup(accuracy)(answered), "firstOfGroup", "no group", "example 7/2");
  assertRefused(() => meanOverGroups(accuracy)(answered), "meanOverGroups", "no group", "example 7/2");
});

Groups("an empty list is an error", () => {
  assertRefused(() => allMatch([]), "allMatch", "no answered examples");
  assertRefused(() => exactMatch([]), "meanOverGroups", "no answered examples");
  assertRefused(() => firstOfGroup(accuracy)([]), "firstOfGroup", "no answered examples");
});

Groups.run();

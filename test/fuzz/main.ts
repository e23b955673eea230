/**
 * @file `npm run fuzz`: mutations of small valid files of every kind, each of which has to end in a result or a typed error, soon and in little memory.
 *
 *     npm run fuzz                                          10,000 in all, with the seed of the day
 *     npm run fuzz -- --kind safetensors --n 1000 --seed 7  of one kind
 *     npm run fuzz -- --kind safetensors --seed 7 --only 12 the one that a failure names
 */
import { parseArgs } from "node:util";
import { KINDS } from "./kinds.js";
import { fuzz, repeat } from "./run.js";

const names = Object.keys(KINDS);
const { values } = parseArgs({
  options: {
    kind: { type: "string", multiple: true },
    n: { type: "string" },
    seed: { type: "string" },
    only: { type: "string" },
  },
});
const count = (option: string, text: string): number => {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${option}: a whole number from 0 on is expected, not ${JSON.stringify(text)}`);
  return process.exit(2);
};
const kinds = values.kind ?? names;
const unknown = kinds.find((kind) => !names.includes(kind));
if (unknown !== undefined) {
  console.error(`--kind: ${JSON.stringify(unknown)} is none of ${names.join(", ")}`);
  process.exit(2);
}
const seed = values.seed === undefined ? Math.floor(Date.now() / 86_400_000) : count("seed", values.seed);
const each = values.n === undefined ? Math.ceil(10_000 / names.length) : count("n", values.n);
const from = values.only === undefined ? 0 : count("only", values.only);
const to = values.only === undefined ? each : from + 1;

let began = performance.now();
const failures = await fuzz(
  kinds.map((kind) => ({ kind, seed, from, to })),
  ({ kind, failures, accepted }) => {
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    began = performance.now();
    const wrong = failures.length === 0 ? "" : `, ${failures.length} failed`;
    console.log(`${kind.padEnd(16)} ${to - from} mutations, ${accepted} read as valid${wrong}, ${seconds} s`);
  },
);
for (const failure of failures) {
  console.log(`\n${failure.kind}, seed ${failure.seed}, number ${failure.n}: ${failure.why}\n  ${repeat(failure)}`);
}
console.log(`\nseed ${seed}: ${failures.length} failures`);
process.exitCode = failures.length === 0 ? 0 : 1;

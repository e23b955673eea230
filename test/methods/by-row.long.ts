/** @file Answers and likelihoods of every mix of adapters, row by row, on each executor. */
import { suite } from "uvu";
import { withRuntime } from "../../lib/core/runtime.js";
import { scope } from "../../lib/index.js";
import { noLeaks, runtimes } from "../helpers/runtime.js";
import { assertAnswers, assertOneProgram, MIXES } from "./mixes.js";

/** Those whose trees can be stacked; a network's and a prompt's have no layers. */
const STACKED = [
  "LoRA of three ranks, scales and kernels",
  "DoRA and LoRA",
  "IA3 of other kernels",
  "prefixes of three lengths",
  "prefixes of PEFT",
  "prompts of the layers",
];
const ByRow = suite("methods/by-row long");

for (const { label, open } of runtimes().filter((r) => ["reference", "wasm", "onnx"].includes(r.label))) {
  const check = (title: string, body: () => void): void =>
    ByRow(`${label}: ${title}`, async () => withRuntime(await open(), () => noLeaks(() => scope(body))));
  for (const name of Object.keys(MIXES)) {
    check(`${name}: rows of a batch have the likelihoods and answers that they have alone`, () => assertAnswers(name));
  }
  for (const name of STACKED) check(`${name}: stacked layers give the same`, () => assertOneProgram(name));
}

ByRow.run();

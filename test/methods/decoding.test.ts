/** @file Decoding with a cache gives what decoding without one gives, for a method of each way into the model; decoding.long.ts has all others. */
import { suite } from "uvu";
import { addCached, addStacked } from "./decoding-checks.js";
import { EACH_WAY } from "./samples.js";

const Decoding = suite("methods/decoding");
for (const name of EACH_WAY) addCached(Decoding, name);
for (const name of ["dora", "prompt and lora", "two prompts and scales"]) addStacked(Decoding, name);
Decoding.run();

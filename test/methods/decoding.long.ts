/** @file Decoding with a cache gives what decoding without one gives, for the methods that decoding.test.ts leaves out. */
import { suite } from "uvu";
import { addCached } from "./decoding-checks.js";
import { EACH_WAY, METHODS } from "./samples.js";

const Decoding = suite("methods/decoding.long");
for (const name of Object.keys(METHODS).filter((one) => !EACH_WAY.includes(one))) addCached(Decoding, name);
Decoding.run();

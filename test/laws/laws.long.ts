/** @file The laws of the transformations on more random programs than `laws.test.ts` has. */
import { suite } from "uvu";
import { startedRuntimes } from "../helpers/runtime.js";
import { obeyTheLaws } from "./checks.js";

const Laws = suite("laws of many programs");
const seeds = Array.from({ length: 210 }, (_, i) => i + 1);
obeyTheLaws(Laws, seeds, await startedRuntimes());
Laws.run();

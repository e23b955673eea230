/** @file The process of one run of a sweep; `fluxion sweep` forks it. */
import { runChild } from "../lab/sweep/child.js";

await runChild(process.argv.slice(2));

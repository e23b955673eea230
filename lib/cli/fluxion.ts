#!/usr/bin/env node
/** @file The program `fluxion`. */
import { runMain } from "./main.js";
import { runFluxion } from "./program.js";
import { processTerminal } from "./terminal.js";

await runMain(() => runFluxion(process.argv.slice(2), processTerminal()));

/** @file The laws of all methods that laws.test.ts tries on some: scanned layers, and derivatives by differences. */
import { suite } from "uvu";
import { addDifferences, addScanned } from "./law-checks.js";
import { EACH_WAY, METHODS } from "./samples.js";

const Laws = suite("methods/laws.long");
const others = Object.keys(METHODS).filter((name) => !EACH_WAY.includes(name));
for (const name of others) addScanned(Laws, name);
addDifferences(Laws, others);
Laws.run();

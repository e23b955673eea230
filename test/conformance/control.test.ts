/** @file Every primitive means the same inside of loops and branches: one row, which is differentiated where one can be; `control.long.ts` has all. */
import { suite } from "uvu";
import { type PrimitiveName, primitives } from "../../lib/primitives/index.js";
import { startedRuntimes } from "../helpers/runtime.js";
import { conformsInside } from "./control-checks.js";
import { rows } from "./rows.js";

const Control = suite("conformance/control");
const runtimes = (await startedRuntimes()).filter((r) => r.executor.name !== "tfjs-cpu");

for (const name of Object.keys(primitives) as PrimitiveName[]) {
  Control(`${name} means the same in a scan, a choice and a while`, () => {
    const own = rows.filter((r) => r.prim === name);
    const row = own.find((r) => r.noDerivative === undefined) ?? own.at(0);
    if (row !== undefined) conformsInside(primitives[name], row, runtimes);
  });
}

Control.run();

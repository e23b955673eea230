/** @file Every primitive means the same inside of loops and branches. */
import { suite } from "uvu";
import { type PrimitiveName, primitives } from "../../lib/primitives/index.js";
import { startedRuntimes } from "../helpers/runtime.js";
import { conformsInside } from "./control-checks.js";
import { rows } from "./rows.js";

const Control = suite("conformance/control");
const runtimes = await startedRuntimes();

for (const name of Object.keys(primitives) as PrimitiveName[]) {
  Control(`${name} means the same in a scan, a choice and a while`, () => {
    for (const row of rows.filter((r) => r.prim === name)) conformsInside(primitives[name], row, runtimes);
  });
}

Control.run();

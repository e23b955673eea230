/** @file Every primitive means the same where memory is out of reach, as it is on node-gpu. */
import { suite } from "uvu";
import { runtimeOn } from "../../lib/compile/runtime.js";
import { tfjsExecutor } from "../../lib/compile/tfjs/executor.js";
import { type PrimitiveName, primitives } from "../../lib/primitives/index.js";
import { opaqueBackend } from "../helpers/opaque.js";
import { meansTheSame } from "./checks.js";
import { rows } from "./rows.js";

const Suite = suite("conformance/opaque");
const runtime = runtimeOn(tfjsExecutor(await opaqueBackend()));

for (const name of Object.keys(primitives) as PrimitiveName[]) {
  Suite(`${name} means the same on a backend like node-gpu`, () => {
    for (const row of rows.filter((r) => r.prim === name)) meansTheSame(primitives[name], row, runtime);
  });
}

Suite.run();

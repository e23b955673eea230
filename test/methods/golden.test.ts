import { suite } from "uvu";
import { goldenFiles } from "../helpers/golden-file.js";
import { agreesWithPeft, frozenAgrees } from "./golden-checks.js";

const Golden = suite("methods/golden");
const files = goldenFiles(Golden, "methods/golden.test.ts");
Golden.run();

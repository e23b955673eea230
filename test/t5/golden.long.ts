import { suite } from "uvu";
import { agreesWithGoldens } from "./golden-checks.js";

const Golden = suite("t5/golden on the slow runtimes");
agreesWithGoldens(Golden, ["reference", "cpu"]);
Golden.run();

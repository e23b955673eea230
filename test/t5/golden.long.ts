import { suite } from "uvu";
import { decodesLikeGoldens } from "./decoding-checks.js";
import { agreesWithGoldens } from "./golden-checks.js";

const Golden = suite("t5/golden on the slow runtimes");
agreesWithGoldens(Golden, ["reference", "cpu"]);
decodesLikeGoldens(Golden, ["reference", "cpu"]);
Golden.run();

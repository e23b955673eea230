import { suite } from "uvu";
import { goldenFiles } from "../helpers/golden-file.js";
import { packsLikeGoldens } from "./packed-checks.js";

const Packed = suite("t5/packed on the slow runtimes");
packsLikeGoldens(Packed, goldenFiles(Packed, "t5/packed.long.ts"), ["reference", "cpu"]);
Packed.run();

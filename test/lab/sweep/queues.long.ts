import { suite } from "uvu";
import { addServers } from "./queues.js";

const Queues = suite("lab/sweep/queues");
/** As few as take a minute on two cores; queues.slow.ts has 60. */
addServers(Queues, 4, 4);
Queues.run();

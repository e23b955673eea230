import { suite } from "uvu";
import { addServers } from "./queues.js";

const Queues = suite("lab/sweep/queues");
addServers(Queues, 60, 30);
Queues.run();

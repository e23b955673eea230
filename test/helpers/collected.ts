/** @file What the collector has taken, before a test counts what is there. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects what is unreachable, and lets the event loop turn, after which its memory on devices is free. */
export const collected = async (): Promise<void> => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
};

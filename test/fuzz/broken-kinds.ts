/** @file Readers with faults, by which a test sees that the fuzzer finds each. */
import { ConfigError } from "../../lib/core/errors.js";
import type { Kind } from "./kinds.js";

/** A reader that does something for each file but the first, which is the valid one. */
const afterFirst = (f: () => unknown): Kind => {
  let isFirst = true;
  return {
    make: () => ({ file: new Uint8Array(8) }),
    targets: [["file", "bytes"]],
    read: async () => {
      if (!isFirst) await f();
      isFirst = false;
    },
  };
};

const kept: unknown[] = [];
/** Computes for some seconds of CPU time. */
const spin = (seconds: number): void => {
  for (const start = process.cpuUsage(); process.cpuUsage(start).user < 1e6 * seconds; );
};

/** Kinds by what their readers do wrong. */
export const BROKEN: Readonly<Record<string, Kind>> = {
  untyped: afterFirst(() => (undefined as unknown as { x: number }).x),
  hang: afterFirst(() => spin(Number.POSITIVE_INFINITY)),
  waits: afterFirst(() => new Promise(() => undefined)),
  slow: afterFirst(() => spin(2.2)),
  claims: afterFirst(() => new Float32Array(2 ** 25)),
  grows: afterFirst(() => kept.push(Buffer.from("x".repeat(2 ** 27)))),
  exits: afterFirst(() => process.exit(0)),
  unawaited: afterFirst(() => {
    Promise.reject(new Error("nobody"));
    return new Promise((resolve) => setImmediate(resolve));
  }),
  talks: afterFirst(() => {
    const parts = Object.fromEntries(
      ["what", "expected", "got", "at", "hint"].map((part) => [part, "x\n".repeat(99_999)]),
    );
    throw Object.assign(new ConfigError({ where: "x", ...parts } as never), { message: "x".repeat(99_999) });
  }),
  fine: afterFirst(() => {
    throw new ConfigError({ where: "x", what: "y" });
  }),
};

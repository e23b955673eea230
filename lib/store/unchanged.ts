/** @file Whether a file was written to while it was read: what was read of it may then be of no version of it. */
import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import type { FluxionError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";

/** What the system says of a file; undefined of one that is not there, or in an archive. */
const stateOf = (path: string): Promise<BigIntStats | undefined> => stat(path, { bigint: true }).catch(() => undefined);

/** Gives a function that asks for an error: undefined where the file is as it was. One that was replaced or removed is: its old bytes are still read. */
export const watched = async <Err extends FluxionError>(
  path: string,
  { where, error }: Caller<Err>,
): Promise<() => Promise<Err | undefined>> => {
  const before = await stateOf(path);
  return async () => {
    const after = await stateOf(path);
    if (before === undefined || after === undefined || before.ino !== after.ino) return undefined;
    if (before.size === after.size && before.mtimeNs === after.mtimeNs) return undefined;
    const [what, expected] = ["the file changed while it was read", `${before.size} bytes`];
    const got = before.size === after.size ? "as many, written anew" : `${after.size} bytes`;
    const hint = "read it when it is complete, or read a copy";
    return new error({ where, what, expected, got, at: path, hint });
  };
};

/** @file Refuses to write over what is there. */
import { existsSync } from "node:fs";
import { CheckpointError } from "../core/errors.js";

/** @throws {CheckpointError} when there is something at a path, unless it may be replaced */
export const checkFree = (where: string, path: string, force: boolean | undefined): void => {
  if (force || !existsSync(path)) return;
  const hint = "choose another place, or replace it: --force";
  throw new CheckpointError({ where, what: "the path already exists", at: path, hint });
};

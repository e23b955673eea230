/** @file Trained trees that are records by the path of what they change. */
import { TreeError } from "../core/errors.js";

/** @throws {TreeError} when a trained tree has entries for other paths than `wanted` */
export const checkTree = (where: string, wanted: readonly string[], tuned: Readonly<Record<string, unknown>>): void => {
  const missing = wanted.find((path) => !Object.hasOwn(tuned, path));
  const surplus = Object.keys(tuned).find((path) => !wanted.includes(path));
  if (missing === undefined && surplus === undefined) return;
  throw new TreeError({
    where,
    what: "the trained tree is not that of these settings and this model",
    expected: `${wanted.length} entries, such as ${wanted[0]}`,
    got: missing === undefined ? `an entry ${surplus}, which is not selected` : `nothing for ${missing}`,
    hint: "apply it to the model and with the settings it was trained with",
  });
};

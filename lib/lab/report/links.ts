/** @file Where the links of a report lead: from its file to the folders of runs, so that both can move together. */
import { dirname, relative, resolve, sep } from "node:path";
import { takes } from "../../core/composite.js";

/**
 * The relative addresses of folders, from a file.
 *
 * @example addressFrom("reports/a.html")("runs/cb") // "./../runs/cb/"
 */
export const addressFrom = takes("addressFrom(file)", (file: string) => (folder: string): string => {
  const path = relative(dirname(resolve(file)), resolve(folder));
  // A first part with a colon would be read as a scheme.
  return `./${path.split(sep).map(encodeURIComponent).join("/")}${path === "" ? "" : "/"}`;
});

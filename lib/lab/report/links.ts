/** @file Where the links of a report lead: from its file to the folders of runs, so that both can move together. */
import { dirname, relative, resolve, sep } from "node:path";

/** The relative address of a folder, from a file. */
export const addressFrom =
  (file: string) =>
  (folder: string): string => {
    const path = relative(dirname(resolve(file)), resolve(folder));
    // A first part with a colon would be read as a scheme.
    return `./${path.split(sep).map(encodeURIComponent).join("/")}${path === "" ? "" : "/"}`;
  };

/** @file All synthetic sets of assets/transfer-mini, by the folders that official files are put in. */
import * as mrpc from "./mrpc.js";
import * as qqp from "./qqp.js";
import * as race from "./race.js";
import * as relationExtraction from "./relation-extraction.js";
import * as squad from "./squad.js";

/** The sets that have a train and a validation file. */
export const HALVED = { MRPC: mrpc, QQP: qqp, SQuAD: squad };

/** The sets that are there to evaluate alone. */
export const EVALUATED = { RACE: race, RelationExtraction: relationExtraction };

const FOLDERS = [
  ["glue/MRPC", mrpc],
  ["glue/QQP", qqp],
  ["squad", squad],
  ["mrqa/dev", race],
  ["mrqa/dev", relationExtraction],
] as const;

/** What every file holds, by its path below assets/transfer-mini. */
export const allFiles = (): Readonly<Record<string, string | Uint8Array>> =>
  Object.fromEntries(
    FOLDERS.flatMap(([folder, { makeFiles }]) =>
      Object.entries(makeFiles()).map(([name, data]) => [`${folder}/${name}`, data] as const),
    ),
  );

/** @file All synthetic sets of assets/superglue-mini, by the official names of their folders. */
import * as axb from "./axb.js";
import * as axg from "./axg.js";
import * as boolq from "./boolq.js";
import * as cb from "./cb.js";
import * as copa from "./copa.js";
import * as multirc from "./multirc.js";
import * as record from "./record.js";
import * as rte from "./rte.js";
import * as wic from "./wic.js";
import * as wsc from "./wsc.js";

/** The sets that have a train and a validation file and were made by the alternating rule. CB has lists of another kind. */
export const HALVED = { BoolQ: boolq, COPA: copa, MultiRC: multirc, ReCoRD: record, RTE: rte, WiC: wic, WSC: wsc };

/** The sets of one file. */
export const DIAGNOSTIC = { "AX-b": axb, "AX-g": axg };

/** The text of every file, by its path below assets/superglue-mini. */
export const allFiles = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries({ CB: cb, ...HALVED, ...DIAGNOSTIC }).flatMap(([folder, { makeFiles }]) =>
      Object.entries(makeFiles()).map(([name, text]) => [`${folder}/${name}`, text]),
    ),
  );

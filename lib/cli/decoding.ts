/** @file From the options of `fluxion generate` to a method of decoding. */
import type { GenerateOptions } from "../t5/generate.js";
import { usageError } from "./parse.js";

export interface DecodingFlags {
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly beams?: number;
  readonly brevity?: number;
  readonly lengthPenalty?: number;
  readonly number: number;
  readonly maxTokens: number;
}

/** Beams where there are any, sampling where one of its options is given, else greedy. */
export const methodOf = (flags: DecodingFlags): GenerateOptions => {
  const { temperature, topK, topP, beams, brevity, lengthPenalty, number, maxTokens: maxLength } = flags;
  if (beams !== undefined) {
    if (number > beams) {
      throw usageError("fluxion generate", "more texts than beams were requested", {
        expected: `--number up to ${beams}`,
        got: `${number}`,
      });
    }
    const penalty =
      lengthPenalty === undefined
        ? ({ rule: "t5x", ...(brevity !== undefined && { alpha: brevity }) } as const)
        : ({ rule: "huggingFace", lengthPenalty } as const);
    return { method: "beam", numBeams: beams, numReturn: number, penalty, maxLength };
  }
  if (brevity !== undefined || lengthPenalty !== undefined) {
    throw usageError("fluxion generate", "penalties of length are for beams", { expected: "--beams N" });
  }
  if (temperature !== undefined || topK !== undefined || topP !== undefined) {
    return {
      method: "sample",
      maxLength,
      numReturn: number,
      ...(temperature !== undefined && { temperature }),
      ...(topK !== undefined && { topK }),
      ...(topP !== undefined && { topP }),
    };
  }
  if (number > 1) {
    throw usageError("fluxion generate", "greedy decoding has one answer", {
      expected: "--number 1, or --temperature or --beams",
      got: `${number}`,
    });
  }
  return { maxLength };
};

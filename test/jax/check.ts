/** @file Comparing the cases of JAX with the library on one runtime. */
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { on, runtimes } from "../helpers/runtime.js";
import { ask } from "./ask.js";
import { answerTo, type Case, PARTS, type Part } from "./cases.js";
import { difference } from "./compare.js";
import { DIFFERING, NATIVELY, nameOf } from "./differing.js";

type Mode = "eager" | "jit";

/** How the library's answer to a part differs from JAX's, in words; undefined where it does not. */
const wrong = (c: Case, part: Part, mode: Mode): string | undefined => {
  const answer = answerTo(c, part);
  try {
    const got = ask(c, part, mode === "jit");
    return answer?.out === undefined ? `no error, but JAX: ${answer?.error}` : difference(got, answer.out);
  } catch (error) {
    if (answer?.out === undefined && isFluxionError(error)) return undefined;
    return `threw ${error}`;
  }
};

const keysOf = (differing: typeof DIFFERING): Set<string> =>
  new Set(
    differing.flatMap(({ cases }) => cases.flatMap(([name, ...parts]) => parts.map((part) => `${part} of ${name}`))),
  );
const [MEANT, MEANT_NATIVELY] = [keysOf(DIFFERING), keysOf(NATIVELY)];

/** Asks all parts of the cases, and gives what differs and should not, in words; `seen` collects what is meant to differ and does. */
export const check = (cases: readonly Case[], modes: readonly Mode[], seen: Set<string>): string[] => {
  const faults: string[] = [];
  for (const c of cases) {
    for (const part of PARTS) {
      const { out, error } = answerTo(c, part) ?? {};
      if (out === undefined && error === undefined) continue;
      const key = `${part} of ${nameOf(c)}`;
      for (const mode of modes) {
        if (mode === "jit" && c.nojit !== undefined) continue;
        const what = wrong(c, part, mode);
        if (what === undefined) continue;
        if (MEANT.has(key)) seen.add(key);
        else faults.push(`${mode}, ${key}: ${what}`);
      }
    }
  }
  return faults;
};

/** The cases meant to differ that were not seen to. */
export const unseen = (seen: ReadonlySet<string>): string[] => [...MEANT].filter((key) => !seen.has(key));

export const noFaults = (faults: readonly string[]): void => {
  assert.is(faults.length, 0, faults.slice(0, 20).join("\n"));
};

/** Asserts that the cases have JAX's answers on an executor. */
export const checkOn = async (label: string, cases: readonly Case[], modes: readonly Mode[]): Promise<void> => {
  const runtime = await runtimes()
    .find((one) => one.label === label)
    ?.open();
  assert.ok(runtime !== undefined && cases.length > 0);
  const faults = on(runtime, () => check(cases, modes, new Set()));
  noFaults(faults.filter((fault) => label !== "onnx" || ![...MEANT_NATIVELY].some((key) => fault.includes(`${key}:`))));
};

/** @file What an executor does not compile. */
import { type Eqn, Jaxpr } from "../core/jaxpr.js";
import type { Executor } from "./executor.js";
import { optimize } from "./passes/optimize.js";

const bodiesOf = (eqn: Eqn): Jaxpr[] =>
  Object.values(eqn.params)
    .flat()
    .filter((param) => param instanceof Jaxpr);

/** Names of the primitives of a program, and of the bodies of its loops and branches, that go by `impl`; each once, sorted. */
export const fallbacksOf = (executor: Pick<Executor, "compiles">, jaxpr: Jaxpr): string[] => {
  const names = new Set<string>();
  const visit = (source: Jaxpr): void => {
    for (const eqn of optimize(source).jaxpr.eqns) {
      if (eqn.prim.control !== undefined) bodiesOf(eqn).forEach(visit);
      else if (!executor.compiles(eqn)) names.add(eqn.prim.name);
    }
  };
  visit(jaxpr);
  return [...names].sort();
};

/** @file What differs between compared runs besides the method. */

import type { EndedRun } from "./load.js";
import { describeAt, groupBy, inOrder, type Settings, type Variant, valueAt, varyingPaths } from "./variants.js";

/** A setting that methods do not share. */
export interface Differing {
  readonly path: string;
  /** By method, in the order of their names. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

const isOfMethod = (path: string): boolean => path === "method" || path.startsWith("method.");

const sorted = (values: Iterable<string>): readonly string[] => [...new Set(values)].sort(inOrder);

/** Settings besides those of the method whose values are not the same for all methods. */
export const differingSettings = (variants: readonly Variant[]): readonly Differing[] => {
  const all = variants.map(({ settings }) => settings);
  const methods = [...groupBy(variants, ({ method }) => method)];
  if (methods.length < 2) return [];
  return varyingPaths(all)
    .filter((path) => !isOfMethod(path))
    .flatMap((path) => {
      const of = (members: readonly Variant[]) =>
        sorted(members.map(({ settings }) => describeAt(path, settings, all)));
      const values = Object.fromEntries(methods.map(([method, members]) => [method, of(members)]));
      const isShared = new Set(Object.values(values).map((list) => JSON.stringify(list))).size === 1;
      return isShared ? [] : [{ path, values }];
    });
};

/** Numbers of seeds, versions and executors that methods do not share. */
const differingRuns = (runs: readonly EndedRun[], variants: readonly Variant[]): readonly Differing[] => {
  const methods = [...groupBy(variants, ({ method }) => method)];
  const rows: Readonly<Record<string, (run: EndedRun) => string>> = {
    "version of fluxion": ({ lock }) => lock?.fluxion ?? "unknown",
    executor: ({ summary }) => summary.executor,
  };
  return Object.entries(rows).flatMap(([path, of]) => {
    if (sorted(runs.map(of)).length < 2) return [];
    return [
      {
        path,
        values: Object.fromEntries(methods.map(([m, list]) => [m, sorted(list.flatMap((v) => v.runs.map(of)))])),
      },
    ];
  });
};

/** Splits of tasks that runs read in several forms, by their digests. */
export const differingExamples = (runs: readonly EndedRun[]): readonly string[] => {
  const digests = new Map<string, Set<string>>();
  for (const { lock } of runs) {
    for (const [split, digest] of Object.entries(lock?.examples ?? {})) {
      const known = digests.get(split) ?? new Set<string>();
      digests.set(split, known.add(digest));
    }
  }
  return [...digests].flatMap(([split, { size }]) =>
    size < 2 ? [] : [`runs read ${size} different sets of examples of ${split}, so that their scores do not compare`],
  );
};

/** What differs besides the method, and a warning for each difference that may explain a score. */
export interface Differences {
  readonly settings: readonly Differing[];
  readonly warnings: readonly string[];
}

const warningOf = ({ path, values }: Differing): string => {
  const each = Object.entries(values).map(([method, list]) => `${list.join(", ")} (${method})`);
  return `methods differ in ${path}, too: ${each.join("; ")}`;
};

/** Finds what differs between runs that a report compares. */
export const differencesBetween = (runs: readonly EndedRun[], variants: readonly Variant[]): Differences => {
  const settings = differingSettings(variants);
  return {
    settings: [...settings, ...differingRuns(runs, variants)],
    warnings: [...settings.map(warningOf), ...differingExamples(runs)],
  };
};

/** The settings of a variant that differ from others, by their paths. */
export const ownSettings = (settings: Settings, other: Settings): readonly string[] =>
  varyingPaths([settings, other])
    .filter((path) => valueAt(settings, path) !== undefined)
    .map((path) => `${path}: ${describeAt(path, settings, [settings])}`);

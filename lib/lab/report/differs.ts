/** @file What differs between compared runs besides the method. */

import type { EndedRun } from "./load.js";
import { groupBy, inOrder, namingOf, type Settings, type Variant, valueAt } from "./variants.js";

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
  const { paths, describe } = namingOf(variants.map(({ settings }) => settings));
  const methods = [...groupBy(variants, ({ method }) => method)];
  if (methods.length < 2) return [];
  return paths
    .filter((path) => !isOfMethod(path))
    .flatMap((path) => {
      const of = (members: readonly Variant[]) => sorted(members.map(({ settings }) => describe(settings, path)));
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

/** The most values that are named. */
const MOST_VALUES = 8;

/** Values as a list, of which the first ones are named. */
export const someOf = (values: readonly string[]): string => {
  const more = values.length - MOST_VALUES;
  return [...values.slice(0, MOST_VALUES), ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
};

const warningOf = ({ path, values }: Differing): string => {
  const each = Object.entries(values).map(([method, list]) => `${someOf(list)} (${method})`);
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
export const ownSettings = (settings: Settings, other: Settings): readonly string[] => {
  const { describe } = namingOf([settings]);
  return namingOf([settings, other])
    .paths.filter((path) => valueAt(settings, path) !== undefined)
    .map((path) => `${path}: ${describe(settings, path)}`);
};

/** @file Batches that come one after another, as a function of the step. */

/**
 * Gives what an endless row of batches has at each step, counted from 0. The result depends on the step alone: a step before the last one
 * asked for begins the row again.
 *
 * - `begin`: starts the row
 * @example byStep(() => [1, 2, 3].values())(1) // 2
 */
export const byStep = <T>(begin: () => Iterator<T>): ((step: number) => T) => {
  let [row, next] = [begin(), 0];
  let last: { readonly step: number; readonly item: T } | undefined;
  return (step) => {
    if (last !== undefined && step < last.step) [row, next] = [begin(), 0];
    for (; next <= step; next++) last = { step: next, item: row.next().value };
    return (last as { readonly item: T }).item;
  };
};

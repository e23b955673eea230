/** @file Values that have settings by name. */

/** Whether a value is an object that is not a list. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A list of tasks or of files with their shares as a person types it, `cb:2,rte:1`; undefined for any other value. */
export const typedShares = (value: unknown): string | undefined => {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const items = value.map((item) => {
    const name = isRecord(item) ? (item.task ?? item.path) : undefined;
    return typeof name === "string" ? `${name}${item.weight === undefined ? "" : `:${item.weight}`}` : undefined;
  });
  return items.includes(undefined) ? undefined : items.join(",");
};

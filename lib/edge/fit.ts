/**
 * @file Whether the tensors of a file are those that were expected. One error lists all differences, since a user who
 * mends a checkpoint one name at a time does not come to an end.
 */
import { Aval, type DType, type Shape, sameShape } from "../core/aval.js";
import { CheckpointError } from "../core/errors.js";

/** What is known of a tensor before it is read. */
export interface TensorInfo {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** An expected tensor and the names it may have in the file, the usual one first. */
export interface Wanted extends TensorInfo {
  readonly names: readonly string[];
}

/** A tensor that is there, with another shape or dtype; `wanted` is what was expected. */
export interface Misfit<W extends Wanted = Wanted> {
  readonly name: string;
  readonly wanted: W;
  readonly got: TensorInfo;
}

export interface Differences<W extends Wanted = Wanted> {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly misfits: readonly Misfit<W>[];
}

/** Compares what is wanted with what is there. Every name of a wanted tensor that is present has to fit. */
export const differencesOf = <W extends Wanted>(
  wanted: readonly W[],
  present: ReadonlyMap<string, TensorInfo>,
  ignored: ReadonlySet<string> = new Set(),
): Differences<W> => {
  const known = new Set(wanted.flatMap(({ names }) => names));
  const missing = wanted.filter(({ names }) => !names.some((name) => present.has(name)));
  const misfits = wanted.flatMap((want) =>
    want.names.flatMap((name) => {
      const got = present.get(name);
      if (got === undefined || (got.dtype === want.dtype && sameShape(got.shape, want.shape))) return [];
      return [{ name, wanted: want, got }];
    }),
  );
  return {
    missing: missing.map(({ names }) => names[0] as string),
    unexpected: [...present.keys()].filter((name) => !known.has(name) && !ignored.has(name)),
    misfits,
  };
};

const MOST = 4;

const sentence = (label: string, items: readonly string[]): string[] => {
  if (items.length === 0) return [];
  const more = items.length > MOST ? `, and ${items.length - MOST} more` : "";
  return [`${items.length} ${label}: ${items.slice(0, MOST).join(", ")}${more}`];
};

const print = ({ shape, dtype }: TensorInfo): string => new Aval(shape, dtype).toString();

/** The one error for all differences, with the first few names of each kind; undefined when there are none. */
export const misfitError = (
  where: string,
  source: string,
  wantedCount: number,
  { missing, unexpected, misfits }: Differences,
  {
    what = "the tensors of the file do not fit",
    hint,
  }: { readonly what?: string; readonly hint?: string | undefined } = {},
): CheckpointError | undefined => {
  const lines = [
    ...sentence("missing", missing),
    ...sentence("unexpected", unexpected),
    ...sentence(
      "mis-shaped",
      misfits.map(({ name, wanted, got }) => `${name} is ${print(got)}, not ${print(wanted)}`),
    ),
  ];
  if (lines.length === 0) return undefined;
  return new CheckpointError({
    where,
    what,
    expected: `${wantedCount} tensors`,
    got: lines.join(`\n${" ".repeat(12)}`),
    at: source,
    hint,
  });
};

/**
 * @file The errors fluxion throws.
 *
 * Every class has a `_tag` to narrow on (`isFluxionError(e, "ShapeError")`) and one message layout: where it happened, what
 * was expected, what was given, at which key path, and a hint. `instanceof` is avoided on purpose, since two copies of the
 * package may be loaded at once.
 */
import { publicName } from "./caller.js";

/** What went wrong, in the parts every message is built from. */
export interface Mismatch {
  /** The public function, as the user typed it. */
  readonly where: string;
  /** One sentence without a full stop. */
  readonly what: string;
  readonly expected?: string | undefined;
  readonly got?: string | undefined;
  /** Key path in a pytree, or file and row. */
  readonly at?: string | undefined;
  /** What to do about it. */
  readonly hint?: string | undefined;
}

/** Most characters of a line of a part, and most lines: names and values in it may be as long as their file. */
const [MOST_CHARACTERS, MOST_LINES] = [1000, 100];

/** A line with its beginning and its end, where it is too long to be read; no character is cut in two. */
const shortened = (line: string): string => {
  if (line.length <= MOST_CHARACTERS) return line;
  const keep = MOST_CHARACTERS / 2 - 20;
  const [start, end] = [line.slice(0, keep), line.slice(-keep)];
  const [head, tail] = [start.replace(/[\ud800-\udbff]$/, ""), end.replace(/^[\udc00-\udfff]/, "")];
  return `${head}... ${line.length - head.length - tail.length} more ...${tail}`;
};

/** A part of a message, at a readable length. */
const readable = (text: string): string => {
  if (text.length <= MOST_CHARACTERS) return text;
  const lines = text.split("\n", MOST_LINES + 1);
  const rest = lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), "..."] : lines;
  return rest.map(shortened).join("\n");
};

const readableParts = (mismatch: Mismatch): Mismatch => {
  const entries = Object.entries(mismatch) as [keyof Mismatch, string | undefined][];
  return Object.fromEntries(
    entries.map(([part, text]) => [part, typeof text === "string" ? readable(text) : text]),
  ) as unknown as Mismatch;
};

const field = (label: string, text: string | undefined): string[] =>
  text === undefined ? [] : [`  ${label.padEnd(10)}${text}`];

const explain = (m: Mismatch): string =>
  [
    `${m.where}: ${m.what}`,
    ...field("expected", m.expected),
    ...field("got", m.got),
    ...field("at", m.at),
    ...field("hint", m.hint),
  ].join("\n");

/** What to do where an integer is expected and a float is given: `jit` does not know whether a number it was given is whole. */
export const FLOAT_HINT = 'convert it with np.astype(i, "int32"); a JavaScript number that jit is given is a float32';

/** Base of all errors of this library; `mismatch` holds the message in parts, long ones shortened. */
export abstract class FluxionError<Tag extends string = string> extends Error {
  abstract readonly _tag: Tag;
  readonly mismatch: Mismatch;
  constructor(mismatch: Mismatch, options?: { cause?: unknown }) {
    const named = readableParts({ ...mismatch, where: publicName(mismatch.where) });
    super(explain(named), options);
    this.mismatch = named;
    this.name = new.target.name;
  }
}

/** Shapes, ranks, sizes or axes that do not fit. Thrown while tracing, before any kernel runs. */
export class ShapeError extends FluxionError<"ShapeError"> {
  readonly _tag = "ShapeError";
}
/** Element types that do not fit, or a number that the type cannot hold. */
export class DTypeError extends FluxionError<"DTypeError"> {
  readonly _tag = "DTypeError";
}
/** Two trees that differ in structure, or a leaf that is not a tensor. */
export class TreeError extends FluxionError<"TreeError"> {
  readonly _tag = "TreeError";
}
/** A tracer used after its transformation ended, or by an unrelated one; a concrete value asked of a tracer. */
export class TracerError extends FluxionError<"TracerError"> {
  readonly _tag = "TracerError";
}
/** A tensor used after it was disposed or donated. */
export class UseAfterDisposeError extends FluxionError<"UseAfterDisposeError"> {
  readonly _tag = "UseAfterDisposeError";
}
/** An argument or option that has no meaning here. */
export class ArgumentError extends FluxionError<"ArgumentError"> {
  readonly _tag = "ArgumentError";
}
/** A configuration that does not decode, or contradicts itself. */
export class ConfigError extends FluxionError<"ConfigError"> {
  readonly _tag = "ConfigError";
}
/** A file of weights, prompts or training state that cannot be read or does not fit. */
export class CheckpointError extends FluxionError<"CheckpointError"> {
  readonly _tag = "CheckpointError";
}
/** A data row or data file that cannot be used. */
export class DataError extends FluxionError<"DataError"> {
  readonly _tag = "DataError";
}
/** A file that could not be fetched, or whose bytes are not those that were declared. */
export class DownloadError extends FluxionError<"DownloadError"> {
  readonly _tag = "DownloadError";
}
/** Something this version, backend or device cannot do. */
export class UnsupportedError extends FluxionError<"UnsupportedError"> {
  readonly _tag = "UnsupportedError";
}
/** A value that an asynchronous backend has not computed yet was asked for, or too much was started without waiting. */
export class PendingError extends FluxionError<"PendingError"> {
  readonly _tag = "PendingError";
}
/** The backend has not been started, or cannot be. */
export class BackendError extends FluxionError<"BackendError"> {
  readonly _tag = "BackendError";
}
/** A state that cannot happen: a bug in fluxion. */
export class InvariantError extends FluxionError<"InvariantError"> {
  readonly _tag = "InvariantError";
}

interface ErrorByTag {
  readonly ShapeError: ShapeError;
  readonly DTypeError: DTypeError;
  readonly TreeError: TreeError;
  readonly TracerError: TracerError;
  readonly UseAfterDisposeError: UseAfterDisposeError;
  readonly ArgumentError: ArgumentError;
  readonly ConfigError: ConfigError;
  readonly CheckpointError: CheckpointError;
  readonly DataError: DataError;
  readonly DownloadError: DownloadError;
  readonly UnsupportedError: UnsupportedError;
  readonly BackendError: BackendError;
  readonly PendingError: PendingError;
  readonly InvariantError: InvariantError;
}
export type ErrorTag = keyof ErrorByTag;

const TAGS: ReadonlySet<string> = new Set<ErrorTag>([
  "ShapeError",
  "DTypeError",
  "TreeError",
  "TracerError",
  "UseAfterDisposeError",
  "ArgumentError",
  "ConfigError",
  "CheckpointError",
  "DataError",
  "DownloadError",
  "UnsupportedError",
  "BackendError",
  "PendingError",
  "InvariantError",
]);

/**
 * Whether `e` is an error of this library (with the given tag, if one is given).
 *
 * @example try { ... } catch (e) { if (isFluxionError(e, "ShapeError")) console.error(e.message); else throw e }
 */
export function isFluxionError(e: unknown): e is FluxionError;
export function isFluxionError<T extends ErrorTag>(e: unknown, tag: T): e is ErrorByTag[T];
export function isFluxionError(e: unknown, tag?: string): boolean {
  if (!(e instanceof Error) || !("_tag" in e) || typeof e._tag !== "string" || !TAGS.has(e._tag)) return false;
  return tag === undefined || e._tag === tag;
}

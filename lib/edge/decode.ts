/**
 * @file From unknown values to typed ones: io-ts codecs whose failures read like every other error of this library.
 *
 * Everything that comes from outside (a configuration, a header, a row) is decoded once, here at the edge, into an `Either`.
 * The left side is one typed error that lists where the value differs, what was expected there and what was found.
 */
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import type { FluxionError, Mismatch } from "../core/errors.js";
import { type KeyPath, printPath } from "../core/pytree.js";
import { hasProtoKey, withoutProtoKeys } from "./own-keys.js";

/** On whose behalf something is read: the public function to name, and the class of error to give. */
export interface Caller<Err extends FluxionError> {
  readonly where: string;
  readonly error: new (mismatch: Mismatch, options?: { cause?: unknown }) => Err;
}

/**
 * The beginning of a value: its first `most` parts in the order in which they are printed, each cut to `most` characters. A part prints
 * one character or more, so the text begins as that of the whole value does, which may be too large or too deep to be printed.
 */
const beginningOf = (value: unknown, most: number): unknown => {
  let left = most;
  const cut = (part: unknown): unknown => {
    if (typeof part === "string") return part.slice(0, most);
    if (typeof part !== "object" || part === null) return part;
    if (Array.isArray(part)) {
      const items: unknown[] = [];
      for (let i = 0; i < part.length && left-- > 0; i++) items.push(cut(part[i]));
      return items;
    }
    const entries: [string, unknown][] = [];
    for (const [key, item] of Object.entries(part)) {
      if (left-- <= 0) break;
      entries.push([key.slice(0, most), cut(item)]);
    }
    return Object.fromEntries(entries);
  };
  return cut(value);
};

/** A value shortened to fit into a message. */
export const brief = (value: unknown, most = 60): string => {
  if (value === undefined) return "nothing";
  // JSON has null for what is not finite.
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))) return `${value}`;
  const text = JSON.stringify(beginningOf(value, most)) ?? String(value);
  return text.length <= most ? text : `${text.slice(0, most - 3)}...`;
};

/** The first `most` of `count` items under each other, aligned below the first line of a message field, and how many more there are. */
export const listing = (items: readonly string[], most = 3, count = items.length): string => {
  const more = count > most ? [`and ${count - most} more`] : [];
  return [...items.slice(0, most), ...more].join(`\n${" ".repeat(12)}`);
};

interface Problem {
  readonly path: string;
  readonly expected: string[];
  readonly got: string;
}

/** Steps through a union or an intersection are choices of the codec, not steps into the value. */
const valuePath = (context: t.Context): KeyPath =>
  context.flatMap(({ key }, i) => {
    const parent = context[i - 1]?.type as { readonly _tag?: string } | undefined;
    if (parent === undefined || parent._tag === "UnionType" || parent._tag === "IntersectionType") return [];
    return [/^\d+$/.test(key) ? Number(key) : key];
  });

/** One problem a place: the members of a union fail together and are listed as alternatives. */
const problemsOf = (errors: t.Errors): Problem[] => {
  const byPath = new Map<string, Problem>();
  for (const { context, value, message } of errors) {
    const path = printPath(valuePath(context));
    const expected = message ?? context.at(-1)?.type.name ?? "another value";
    const problem = byPath.get(path);
    if (problem === undefined) byPath.set(path, { path, expected: [expected], got: brief(value) });
    else if (!problem.expected.includes(expected)) problem.expected.push(expected);
  }
  return [...byPath.values()];
};

/**
 * The errors of a failed `decode` as parts of a message: the key path, the name of the codec there and the value found; the
 * first three places when there are several.
 */
export const describe = (errors: t.Errors): Pick<Mismatch, "what" | "expected" | "got" | "at"> => {
  const problems = problemsOf(errors);
  const name = errors[0]?.context[0]?.type.name ?? "value";
  const [first] = problems;
  if (first !== undefined && problems.length === 1) {
    return {
      what: `not a valid ${name}`,
      expected: first.expected.join(" | "),
      got: first.got,
      at: first.path || undefined,
    };
  }
  const list = (f: (p: Problem) => string): string => listing(problems.map((p) => `${p.path || "value"}: ${f(p)}`));
  return {
    what: `not a valid ${name}: ${problems.length} problems`,
    expected: list((p) => p.expected.join(" | ")),
    got: list((p) => p.got),
  };
};

/** Decodes a value. What a copy has of a key `__proto__` does not count. */
const decoded = <A>(codec: t.Decoder<unknown, A>, raw: unknown): t.Validation<A> => {
  const first = codec.decode(raw);
  if (E.isLeft(first) || Object.is(first.right, raw) || !hasProtoKey(raw)) return first;
  return codec.decode(withoutProtoKeys(raw));
};

/**
 * Decodes with a codec; failures become an error of the caller's class that names `source` (a file, an option) and the path in it.
 *
 * @example decodeAs(TaskConfig, { where: "loadTask", error: ConfigError }, "task.json")(raw) // Either<ConfigError, TaskConfig>
 */
export const decodeAs =
  <A, Err extends FluxionError>(codec: t.Decoder<unknown, A>, caller: Caller<Err>, source: string, hint?: string) =>
  (raw: unknown): E.Either<Err, A> => {
    const result = decoded(codec, raw);
    if (E.isRight(result)) return result;
    const { at, ...parts } = describe(result.left);
    const place = at === undefined ? source : `${source}: ${at}`;
    return E.left(new caller.error({ where: caller.where, ...parts, at: place, hint }));
  };

/**
 * A codec for an object that has no keys besides `props`. (`t.type` lets unknown keys through and `t.strict` drops them, so
 * that a misspelt optional key would pass unnoticed.)
 */
export const closed = <P extends t.Props>(
  props: P,
  name: string,
): t.Type<t.TypeOfProps<P>, t.OutputOfProps<P>, unknown> => {
  const open = t.type(props, name);
  // The first few: a damaged file may have millions.
  const extras = (value: object): string[] =>
    Object.keys(value)
      .filter((key) => !Object.hasOwn(props, key))
      .slice(0, 10);
  const known = `only the keys ${Object.keys(props).join(", ")}`;
  return new t.Type(
    name,
    (value): value is t.TypeOfProps<P> => open.is(value) && extras(value).length === 0,
    (raw, context) => {
      const result = open.validate(raw, context);
      if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return result;
      const unknownKeys = extras(raw).map((key) => ({
        value: (raw as Record<string, unknown>)[key],
        context: t.appendContext(context, key, t.never),
        message: known,
      }));
      if (unknownKeys.length === 0) return result;
      return t.failures(E.isLeft(result) ? [...unknownKeys, ...result.left] : unknownKeys);
    },
    open.encode,
  );
};

/** A codec around another: places in values are those of the inner one. */
const around = <A, O>(base: object, type: t.Type<A, O, unknown>): t.Type<A, O, unknown> =>
  Object.assign(type, "_tag" in base && { _tag: base._tag });

/** A property that may be missing, and then has this value. `null` counts as missing, since Python writes `None` so. */
export const withDefault = <A, O>(codec: t.Type<A, O, unknown>, value: A): t.Type<A, O, unknown> =>
  around(
    codec,
    new t.Type(
      codec.name,
      codec.is,
      (raw, context) => (raw === undefined || raw === null ? t.success(value) : codec.validate(raw, context)),
      codec.encode,
    ),
  );

/** A property that may be missing; `null` counts as missing. */
export const optional = <A, O>(codec: t.Type<A, O, unknown>): t.Type<A | undefined, O | undefined, unknown> =>
  around(
    codec,
    new t.Type<A | undefined, O | undefined, unknown>(
      codec.name,
      (value): value is A | undefined => value === undefined || codec.is(value),
      (raw, context) => (raw === undefined || raw === null ? t.success(undefined) : codec.validate(raw, context)),
      (value) => (value === undefined ? undefined : codec.encode(value)),
    ),
  );

/** A codec for the values of `base` that pass a test, under a name that says what the test is. */
export const such = <A, O>(
  base: t.Type<A, O, unknown>,
  test: (value: A) => boolean,
  name: string,
): t.Type<A, O, unknown> =>
  around(
    base,
    new t.Type(
      name,
      (value): value is A => base.is(value) && test(value),
      (raw, context) =>
        E.chain((value: A) => (test(value) ? t.success(value) : t.failure<A>(raw, context)))(
          base.validate(raw, context),
        ),
      base.encode,
    ),
  );

/** Integers from 1. */
export const positiveInteger = such(t.number, (n) => Number.isSafeInteger(n) && n > 0, "positive integer");
/** Integers from 0. */
export const naturalNumber = such(t.number, (n) => Number.isSafeInteger(n) && n >= 0, "integer from 0");

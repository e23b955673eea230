/** @file The values that settings take, under the names that messages have for them. */
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { such } from "../edge/decode.js";

export { naturalNumber, positiveInteger } from "../edge/decode.js";

/** Text of one line. */
export const text = such(t.string, (s) => !/[\n\r]/.test(s), "text");

export const flagged = such(t.boolean, () => true, "true or false");

export const positive = such(t.number, (x) => Number.isFinite(x) && x > 0, "number above 0");
export const notNegative = such(t.number, (x) => Number.isFinite(x) && x >= 0, "number from 0");
export const rate = such(t.number, (x) => x >= 0 && x < 1, "number from 0 to below 1");

/** One of some names. */
export const nameIn = <T extends string>(names: readonly T[]): t.Type<T, unknown, unknown> =>
  such(t.string, (s) => (names as readonly string[]).includes(s), names.join(" or ")) as unknown as t.Type<
    T,
    unknown,
    unknown
  >;

/** Text with commas between its parts. */
export const split = (given: string): string[] => given.split(",").map((part) => part.trim());

/** A value after another form of it has been made plain. */
export const plain = <A>(
  codec: t.Type<A, unknown, unknown>,
  change: (raw: unknown) => unknown,
): t.Type<A, unknown, unknown> =>
  new t.Type<A, unknown, unknown>(
    codec.name,
    codec.is,
    (raw, context) => codec.validate(change(raw), context),
    t.identity,
  );

/** A codec whose failures are of the whole value, under one name, wherever in it they are. */
export const whole = <A>(codec: t.Type<A, unknown, unknown>, name: string): t.Type<A, unknown, unknown> =>
  new t.Type<A, unknown, unknown>(
    name,
    codec.is,
    (raw, context) => {
      const decoded = codec.decode(raw);
      return E.isRight(decoded) ? decoded : t.failure(raw, context, name);
    },
    t.identity,
  );

/** A list of names; a text is split at commas. */
export const names: t.Type<readonly string[], unknown, unknown> = plain(
  whole(t.readonlyArray(such(text, (name) => name !== "", "name")), "list of names"),
  (raw) => (typeof raw === "string" ? (raw.trim() === "" ? [] : split(raw)) : raw),
);

/** The first codec that takes a value. */
export const either = <A, B>(
  first: t.Type<A, unknown, unknown>,
  second: t.Type<B, unknown, unknown>,
): t.Type<A | B, unknown, unknown> => {
  const name = `${first.name} or ${second.name}`;
  return new t.Type<A | B, unknown, unknown>(
    name,
    (value): value is A | B => first.is(value) || second.is(value),
    (raw, context) => {
      const taken = first.decode(raw);
      if (E.isRight(taken)) return taken;
      const other = second.decode(raw);
      return E.isRight(other) ? other : t.failure(raw, context, name);
    },
    t.identity,
  );
};

/** @file What methods are given, checked as it comes from plain JavaScript or from a file: names and types, before anything is built. */
import * as t from "io-ts";
import { closest } from "../core/closest.js";
import { ArgumentError } from "../core/errors.js";
import { closed, decodeAs } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";

export const names = t.array(t.string, "list of names");

/** Suggests the known name that is closest to the first unknown one. */
export const hintFor = (given: unknown, known: readonly string[]): string | undefined => {
  if (typeof given !== "object" || given === null) return undefined;
  const other = Object.keys(given).find((key) => !known.includes(key));
  return other === undefined ? undefined : `did you mean ${closest(other, known)}?`;
};

/**
 * Reads the options of a method; those that are null count as not given.
 *
 * @throws {ArgumentError} for an unknown option, with the closest name, and for a value of another type, with its place
 */
export const readOptions = <P extends t.Props>(where: string, props: P, options: object): t.TypeOfProps<P> => {
  const codec = closed(props, "record of options");
  const hint = hintFor(options, Object.keys(props));
  return orThrow(decodeAs(codec, { where, error: ArgumentError }, "options", hint)(options));
};

/** Reads an argument. @throws {ArgumentError} for a value of another type, with its place */
export const readArgument = <A>(where: string, name: string, codec: t.Decoder<unknown, A>, value: unknown): A =>
  orThrow(decodeAs(codec, { where, error: ArgumentError }, name)(value));

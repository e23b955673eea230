/**
 * @file The named axes that `vmap` maps over where code runs, and what refers to them: `psum` and its kin.
 *
 * As in JAX, a name means the innermost axis of that name. Names are dynamic: functions that are called see the axes of their callers.
 */
import { ArgumentError } from "./errors.js";
import { type Jaxpr, jaxprsOf } from "./jaxpr.js";
import type { AnyPrimitive, Params } from "./primitive.js";

let open: ReadonlyMap<string, number> = new Map();

/** Runs `f` where an axis of this name and size is mapped over; without a name it just runs `f`. */
export const withAxis = <T>(name: string | undefined, size: number, f: () => T): T => {
  if (name === undefined) return f();
  const saved = open;
  open = new Map([...saved, [name, size]]);
  try {
    return f();
  } finally {
    open = saved;
  }
};

/** The error of a name that no axis has. */
export const unboundAxis = (where: string, name: string): ArgumentError => {
  const names = [...open.keys()];
  return new ArgumentError({
    where,
    what: `unbound axis name: ${name}`,
    expected: names.length === 0 ? "a call inside of vmap(f, { axisName })" : `one of ${names.join(", ")}`,
    got: `"${name}"`,
    hint: `vmap(f, { axisName: "${name}" }) gives the axis that it maps over this name`,
  });
};

/** The size of a named axis. @throws {ArgumentError} for a name that no axis has */
export const sizeOfAxis = (where: string, name: string): number => {
  const size = open.get(name);
  if (size === undefined) throw unboundAxis(where, name);
  return size;
};

/** The names and sizes, as a part of the key of a program: what is traced depends on them. */
export const namedAxesKey = (): string =>
  [...open].map(([name, size]) => `|axis ${JSON.stringify(name)} ${size}`).join("");

const namesOf = new WeakMap<Jaxpr, ReadonlySet<string>>();

/** The names that the equations of a jaxpr refer to. */
const namesIn = (jaxpr: Jaxpr): ReadonlySet<string> => {
  let names = namesOf.get(jaxpr);
  if (names === undefined) {
    names = new Set(
      jaxpr.eqns.flatMap(({ prim, params }) => [
        ...(prim.namedAxes?.(params) ?? []),
        ...jaxprsOf(params).flatMap((inner) => [...namesIn(inner)]),
      ]),
    );
    namesOf.set(jaxpr, names);
  }
  return names;
};

/** Whether an application may refer to the axis of this name. One with functions among its parameters may. */
export const mayReferTo = (name: string, prim: AnyPrimitive, params: Params): boolean =>
  prim.namedAxes?.(params).includes(name) === true ||
  Object.values(params).some((value) => typeof value === "function") ||
  jaxprsOf(params).some((jaxpr) => namesIn(jaxpr).has(name));

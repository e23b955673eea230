/** @file What a note on one of JAX's names can say. */

/** About one name. Without a note it is there under its own name in camel case, or absent for its module's reason. */
export type Note = { readonly as?: string; readonly differs?: string } | { readonly not: string };

export type Notes = Readonly<Record<string, Note>>;

/** About one module of JAX. */
export interface Module {
  /** Where its names are exported here; "" for the main entry; undefined for nowhere. */
  readonly space?: string;
  /** Why a name without a note is not there. */
  readonly absent: string;
  readonly names?: Notes;
}

/** The same note for several names. */
export const all = (names: string, note: Note): Notes => Object.fromEntries(names.split(" ").map((n) => [n, note]));

/** How names differ that are there under their own name. */
export const differing = (names: Readonly<Record<string, string>>): Notes =>
  Object.fromEntries(Object.entries(names).map(([name, differs]) => [name, { differs }]));

/** The same difference of several names, for `differing`. */
export const sameOf = (names: string, differs: string): Readonly<Record<string, string>> =>
  Object.fromEntries(names.split(" ").map((n) => [n, differs]));

export const NO_PRECISION = "no `precision`: float32 products are in float32";
export const COMPLEX: Note = { not: "no complex numbers" };
export const PURE: Note = { not: "traced functions are pure here; return what you want to see" };
export const ONE_DEVICE: Note = {
  not: "one device a process; no sharding, and no collectives but over named axes of `vmap`",
};

/** @file Settings that describe themselves: from one tree of them follow types, defaults, flags, files and the tables of the docs. */
import type * as t from "io-ts";

/** One value. */
export interface Setting<A = unknown, I = A> {
  readonly kind: "setting";
  readonly codec: t.Type<A, unknown, unknown>;
  readonly fallback: A;
  /** What it means, for people. */
  readonly what: string;
  /** Its short form on the command line, such as `--steps <n>`. */
  readonly flag?: string;
  /** What a value in text stands for; by default that of a YAML value. */
  readonly parse?: (text: string) => unknown;
  /** For types alone: what may be given. */
  readonly input?: I;
}

export type Fields = Readonly<Record<string, Schema>>;

/** Settings by name. */
export interface Group<F extends Fields = Fields> {
  readonly kind: "group";
  readonly fields: F;
}

/** One of several groups, chosen by its `name`; the name alone stands for the group with its defaults. */
export interface Choice<V extends Readonly<Record<string, Group>> = Readonly<Record<string, Group>>> {
  readonly kind: "choice";
  readonly variants: V;
  readonly fallback: string;
  readonly what: string;
  readonly flag?: string;
  /** Values that stand for others, such as `prompt+lora`. */
  readonly expand?: (value: unknown) => unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: the types inside differ from one to the next
type Settings = Readonly<Record<string, Setting<any, any>>>;

/** Settings of which exactly one is given. */
export interface OneOf<F extends Settings = Settings> {
  readonly kind: "one-of";
  readonly fields: F;
  readonly fallback: string;
}

/** Any number of values of one kind, by names that users choose. */
export interface Named<S extends Schema = Schema> {
  readonly kind: "named";
  readonly of: S;
}

// biome-ignore lint/suspicious/noExplicitAny: the types inside differ from one to the next
export type Schema = Setting<any, any> | Group<any> | Choice<any> | OneOf<any> | Named<any>;

/** The full value that a schema describes. */
export type ValueOf<S> =
  S extends Setting<infer A, infer _>
    ? A
    : S extends Group<infer F>
      ? { readonly [K in keyof F]: ValueOf<F[K]> }
      : S extends Choice<infer V>
        ? { readonly [K in keyof V]: { readonly name: K } & ValueOf<V[K]> }[keyof V]
        : S extends OneOf<infer F>
          ? { readonly [K in keyof F]: { readonly [P in K]: ValueOf<F[P]> } }[keyof F]
          : S extends Named<infer N>
            ? Readonly<Record<string, ValueOf<N>>>
            : never;

/** What may be given for a schema: a part of the value, in its short forms. */
export type InputOf<S> =
  S extends Setting<infer _, infer I>
    ? I
    : S extends Group<infer F>
      ? { readonly [K in keyof F]?: InputOf<F[K]> | undefined }
      : S extends Choice<infer V>
        ? (keyof V & string) | { readonly [K in keyof V]: { readonly name?: K } & InputOf<V[K]> }[keyof V]
        : S extends OneOf<infer F>
          ? { readonly [K in keyof F]?: InputOf<F[K]> | undefined }
          : S extends Named<infer N>
            ? Readonly<Record<string, InputOf<N>>>
            : never;

export const setting = <A, I = A>(
  codec: t.Type<A, unknown, unknown>,
  fallback: A,
  what: string,
  more: Pick<Setting<A, I>, "flag" | "parse"> = {},
): Setting<A, I> => ({ kind: "setting", codec, fallback, what, ...more });

export const group = <F extends Fields>(fields: F): Group<F> => ({ kind: "group", fields });

export const choice = <V extends Readonly<Record<string, Group>>>(
  variants: V,
  fallback: keyof V & string,
  what: string,
  more: Pick<Choice, "flag" | "expand"> = {},
): Choice<V> => ({ kind: "choice", variants, fallback, what, ...more });

export const oneOf = <F extends Settings>(fields: F, fallback: keyof F & string): OneOf<F> => ({
  kind: "one-of",
  fields,
  fallback,
});

export const named = <S extends Schema>(of: S): Named<S> => ({ kind: "named", of });

/** A setting in its place; `under` says which names have to be chosen for it to be there, by the path of the choice. */
export interface Placed {
  readonly path: readonly string[];
  readonly node: Setting | Choice;
  readonly under: readonly { readonly path: readonly string[]; readonly name: string }[];
}

/** All settings and choices of a schema, in its order; those of `named` values are left out. */
export const placesOf = (
  schema: Schema,
  path: readonly string[] = [],
  under: Placed["under"] = [],
): readonly Placed[] => {
  if (schema.kind === "setting") return [{ path, node: schema, under }];
  if (schema.kind === "named") return [];
  if (schema.kind !== "choice") {
    return Object.entries(schema.fields as Fields).flatMap(([key, node]) => placesOf(node, [...path, key], under));
  }
  const variants = Object.entries((schema as Choice).variants);
  return [
    { path, node: schema, under },
    ...variants.flatMap(([name, variant]) => placesOf(variant, path, [...under, { path, name }])),
  ];
};

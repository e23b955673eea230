/**
 * @file What a function with a signature takes by its types: its arguments, what may stand for options, and objects that name arguments.
 */

/** The parameters of a signature; options are those from `{` on. */
type Split<S extends string> = S extends `${infer Head}, ${infer Tail}` ? [Head, ...Split<Tail>] : [S];
type NamesOf<S extends string> = S extends `${string}(${infer Inside})` ? Split<Inside> : [];
type Lead = "axis" | "numSegments" | "dtype";
/** The options that a value alone may stand for; tensors, which have a dtype too, are not options. */
type LeadsIn<P> = "aval" extends keyof NonNullable<P> ? never : Lead & keyof NonNullable<P>;
/** What may stand for options. */
type LeadOf<P> = [LeadsIn<P>] extends [never] ? never : NonNullable<P>[LeadsIn<P> & keyof NonNullable<P>];
/** The places of the arguments that may be given by name: all but the first. */
type Places<A> = Exclude<keyof A & `${number}`, "0">;
type NameAt<S extends string, I> = I extends keyof NamesOf<S> ? NamesOf<S>[I] & string : never;
/** The options of a function, or what adds nothing. */
type OptionsOf<S extends string, A> = {
  [I in Places<A> as NameAt<S, I> extends `{${string}` ? "given" : never]: NonNullable<A[I & keyof A]>;
} extends { readonly given: infer O }
  ? O
  : unknown;
type NotEmpty<T> = keyof T extends never ? never : T;
/** Whether the types take an argument by name: what may be left out, and axes and dtypes. */
type IsNamed<S extends string, A, I> =
  NameAt<S, I> extends `{${string}` | `...${string}`
    ? false
    : NameAt<S, I> extends "axis" | "dtype"
      ? true
      : undefined extends A[I & keyof A]
        ? true
        : false;
/** Arguments as an object that names them. */
type Given<S extends string, A> = NotEmpty<{
  readonly [I in Places<A> as IsNamed<S, A, I> extends true ? NameAt<S, I> : never]?: A[I & keyof A];
}>;
type Room = "np" | "lax" | "nn" | "random" | "ops" | "scipy";
/** What an object in place `K` may name beside what belongs there. */
type ByName<S extends string, A, K> =
  K extends Places<A>
    ? IsNamed<S, A, K> extends true
      ? S extends `${Room}.${string}`
        ? Given<S, A> & OptionsOf<S, A>
        : never
      : never
    : never;
/** The arguments `A`, with what may stand for options, numbers for shapes, and objects that name arguments. */
type Accepted<S extends string, A extends readonly unknown[]> = {
  [K in keyof A]: A[K] | LeadOf<A[K]> | (NameAt<S, K> extends "shape" ? number : never) | ByName<S, A, K>;
};

/** The options beside the one that a value stands for: `np.sum(x, 0, { keepDims: true })`. */
type Others<A extends readonly unknown[]> =
  Required<A> extends readonly [...unknown[], infer O]
    ? [LeadsIn<O>] extends [never]
      ? []
      : [more?: Omit<NonNullable<O>, LeadsIn<O>>]
    : [];
/** What makes a function with a signature of that and of the function itself. */
export interface Signed {
  <const S extends `${string}, { ${string}`, A extends readonly unknown[], R>(
    signature: S,
    f: (...args: A) => R,
  ): (...args: [...Accepted<S, A>, ...Others<A>]) => R;
  <const S extends string, A extends readonly unknown[], R>(
    signature: S,
    f: (...args: A) => R,
  ): (...args: Accepted<S, A>) => R;
}

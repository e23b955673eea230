/** @file Taking a tree apart by the paths of its leaves, and putting it together again. */
import { takes } from "../core/composite.js";
import { ArgumentError, TreeError } from "../core/errors.js";
import { escapePattern } from "../core/pattern.js";
import { differences, flatten, type KeyPath, pathsOf, structureOf, type TreeDef, unflatten } from "../core/pytree.js";
import { misfit, slashPath } from "./map.js";
import type { LeafOf, Mapped, Part, Whole } from "./types.js";

/**
 * Which leaves are selected: a glob or regular expression of the path, a predicate of path and leaf, any of several, or a tree of booleans.
 *
 * A path is the keys with slashes between, such as `encoder/layers/3/kernel`. In a glob `*` stands for characters of one key and
 * `**` for any number of keys; a regular expression may match anywhere. Patterns that match no leaf at all are an error.
 */
export type PathFilter<L = unknown> =
  | string
  | RegExp
  | ((path: string, leaf: L) => boolean)
  | readonly PathFilter<L>[]
  | Readonly<Record<string, unknown>>;

/** A glob as a regular expression of the whole path. */
const globOf = (glob: string): RegExp => {
  const source = glob
    .split(/(\*\*\/|\/\*\*$|\*\*|\*)/)
    .map((part) => {
      if (part === "**/") return "(?:[^/]+/)*";
      if (part === "/**") return "/.+";
      if (part === "**") return ".*";
      if (part === "*") return "[^/]*";
      return escapePattern(part);
    })
    .join("");
  return new RegExp(`^${source}$`);
};

/** The filter as a function of path and leaf. */
const matcher = (where: string, filter: PathFilter<never>): ((path: string, leaf: unknown) => boolean) => {
  if (typeof filter === "function") {
    const predicate = filter as (path: string, leaf: unknown) => unknown;
    return (path, leaf) => asBoolean(where, path, predicate(path, leaf));
  }
  if (typeof filter === "string") {
    const whole = globOf(filter);
    return (path) => whole.test(path);
  }
  if (filter instanceof RegExp) return (path) => path.search(filter) >= 0;
  const any = (filter as readonly PathFilter<never>[]).map((one) => matcher(where, one));
  return (path, leaf) => any.some((match) => match(path, leaf));
};

/** Whether a filter is a pattern, or patterns alone; a list of none selects nothing on purpose. */
const isPattern = (filter: unknown): boolean =>
  typeof filter === "string" ||
  filter instanceof RegExp ||
  (Array.isArray(filter) && filter.length > 0 && filter.every(isPattern));

/** @throws {ArgumentError} for patterns that select nothing, with paths that there are and a pattern that matches one */
const noMatch = (where: string, filter: PathFilter<never>, paths: readonly string[]): never => {
  const given: readonly unknown[] = Array.isArray(filter) ? filter : [filter];
  const near = given.flatMap((one) => {
    const wider = typeof one === "string" ? [`**/${one}`, `${one}/**`, `**/${one}/**`] : [];
    return wider.filter((glob) => paths.some((path) => globOf(glob).test(path)));
  });
  const shown = paths.slice(0, 3).join(", ");
  throw new ArgumentError({
    where,
    what: "the pattern matches no leaf",
    expected: `a pattern of whole paths, which are ${shown}${paths.length > 3 ? `, ... (${paths.length} leaves)` : ""}`,
    got: given.map(String).join(", "),
    hint: near.length > 0 ? `"${near[0]}" matches` : "* stands for characters of one key, ** for any number of keys",
  });
};

const asBoolean = (where: string, path: string, selected: unknown): boolean => {
  if (typeof selected === "boolean") return selected;
  throw new ArgumentError({
    where,
    what: "a filter did not say whether a leaf is selected",
    expected: "true or false for each path and leaf, or a tree of booleans",
    got: selected === null ? "null" : typeof selected,
    at: path,
  });
};

const isNode = (x: unknown): boolean => flatten(x, (y) => y !== x)[1].kind in { object: 0, array: 0, custom: 0 };

/** The tree that a function gives for the whole tree, as masks and labels of optax do; nothing for one of paths, which may fail on it. */
export const treeBy = (f: (tree: unknown) => unknown, tree: unknown): unknown => {
  try {
    const given = f(tree);
    return isNode(tree) && isNode(given) ? given : undefined;
  } catch {
    return undefined;
  }
};

/** Whether globs select each leaf; for callers that say themselves what is wrong when they select none. */
export const selectedBy = (where: string, tree: unknown, globs: string | readonly string[]): readonly boolean[] => {
  const match = matcher(where, globs);
  return pathsOf(flatten(tree)[1]).map((path) => match(slashPath(path), undefined));
};

/** A tree in parts: its leaves, whether each is selected, and its structure. */
const selection = (
  where: string,
  tree: unknown,
  filter: PathFilter<never>,
): readonly [leaves: readonly unknown[], selected: readonly boolean[], def: TreeDef] => {
  const [leaves, def] = flatten(tree);
  const plain = typeof filter === "object" && !Array.isArray(filter) && !(filter instanceof RegExp);
  const flags = plain ? filter : typeof filter === "function" ? treeBy(filter as never, tree) : undefined;
  const paths = pathsOf(def).map(slashPath);
  if (flags === undefined) {
    const match = matcher(where, filter);
    const selected = leaves.map((leaf, i) => match(paths[i], leaf));
    if (paths.length > 0 && isPattern(filter) && !selected.includes(true)) noMatch(where, filter, paths);
    return [leaves, selected, def];
  }
  const [booleans, given] = flatten(flags);
  const [difference] = differences(def, given, "tree", 1);
  if (difference !== undefined) {
    const expected = "a boolean for each leaf, in a tree of the same shape";
    throw new TreeError({ where, what: "the tree of booleans does not fit", expected, got: difference });
  }
  return [leaves, booleans.map((selected, i) => asBoolean(where, paths[i], selected)), def];
};

/**
 * A tree of booleans: whether each leaf is selected.
 *
 * @example optim.adamw({ learningRate: 1e-3, mask: tree.mask(params, "**\/kernel") })
 */
export const mask = takes(
  "tree.mask(tree, filter)",
  <T>(tree: T, filter: PathFilter<LeafOf<T>>): Mapped<T, boolean> => {
    const [, selected, def] = selection("tree.mask", tree, filter as PathFilter<never>);
    return unflatten(def, selected) as Mapped<T, boolean>;
  },
);

/**
 * The selected leaves, and the others: two trees of the same shape with null where the leaf is in the other.
 *
 * Null is a tree without leaves, so each part can be differentiated, mapped over and given to an optimizer by itself.
 * @see `merge`, which puts them together; Equinox's `partition`
 * @example
 * const [adapters, frozen] = tree.partition(params, "**\/adapter/**");
 * const grads = grad((a: typeof adapters) => loss(tree.merge(a, frozen)))(adapters);
 */
export const partition = takes(
  "tree.partition(tree, filter)",
  <T>(tree: T, filter: PathFilter<LeafOf<T>>): [selected: Part<T>, others: Part<T>] => {
    const [leaves, selected, def] = selection("tree.partition", tree, filter as PathFilter<never>);
    const side = (which: boolean): Part<T> =>
      unflatten(
        def,
        leaves.map((leaf, i) => (selected[i] === which ? leaf : null)),
      ) as Part<T>;
    return [side(true), side(false)];
  },
);

/** The selected leaves, with null for the others: the first half of `partition`. */
export const select = takes(
  "tree.select(tree, filter)",
  <T>(tree: T, filter: PathFilter<LeafOf<T>>): Part<T> => partition(tree, filter)[0],
);

/**
 * Puts the parts of a tree together: at every place the leaf of the part that has one.
 *
 * @throws {TreeError} with the path where two parts have a leaf, or where the parts are not parts of one tree
 * @example tree.merge(...tree.partition(params, /bias$/)) // params again
 */
export const merge = takes("tree.merge(...parts)", <T>(...parts: readonly T[]): Whole<T> => {
  const join = (path: KeyPath, trees: readonly unknown[]): unknown => {
    const there = trees.filter((x) => x !== null && x !== undefined);
    if (there.length === 0) return trees[0];
    if (!there.some(isNode)) return there.length === 1 ? there[0] : misfit("tree.merge", "two parts have a leaf", path);
    if (there.length < trees.length || !there.every(isNode)) {
      return misfit("tree.merge", "not parts of one tree", path);
    }
    const split = trees.map((x) => flatten(x, (y) => y !== x));
    const [, def] = split[0];
    if (split.some(([, other]) => other.key !== def.key)) misfit("tree.merge", "not parts of one tree", path);
    const keys = pathsOf(def);
    return unflatten(
      def,
      keys.map(([key], i) =>
        join(
          [...path, key],
          split.map(([children]) => children[i]),
        ),
      ),
    );
  };
  // Refuses trees that `join` could not walk.
  for (const part of parts) structureOf(part);
  return join([], parts) as Whole<T>;
});

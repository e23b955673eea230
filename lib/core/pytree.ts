/**
 * @file Pytrees: nested plain objects, arrays and registered classes whose leaves are tensors (or anything else).
 *
 * A treedef is the tree without its leaves; two trees have the same structure exactly when their treedefs have the same
 * `key`. Keys of objects are taken in sorted order, as JAX does, so `{ b, a }` and `{ a, b }` are the same structure.
 * `null` and `undefined` are trees without leaves.
 */
import { TreeError } from "./errors.js";

/** One step of a key path: an object key or an index. */
export type Key = string | number;
export type KeyPath = readonly Key[];

interface LeafDef {
  readonly kind: "leaf";
  readonly key: string;
  readonly leaves: 1;
}
interface NoneDef {
  readonly kind: "null" | "undefined";
  readonly key: string;
  readonly leaves: 0;
}
interface NodeDef {
  readonly kind: "object" | "array" | "custom";
  readonly key: string;
  readonly leaves: number;
  readonly keys: readonly Key[];
  readonly children: readonly TreeDef[];
  readonly node?: NodeType<unknown>;
  readonly aux?: unknown;
}
/** The structure of a tree. Compare `key`s. */
export type TreeDef = LeafDef | NoneDef | NodeDef;

const LEAF: LeafDef = { kind: "leaf", key: "*", leaves: 1 };
const NULL: NoneDef = { kind: "null", key: "null", leaves: 0 };
const UNDEFINED: NoneDef = { kind: "undefined", key: "undefined", leaves: 0 };

/** How instances of a class are taken apart and put together. */
export interface NodeType<T> {
  readonly name: string;
  /** Children by name, and static data that is compared by its JSON text. */
  readonly flatten: (x: T) => { readonly children: Readonly<Record<string, unknown>>; readonly aux?: unknown };
  readonly unflatten: (children: Readonly<Record<string, unknown>>, aux: unknown) => T;
}

const nodeTypes = new Map<object, NodeType<unknown>>();

/** Makes instances of the class `type` inner nodes of pytrees. */
export const registerNode = <T extends object>(type: abstract new (...args: never[]) => T, node: NodeType<T>): void => {
  nodeTypes.set(type.prototype as object, node as NodeType<unknown>);
};

const isPlainObject = (x: object): x is Record<string, unknown> => {
  const proto: unknown = Object.getPrototypeOf(x);
  return proto === Object.prototype || proto === null;
};

const nodeKey = (kind: string, keys: readonly Key[], children: readonly TreeDef[]): string =>
  kind === "array"
    ? `[${children.map((c) => c.key).join(",")}]`
    : `${kind}{${children.map((c, i) => `${quoted(keys[i])}:${c.key}`).join(",")}}`;
/** The JSON text of a key, which most are without being escaped. */
const quoted = (key: Key): string => (/^\w+$/.test(key as string) ? `"${key}"` : JSON.stringify(key));

/** How deep trees may be nested. Every walk over a tree recurses, so this bounds what it needs of the stack. */
export const MAX_DEPTH = 500;

const tooDeep = (): TreeError =>
  new TreeError({
    where: "tree.flatten",
    what: "a tree is nested too deeply",
    expected: `at most ${MAX_DEPTH} levels`,
    got: "a deeper one, or one that contains itself",
    hint: "hold a long chain in a list",
  });

type IsLeaf = ((x: unknown) => boolean) | undefined;

const visit = (x: unknown, leaves: unknown[], isLeaf: IsLeaf, depth: number): TreeDef => {
  if (isLeaf?.(x) === true) {
    leaves.push(x);
    return LEAF;
  }
  if (x === null) return NULL;
  if (x === undefined) return UNDEFINED;
  if (typeof x !== "object") {
    leaves.push(x);
    return LEAF;
  }
  if (depth > MAX_DEPTH) throw tooDeep();
  if (Array.isArray(x)) {
    const children = x.map((c: unknown) => visit(c, leaves, isLeaf, depth + 1));
    return nodeDef("array", [...x.keys()], children);
  }
  if (isPlainObject(x)) {
    const keys = Object.keys(x).sort();
    return nodeDef(
      "object",
      keys,
      keys.map((k) => visit(x[k], leaves, isLeaf, depth + 1)),
    );
  }
  const node = nodeTypes.get(Object.getPrototypeOf(x) as object);
  if (node === undefined) {
    leaves.push(x);
    return LEAF;
  }
  const { children: parts, aux } = node.flatten(x);
  const keys = Object.keys(parts);
  const children = keys.map((k) => visit(parts[k], leaves, isLeaf, depth + 1));
  const name = `${node.name}(${aux === undefined ? "" : JSON.stringify(aux)})`;
  return { ...nodeDef("custom", keys, children), key: nodeKey(name, keys, children), node, aux };
};

const nodeDef = (kind: NodeDef["kind"], keys: readonly Key[], children: readonly TreeDef[]): NodeDef => ({
  kind,
  keys,
  children,
  leaves: children.reduce((n, c) => n + c.leaves, 0),
  key: nodeKey(kind === "object" ? "" : kind, keys, children),
});

/** Leaves in order, and the structure. `isLeaf` stops the descent early. @throws {TreeError} for a tree that is too deep or contains itself */
export const flatten = (tree: unknown, isLeaf?: (x: unknown) => boolean): [leaves: unknown[], treedef: TreeDef] => {
  const leaves: unknown[] = [];
  const treedef = visit(tree, leaves, isLeaf, 0);
  return [leaves, treedef];
};

/** The leaves of a tree, in order. */
export const leavesOf = (tree: unknown): unknown[] => flatten(tree)[0];

/** The structure of a tree. */
export const structureOf = (tree: unknown): TreeDef => flatten(tree)[1];

/** Puts leaves back into a structure. @throws {TreeError} when their number differs */
export const unflatten = (treedef: TreeDef, leaves: readonly unknown[]): unknown => {
  if (leaves.length !== treedef.leaves) {
    throw new TreeError({
      where: "unflatten",
      what: "the number of leaves does not fit the structure",
      expected: `${treedef.leaves} leaves`,
      got: `${leaves.length}`,
    });
  }
  let next = 0;
  const build = (def: TreeDef): unknown => {
    if (def.kind === "leaf") return leaves[next++];
    if (!("children" in def)) return def.kind === "null" ? null : undefined;
    const children = def.children.map(build);
    if (def.kind === "array") return children;
    const entries = Object.fromEntries(children.map((c, i) => [def.keys[i] as string, c]));
    return def.kind === "custom" ? (def.node as NodeType<unknown>).unflatten(entries, def.aux) : entries;
  };
  return build(treedef);
};

/** Key path of every leaf, in the order of `flatten`. */
export const pathsOf = (treedef: TreeDef): KeyPath[] => {
  const out: KeyPath[] = [];
  const walk = (def: TreeDef, path: KeyPath): void => {
    if (def.kind === "leaf") out.push(path);
    else if ("children" in def) {
      def.children.forEach((c, i) => {
        walk(c, [...path, def.keys[i] as Key]);
      });
    }
  };
  walk(treedef, []);
  return out;
};

/** `params.layers[3].q`: how a key path is written in messages. */
export const printPath = (path: KeyPath, root = ""): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === "" ? key : `${text}.${key}`;
  }, root);

/** The first differences of two structures, as sentences; empty when they are equal. */
export const differences = (expected: TreeDef, got: TreeDef, root = "", most = 3): string[] => {
  const out: string[] = [];
  const name = (def: TreeDef): string => (def.kind === "leaf" ? "a leaf" : def.kind);
  const walk = (a: TreeDef, b: TreeDef, path: KeyPath): void => {
    if (out.length >= most || a.key === b.key) return;
    const at = printPath(path, root) || "the root";
    if (a.kind !== b.kind || !("children" in a) || !("children" in b)) {
      out.push(`${at}: expected ${name(a)}, got ${name(b)}`);
      return;
    }
    const keys = [...new Set([...a.keys, ...b.keys])];
    let deeper = false;
    for (const key of keys) {
      const [i, j] = [a.keys.indexOf(key), b.keys.indexOf(key)];
      if (i < 0 || j < 0) {
        deeper = true;
        if (out.length < most) out.push(`${printPath([...path, key], root)}: ${i < 0 ? "unexpected" : "missing"}`);
      } else {
        const before = out.length;
        walk(a.children[i] as TreeDef, b.children[j] as TreeDef, [...path, key]);
        deeper ||= out.length > before;
      }
    }
    if (!deeper && out.length < most) out.push(`${at}: the static data differ`);
  };
  walk(expected, got, []);
  return out;
};

/**
 * Checks that two structures are equal; `root` is what key paths begin with.
 * @throws {TreeError} with the first three differing key paths
 */
export const checkSameStructure = (where: string, expected: TreeDef, got: TreeDef, hint?: string, root = ""): void => {
  if (expected.key === got.key) return;
  throw new TreeError({
    where,
    what: "two trees differ in structure",
    at: differences(expected, got, root).join("; "),
    hint,
  });
};

/** The subtrees of `tree` at the places of the leaves of `def`. @throws {TreeError} when `tree` ends before */
export const subtreesAt = (where: string, def: TreeDef, tree: unknown): unknown[] => {
  if (def.kind === "leaf") return [tree];
  if (!("children" in def)) return [];
  if (typeof tree !== "object" || tree === null) {
    throw new TreeError({ where, what: "a tree ends too early", expected: def.key, got: String(tree) });
  }
  const parts = def.kind === "custom" ? (def.node as NodeType<unknown>).flatten(tree).children : tree;
  return def.keys.flatMap((key, i) =>
    subtreesAt(where, def.children[i], (parts as Readonly<Record<Key, unknown>>)[key]),
  );
};

/** `tree` with `fill` at every leaf of `def` where it has null, also where one null stands for a whole subtree. */
export const fillNulls = (def: TreeDef, tree: unknown, fill: unknown): unknown => {
  if (tree === null) return unflatten(def, new Array(def.leaves).fill(fill));
  const [parts, own] = flatten(tree, (x) => x !== tree);
  if (!("children" in def) || !("children" in own)) return tree;
  const filled = parts.map((part, i) => {
    const child = def.children[def.keys.indexOf(own.keys[i] as Key)];
    return child === undefined ? part : fillNulls(child, part, fill);
  });
  return unflatten(own, filled);
};

/** Applies `f` to every leaf; further trees must have the structure of the first. */
export const treeMap = (f: (...leaves: never[]) => unknown, tree: unknown, ...rest: readonly unknown[]): unknown =>
  treeMapTo(undefined, f, tree, ...rest);

/** The same with `isLeaf`, which names leaves of the first tree: what further trees have in their places, whole, goes with them. */
export const treeMapTo = (
  isLeaf: IsLeaf,
  f: (...leaves: never[]) => unknown,
  tree: unknown,
  ...rest: readonly unknown[]
): unknown => {
  const [leaves, def] = flatten(tree, isLeaf);
  const others = rest.map((t) => {
    const beside = isLeaf === undefined ? undefined : new Set(subtreesAt("tree.map", def, t));
    // Null and undefined have no identity: one cannot be distinguished from others in the tree.
    const [more, otherDef] = flatten(t, beside && ((x) => isLeaf?.(x) === true || (x != null && beside.has(x))));
    checkSameStructure("tree.map", def, otherDef);
    return more;
  });
  const g = f as (...leaves: unknown[]) => unknown;
  return unflatten(
    def,
    leaves.map((leaf, i) => g(leaf, ...others.map((o) => o[i]))),
  );
};

/** Applies `f(path, leaf)` to every leaf. */
export const treeMapWithPath = (
  f: (path: KeyPath, leaf: never) => unknown,
  tree: unknown,
  isLeaf?: (x: unknown) => boolean,
): unknown => {
  const [leaves, def] = flatten(tree, isLeaf);
  const paths = pathsOf(def);
  return unflatten(
    def,
    leaves.map((leaf, i) => f(paths[i] as KeyPath, leaf as never)),
  );
};

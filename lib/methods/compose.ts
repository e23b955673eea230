/** @file Several methods at once. */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as random from "../random/index.js";
import type { Modified } from "../t5/modified.js";
import type { AnyParams } from "../t5/stack.js";
import { leavesByPath } from "../tree/map.js";
import { type Folded, forUse, type Method, type MethodSettings } from "./method.js";
import { inPart } from "./part.js";
import { checkEntries, kindOf } from "./trees.js";

const WHERE = "methods.compose";

/** The tree of a method. */
export type TreeOf<M> = M extends Method<infer P> ? P : never;

/** The trees of several methods, by the names they were given. */
export type ComposedTree<M> = { readonly [K in keyof M]: TreeOf<M[K]> };

const conflict = (what: string, at: string, names: readonly string[]): ArgumentError =>
  new ArgumentError({
    where: WHERE,
    what,
    expected: "methods that change different things",
    got: names.join(" and "),
    at,
    hint: "leave one of them out, or select other weights",
  });

/** @throws {ArgumentError} when `next` replaces a weight that has already been replaced */
const checkReplaced = (frozen: AnyParams, before: AnyParams, next: AnyParams, names: readonly string[]): void => {
  if (before === frozen || next === before) return;
  const [base, old, now] = [frozen, before, next].map((params) => new Map(leavesByPath<Tensor>(params)));
  const path = [...base.keys()].find((key) => old.get(key) !== base.get(key) && now.get(key) !== old.get(key));
  if (path !== undefined) throw conflict("two methods replace one weight", path, names);
};

/** Where vectors are inserted; each attention is a place. */
const placesOf = ({ params: _, ...inserted }: Modified): string[] =>
  Object.entries(inserted).flatMap(([key, value]) =>
    key === "keyValues" ? Object.keys(value).map((attention) => `${key}/${attention}`) : [key],
  );

/** Both insertions. @throws {ArgumentError} when both insert vectors at one place */
const joined = (before: Modified, next: Modified, names: readonly string[]): Modified => {
  const taken = placesOf(before);
  const place = placesOf(next).find((one) => taken.includes(one));
  if (place !== undefined) throw conflict("two methods insert vectors at one place", place, names);
  const keyValues = { ...before.keyValues, ...next.keyValues };
  return { ...before, ...next, ...(Object.keys(keyValues).length > 0 && { keyValues }) };
};

const isMethod = (x: unknown): boolean => {
  const { init, apply, settings } = (x ?? {}) as Partial<Method>;
  return typeof init === "function" && typeof apply === "function" && settings !== undefined;
};

/** @throws {ArgumentError} when there are no parts, or one is not a method */
const checkParts = (entries: readonly (readonly [string, unknown])[]): void => {
  if (entries.length === 0) {
    throw new ArgumentError({ where: WHERE, what: "there is no method", expected: "at least one", got: "none" });
  }
  const other = entries.find(([, method]) => !isMethod(method));
  if (other === undefined) return;
  const [at, value] = other;
  const [what, expected] = ["a part is not a method", "a method, such as methods.lora()"];
  throw new ArgumentError({ where: WHERE, what, expected, got: kindOf(value), at });
};

/** How many tasks the parts are for, where one of them is for several. @throws {ArgumentError} when they are for different numbers of tasks */
const tasksOf = (entries: readonly (readonly [string, Method])[]): number | undefined => {
  const many = entries.filter(([, { tasks = 1 }]) => tasks > 1);
  const [first, other] = [many[0]?.[1].tasks, many.find(([, { tasks }]) => tasks !== many[0]?.[1].tasks)];
  if (other === undefined) return first;
  const what = "the methods are for different numbers of tasks";
  throw new ArgumentError({ where: WHERE, what, expected: `${first}`, got: `${other[1].tasks}`, at: other[0] });
};

/** The folded parts as one method, where a part can be folded. */
const foldOf = (entries: readonly (readonly [string, Method])[]): Pick<Method, "fold"> => {
  if (entries.every(([, method]) => method.fold === undefined)) return {};
  return {
    fold: (config, frozen, tuned, task) => {
      const names = entries.map(([name]) => name);
      checkEntries(WHERE, names, tuned);
      const trees = tuned as Readonly<Record<string, object>>;
      const parts = entries.map(([name, method]) =>
        inPart(name, () => forUse(config, frozen, method, trees[name], task)),
      );
      const byName = <T>(of: (part: Folded) => T) => Object.fromEntries(names.map((name, i) => [name, of(parts[i])]));
      return { method: compose(byName(({ method }) => method)) as Method, tuned: byName((part) => part.tuned) };
    },
  };
};

/**
 * Several methods, one after the other: each is applied to the model that the one before it gives. Their trees are trained together, as a record by
 * the names they are given here.
 *
 * LoRA twice on one kernel adds both terms; IA3 after LoRA scales their sum. A prompt with the output layer's weights is WARP.
 * @throws {ArgumentError} (in `apply`) when two methods replace one weight, insert vectors at one place, or come in an order that has no
 * meaning: LoRA after IA3, weights after what stands beside them; {TreeError} for a tree of other parts
 * @example const warp = methods.compose({ prompt: methods.prompt({ length: 8 }), output: methods.weights("decoder/logitsDense/kernel") })
 */
export const compose = takes(
  "methods.compose(methods)",
  <const M extends Readonly<Record<string, Method>>>(methods: M): Method<ComposedTree<M>> => {
    const entries = Object.entries(methods ?? {}) as [keyof M & string, Method][];
    checkParts(entries);
    const tasks = tasksOf(entries);
    const settings = Object.fromEntries(entries.map(([name, method]) => [name, method.settings]));
    return {
      settings: { name: "compose", methods: settings } as MethodSettings,
      init: (key, config, frozen) =>
        Object.fromEntries(
          entries.map(([name, method], i) => [
            name,
            inPart(name, () => method.init(random.foldIn(key, i), config, frozen)),
          ]),
        ) as ComposedTree<M>,
      apply: (config, frozen, tuned, batch) => {
        checkEntries(WHERE, Object.keys(methods), tuned);
        let model: Modified = { params: frozen };
        entries.forEach(([name, method], i) => {
          const next = inPart(name, () => method.apply(config, model.params, tuned[name] as object, batch));
          const names = entries.slice(0, i + 1).map(([one]) => one);
          checkReplaced(frozen, model.params, next.params, names);
          model = joined(model, next, names);
        });
        return model;
      },
      ...(tasks !== undefined && { tasks }),
      ...(foldOf(entries) as object),
    };
  },
);

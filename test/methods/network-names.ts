/**
 * @file Where the tensors of networks that make prompts stand in our trees: PEFT's P-tuning, and plain PyTorch's residual and multi-task
 * prompts.
 */
import type { Place } from "./peft-names.js";

/** A kernel `[out, in]` of PyTorch, or a bias. */
const dense = (path: readonly string[], part: string): Place => ({
  path: [...path, part === "weight" ? "kernel" : "bias"],
  transposed: part === "weight",
});

/** The attention of a prefix. */
const attention = (stack: string, kind: string): string => (kind === "cross" ? kind : stack);

type Match = readonly string[];

/** Their names, and the places that these mean. */
const PLACES: readonly (readonly [name: RegExp, place: (match: Match) => Place])[] = [
  [/^(prompt|shared|tasks)$/, ([name]) => ({ path: [name], transposed: false })],
  [/^prompts\.(\d)$/, ([, layer]) => ({ path: ["prompts"], transposed: false, row: Number(layer) })],
  [
    /^(encoder|decoder)\.(self|cross)\.(\d)\.(key|value)$/,
    ([, stack, kind, layer, part]) => ({ path: [attention(stack, kind), part], transposed: false, row: Number(layer) }),
  ],
  [
    /^(encoder|decoder)\.(self|cross)\.embedding$/,
    ([, stack, kind]) => ({ path: [attention(stack, kind), "embedding"], transposed: false }),
  ],
  [
    /^(encoder|decoder)\.(self|cross)\.(down|up)\.(weight|bias)$/,
    ([, stack, kind, name, part]) => dense([attention(stack, kind), name], part),
  ],
  [/^transform\.([02])\.(weight|bias)$/, ([, at, part]) => dense([at === "0" ? "down" : "up"], part)],
  [
    /^prefix_task_(cols|rows)$/,
    ([, side]) => ({ path: [side === "cols" ? "taskCols" : "taskRows"], transposed: false }),
  ],
  [/^embedding\.weight$/, () => ({ path: ["embedding"], transposed: false })],
  // The heads are lists of dense layers with a relu between two.
  [/^mlp_head\.(\d)\.(weight|bias)$/, ([, at, part]) => dense(["mlp", String(Number(at) / 2)], part)],
  [
    /^lstm_head\.(weight|bias)_(ih|hh)_l(\d)(_reverse)?$/,
    ([, part, side, layer, reverse]) => {
      const way = reverse === undefined ? "forward" : "backward";
      return dense(["lstm", layer, way, side === "ih" ? "input" : "hidden"], part);
    },
  ],
  [
    /^mlp\.(?:(\d+)\.)?(down|up|norm)\.(weight|bias)$/,
    ([, row, name, part]) => {
      const scale = name === "norm" && part === "weight";
      const place = scale ? { path: ["network", name, "scale"], transposed: false } : dense(["network", name], part);
      return row === undefined ? place : { ...place, row: Number(row) };
    },
  ],
];

/** The place of a tensor of a network; undefined for the name of another. */
export const networkPlace = (name: string): Place | undefined => {
  for (const [pattern, place] of PLACES) {
    const match = pattern.exec(name);
    if (match !== null) return place(match);
  }
  return undefined;
};

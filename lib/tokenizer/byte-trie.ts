/**
 * @file A trie over bytes whose nodes lie in the order of their depth: the children of a node are neighbours, so a lookup reads a few bytes that lie
 * together.
 *
 * A hash of (node, byte) is built in one pass, but its reads are spread over 4 MB for T5's 32,000 pieces, and wait for memory.
 */

/** A key that is not a child. */
const NONE = -1;
/** Fewer children than this are looked at one by one. */
const FEW = 8;

interface Entry {
  /** One character a byte: strings are compared and taken apart faster than bytes. */
  readonly key: string;
  readonly value: number;
}

const CHARACTERS = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));

/** Keys in the order of their bytes, and equal ones in the order in which they came. */
const sorted = (keys: Iterable<readonly [key: string, value: number]>): readonly Entry[] => {
  const encoder = new TextEncoder();
  const entries = Array.from(keys, ([text, value]): Entry => {
    let key = "";
    for (const byte of encoder.encode(text)) key += CHARACTERS[byte];
    return { key, value };
  });
  return entries.sort(({ key: a }, { key: b }) => (a < b ? -1 : a > b ? 1 : 0));
};

/** Sorted entries that begin alike: those of a node. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** The end of the entries from `from` on that have the same byte at `depth`. */
const sameByte = (entries: readonly Entry[], depth: number, { from, to }: Range): number => {
  const byte = entries[from].key.charCodeAt(depth);
  let end = from + 1;
  while (end < to && entries[end].key.charCodeAt(depth) === byte) end++;
  return end;
};

export class ByteTrie {
  /** The first child of each node; the children end where those of the next node begin. */
  private readonly first: Int32Array;
  /** The byte that leads to each node. */
  private readonly labels: Uint8Array;
  /** Value of the key that ends at a node, or -1. The root is node 0. */
  readonly values: Int32Array;

  /** A trie of `keys`, each a non-empty string taken as UTF-8, with its value (0 or more). The later of two equal keys wins. */
  constructor(keys: Iterable<readonly [key: string, value: number]>) {
    const entries = sorted(keys);
    const [first, labels, values]: number[][] = [[], [0], [NONE]];
    let level: Range[] = [{ from: 0, to: entries.length }];
    for (let depth = 0, node = 0; level.length > 0; depth++) {
      const next: Range[] = [];
      for (const { from: start, to } of level) {
        first.push(values.length);
        let from = start;
        // The sort is stable, and the shortest keys come first.
        for (; from < to && entries[from].key.length === depth; from++) values[node] = entries[from].value;
        for (; from < to; from = next[next.length - 1].to) {
          next.push({ from, to: sameByte(entries, depth, { from, to }) });
          labels.push(entries[from].key.charCodeAt(depth));
          values.push(NONE);
        }
        node++;
      }
      level = next;
    }
    this.first = Int32Array.from([...first, values.length]);
    this.labels = Uint8Array.from(labels);
    this.values = Int32Array.from(values);
  }

  /** The child of `node` for `byte`, or -1. */
  child(node: number, byte: number): number {
    const { first, labels } = this;
    let from = first[node] as number;
    let to = first[node + 1] as number;
    while (to - from > FEW) {
      const middle = (from + to) >> 1;
      if ((labels[middle] as number) > byte) to = middle;
      else from = middle;
    }
    for (; from < to; from++) if (labels[from] === byte) return from;
    return NONE;
  }

  /** Length in bytes of the longest key at the start of `text[at … end)`, or 0. */
  longest(text: Uint8Array, at: number, end: number): number {
    let length = 0;
    let node = 0;
    for (let i = at; i < end; i++) {
      node = this.child(node, text[i] as number);
      if (node < 0) break;
      if ((this.values[node] as number) >= 0) length = i + 1 - at;
    }
    return length;
  }
}

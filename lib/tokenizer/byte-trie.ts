/**
 * @file A trie over bytes as a double array (Aoe 1989): a node's child for a byte lies at the node's base XOR the byte, and bears that byte as its
 * label, so that a lookup reads one place.
 *
 * No two nodes have one base, so the label alone tells whose child a place is. A search among sorted neighbours takes four times as long.
 */

/** A key that is not a child, or a place that is not a node. */
const NONE = -1;
/** A base and its children lie in one block of this many places, since they differ in a byte. */
const BLOCK = 256;
/** How many blocks at the end are searched for vacant places: those before them have few. */
const OPEN_BLOCKS = 1;

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
  node: number;
}

/** The end of the entries from `from` on that have the same byte at `depth`. */
const sameByte = (entries: readonly Entry[], depth: number, from: number, to: number): number => {
  const byte = entries[from].key.charCodeAt(depth);
  let end = from + 1;
  while (end < to && entries[end].key.charCodeAt(depth) === byte) end++;
  return end;
};

/** The places of a double array while it is filled. */
class Places {
  bases = new Int32Array(4 * BLOCK);
  labels = new Int16Array(4 * BLOCK).fill(NONE);
  values = new Int32Array(4 * BLOCK).fill(NONE);
  private taken = new Uint8Array(4 * BLOCK);
  // The first block stays vacant: it is where the children of a node without any are looked for.
  private size = BLOCK;
  private lowest = BLOCK;

  /** A base at which all children are vacant; takes their places. */
  place(children: readonly number[]): number {
    const base = this.find(children);
    this.taken[base] = 1;
    for (const byte of children) this.labels[base ^ byte] = byte;
    while (this.lowest < this.size && this.labels[this.lowest] !== NONE) this.lowest++;
    return base;
  }

  private find(children: readonly number[]): number {
    for (let at = Math.max(this.lowest, this.size - OPEN_BLOCKS * BLOCK); at < this.size; at++) {
      if (this.labels[at] !== NONE) continue;
      const base = at ^ children[0];
      if (this.taken[base] === 0 && this.isVacant(base, children)) return base;
    }
    return this.addBlock();
  }

  private isVacant(base: number, children: readonly number[]): boolean {
    for (const byte of children) if (this.labels[base ^ byte] !== NONE) return false;
    return true;
  }

  private addBlock(): number {
    const start = this.size;
    this.size += BLOCK;
    if (this.size > this.bases.length) this.grow(2 * this.bases.length);
    return start;
  }

  private grow(length: number): void {
    const { bases, labels, values, taken } = this;
    this.bases = new Int32Array(length);
    this.bases.set(bases);
    this.labels = new Int16Array(length).fill(NONE);
    this.labels.set(labels);
    this.values = new Int32Array(length).fill(NONE);
    this.values.set(values);
    this.taken = new Uint8Array(length);
    this.taken.set(taken);
  }
}

export class ByteTrie {
  /** Where each node's children begin. */
  private readonly bases: Int32Array;
  /** The byte that leads to each node. */
  private readonly labels: Int16Array;
  /** Value of the key that ends at a node, or -1. The root is node 0. */
  readonly values: Int32Array;

  /** A trie of `keys`, each a non-empty string taken as UTF-8, with its value (0 or more). The later of two equal keys wins. */
  constructor(keys: Iterable<readonly [key: string, value: number]>) {
    const entries = sorted(keys);
    const places = new Places();
    const bytes: number[] = [];
    let level: Range[] = [{ from: 0, to: entries.length, node: 0 }];
    for (let depth = 0; level.length > 0; depth++) {
      const next: Range[] = [];
      for (const { from: start, to, node } of level) {
        let from = start;
        // The sort is stable, and the shortest keys come first.
        for (; from < to && entries[from].key.length === depth; from++) places.values[node] = entries[from].value;
        bytes.length = 0;
        const begin = next.length;
        for (; from < to; from = next[next.length - 1].to) {
          const byte = entries[from].key.charCodeAt(depth);
          bytes.push(byte);
          next.push({ from, to: sameByte(entries, depth, from, to), node: byte });
        }
        if (bytes.length === 0) continue;
        const base = places.place(bytes);
        places.bases[node] = base;
        for (let i = begin; i < next.length; i++) next[i].node ^= base;
      }
      level = next;
    }
    this.bases = places.bases;
    this.labels = places.labels;
    this.values = places.values;
  }

  /** The child of `node` for `byte`, or -1. */
  child(node: number, byte: number): number {
    const at = (this.bases[node] as number) ^ byte;
    return this.labels[at] === byte ? at : NONE;
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

/**
 * @file The library's own WebAssembly memory, with an allocator in JavaScript: no file is loaded, and nothing is asked of the page.
 *
 * Free blocks are in lists by size class, 32 classes between two powers of two, and a bit map says which lists have any. What is
 * asked for is rounded up to the least size of its class (3 % at most), so that the first block of that list or of a longer one always fits,
 * and a block that was freed always serves the same request again. Neighbours that are free become one block at once. Each call takes constant time.
 *
 * @see Masmano, Ripoll, Crespo and Real 2004, "TLSF: a new dynamic memory allocator for real-time systems", for lists in two levels
 */
import { InvariantError } from "../../core/errors.js";
import type { Heap } from "./heap.js";

const PAGE = 65536;
/** Blocks begin and end at multiples of a cache line. */
const UNIT = 64;
const MAX_PAGES = 65536;
const FIRST_PAGES = 256;
/** Classes between two powers of two, and the logarithm of their number. */
const [STEPS, STEP_BITS] = [32, 5];

/** A stretch of the memory; offsets and sizes are in units. */
interface Block {
  readonly start: number;
  size: number;
  free: boolean;
  /** Neighbours in the memory. */
  before: Block | undefined;
  after: Block | undefined;
  /** Neighbours in the list of its class, while it is free. */
  previous: Block | undefined;
  next: Block | undefined;
}

/** The power of two that the classes of a size lie above, less `STEP_BITS`; sizes below `STEPS` have a class each. */
const shiftOf = (size: number): number => Math.max(0, 31 - Math.clz32(size) - STEP_BITS);
/** The class that a block of `size` is in: its size is that of the class, or up to the next. */
const classOf = (size: number): number => {
  const shift = shiftOf(size);
  return shift * STEPS + (size >>> shift);
};
/** The least size of a class that holds `size`. */
const roundUp = (size: number): number => {
  const step = 1 << shiftOf(size);
  return Math.ceil(size / step) * step;
};
const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits);

/** Units of a page of the table of used blocks: 2 KiB of pointers for 16 KiB of the heap. */
const PAGE_UNITS = 256;

/**
 * The used blocks by where they start. A `Map` would be slow here: its buckets keep what was deleted until it grows, and an address that is
 * given and freed again and again, as those of small results are, fills one bucket.
 */
class UsedBlocks {
  readonly #pages: (Block | undefined)[][] = [];

  at(unit: number): Block | undefined {
    return this.#pages[Math.floor(unit / PAGE_UNITS)]?.[unit % PAGE_UNITS];
  }
  add(block: Block): void {
    const index = Math.floor(block.start / PAGE_UNITS);
    while (this.#pages.length <= index) this.#pages.push(NO_BLOCKS);
    if (this.#pages[index] === NO_BLOCKS) this.#pages[index] = new Array<Block | undefined>(PAGE_UNITS).fill(undefined);
    this.#pages[index][block.start % PAGE_UNITS] = block;
  }
  remove(block: Block): void {
    this.#pages[Math.floor(block.start / PAGE_UNITS)][block.start % PAGE_UNITS] = undefined;
  }
}
const NO_BLOCKS: (Block | undefined)[] = [];

/** The free blocks by class. */
class FreeLists {
  readonly #heads: (Block | undefined)[] = [];
  /** One bit a class. The classes of all sizes up to 4 GiB fill less than 32 words, and `#words` has a bit for each. */
  readonly #bits = new Int32Array(32);
  #words = 0;

  add(block: Block): void {
    const index = classOf(block.size);
    const head = this.#heads[index];
    block.free = true;
    block.previous = undefined;
    block.next = head;
    if (head !== undefined) head.previous = block;
    this.#heads[index] = block;
    this.#bits[index >>> 5] |= 1 << (index & 31);
    this.#words |= 1 << (index >>> 5);
  }
  remove(block: Block): void {
    const { previous, next } = block;
    block.free = false;
    if (next !== undefined) next.previous = previous;
    if (previous !== undefined) {
      previous.next = next;
      return;
    }
    const index = classOf(block.size);
    this.#heads[index] = next;
    if (next !== undefined) return;
    const word = index >>> 5;
    this.#bits[word] &= ~(1 << (index & 31));
    if (this.#bits[word] === 0) this.#words &= ~(1 << word);
  }
  /** A block of the first class with any, from that of `size` on; `size` is the least of its class. */
  find(size: number): Block | undefined {
    const index = classOf(size);
    const word = index >>> 5;
    const here = this.#bits[word] & (-1 << (index & 31));
    if (here !== 0) return this.#heads[word * 32 + lowestBit(here)];
    const longer = this.#words & (-1 << (word + 1));
    if (longer === 0) return undefined;
    const found = lowestBit(longer);
    return this.#heads[found * 32 + lowestBit(this.#bits[found])];
  }
}

class OwnHeap implements Heap {
  readonly memory = new WebAssembly.Memory({ initial: FIRST_PAGES });
  readonly #free = new FreeLists();
  readonly #used = new UsedBlocks();
  readonly #mostPages: number;
  #last: Block | undefined;

  constructor(mostBytes: number) {
    this.#mostPages = Math.floor(mostBytes / PAGE);
    // The first unit is never given: address 0 means that there is no memory.
    this.#extend(1, FIRST_PAGES * (PAGE / UNIT) - 1);
  }

  malloc(bytes: number): number {
    const size = roundUp(Math.max(1, Math.ceil(bytes / UNIT)));
    let block = this.#free.find(size);
    if (block === undefined) {
      if (!this.#grow(size)) return 0;
      block = this.#last as Block;
    }
    this.#free.remove(block);
    if (block.size > size) this.#split(block, size);
    this.#used.add(block);
    return block.start * UNIT;
  }

  free(address: number): void {
    let block = this.#used.at(address / UNIT);
    if (block === undefined) {
      throw new InvariantError({ where: "heap", what: "freed memory that was not given", got: `address ${address}` });
    }
    this.#used.remove(block);
    const { before, after } = block;
    if (after?.free === true) {
      this.#free.remove(after);
      this.#absorb(block, after);
    }
    if (before?.free === true) {
      this.#free.remove(before);
      this.#absorb(before, block);
      block = before;
    }
    this.#free.add(block);
  }

  #split(block: Block, size: number): void {
    const rest = this.#block(block.start + size, block.size - size, block, block.after);
    if (block.after === undefined) this.#last = rest;
    else block.after.before = rest;
    block.after = rest;
    block.size = size;
    this.#free.add(rest);
  }
  #absorb(block: Block, after: Block): void {
    block.size += after.size;
    block.after = after.after;
    if (after.after === undefined) this.#last = block;
    else after.after.before = block;
  }
  #block(start: number, size: number, before: Block | undefined, after: Block | undefined): Block {
    return { start, size, free: false, before, after, previous: undefined, next: undefined };
  }
  /** A free block at the end of the memory, joined with a free one before it. */
  #extend(start: number, size: number): void {
    const last = this.#last;
    if (last?.free === true) {
      this.#free.remove(last);
      last.size += size;
      this.#free.add(last);
      return;
    }
    const block = this.#block(start, size, last, undefined);
    if (last !== undefined) last.after = block;
    this.#last = block;
    this.#free.add(block);
  }
  /** Until the last block has `size`, and by an eighth of the memory where that goes, so that it seldom grows. */
  #grow(size: number): boolean {
    const had = this.memory.buffer.byteLength / PAGE;
    const last = this.#last as Block;
    const needed = Math.ceil(((size - (last.free ? last.size : 0)) * UNIT) / PAGE);
    const ample = Math.min(Math.max(needed, Math.ceil(had / 8)), this.#mostPages - had);
    for (const pages of ample > needed ? [ample, needed] : [needed]) {
      if (had + pages > this.#mostPages || !this.#growBy(pages)) continue;
      this.#extend((had * PAGE) / UNIT, (pages * PAGE) / UNIT);
      return true;
    }
    return false;
  }
  #growBy(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false; // The engine has no more; what there is stays.
    }
  }
}

/** A new heap with a separate memory, which grows to `mostBytes`; a multiple of 64 KiB, 16 MiB at least, 4 GiB by default. */
export const ownHeap = (mostBytes = MAX_PAGES * PAGE): Heap => new OwnHeap(mostBytes);

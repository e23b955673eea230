/**
 * @file Memory for results, used again.
 *
 * A buffer that nothing reads any more, as a donated one after its call, is kept for later results of all programs. It is kept weakly: a
 * training loop finds its buffers again at every step, and the collector takes back what is idle.
 */

/** Smaller ones are cheaper to make than to look for. */
const SMALLEST = 1024;
/** A resizable buffer has its own pages, so that the system has them back when it goes; others leave holes in the heap of the process. */
const MAPPED = 2 ** 16;
type Resizable = new (bytes: number, options: { readonly maxByteLength: number }) => ArrayBuffer;

/** How much larger than needed a buffer may be, so that programs for other lengths find it too. */
const SLACK = 2;

export class Pool {
  /** Ascending by size. */
  readonly #free: { readonly bytes: number; readonly ref: WeakRef<ArrayBufferLike> }[] = [];
  /** Buffers that no one else views, so that the pool may reuse them. */
  readonly #own = new WeakSet<ArrayBufferLike>();

  /** A buffer of `bytes` or somewhat more, with anything in it. */
  take(bytes: number): ArrayBufferLike {
    if (bytes < SMALLEST) return new ArrayBuffer(bytes);
    const at = this.#from(bytes);
    while (at < this.#free.length && this.#free[at].bytes <= SLACK * bytes) {
      const [{ ref }] = this.#free.splice(at, 1);
      const buffer = ref.deref();
      if (buffer !== undefined) return buffer;
    }
    this.#forgetCollected();
    const made =
      bytes < MAPPED
        ? new ArrayBuffer(bytes)
        : new (ArrayBuffer as unknown as Resizable)(bytes, { maxByteLength: bytes });
    this.#own.add(made);
    return made;
  }

  /** Takes back a buffer that nothing reads any more. */
  give(buffer: ArrayBufferLike): void {
    if (!this.#own.has(buffer)) return;
    const bytes = buffer.byteLength;
    this.#free.splice(this.#from(bytes), 0, { bytes, ref: new WeakRef(buffer) });
  }

  #forgetCollected(): void {
    const left = this.#free.filter(({ ref }) => ref.deref() !== undefined);
    if (left.length < this.#free.length) this.#free.splice(0, this.#free.length, ...left);
  }

  /** The first place at which buffers have `bytes` and more. */
  #from(bytes: number): number {
    let [low, high] = [0, this.#free.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#free[middle].bytes < bytes) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * @file Float32 matrix products on a WebAssembly heap: any strides, two batch dimensions.
 *
 * It works in place on somebody else's linear memory (that of the TensorFlow.js wasm backend), because that backend runs
 * transposed and batched products, which are what backward passes and attention consist of, by a plain loop.
 *
 * **Order of summation.** k is cut into blocks of `K_BLOCK`. Inside a block the products are added one after the other in the
 * order of k, starting from +0, each product and each sum rounded to float32 (never fused); the sums of the blocks are then added in order.
 * So the bits of C[i, j] depend only on row i of A and column j of B: not on the machine, the layout, the batch, or the
 * other rows and columns. Nothing is skipped: 0 * inf gives NaN.
 */
import { ArgumentError, BackendError, UseAfterDisposeError } from "../../core/errors.js";
import { instantiate } from "./assembler.js";
import { type GemmExports, gemmModule, MR, NR, TILE_BYTES } from "./gemm-module.js";

/** The heap to work on. Its memory may grow between calls. */
export interface Heap {
  readonly memory: WebAssembly.Memory;
  /** Address of that many bytes, 0 where there are none left. A signed result is read as unsigned. */
  malloc(bytes: number): number;
  free(ptr: number): void;
}

/** A strided matrix: `ptr` is a byte address, a multiple of 4; strides count elements. */
export interface Matrix {
  readonly ptr: number;
  readonly rowStride: number;
  readonly colStride: number;
}

/** Strides of the outer and the inner batch dimension, in elements; 0 repeats one matrix. */
export type BatchStride = readonly [outer: number, inner: number];

export interface BatchedMatrix extends Matrix {
  readonly batchStride: BatchStride;
}

/** Where the result goes; its columns are contiguous. It must not overlap A or B. */
export interface Result {
  readonly ptr: number;
  readonly rowStride: number;
  readonly batchStride: BatchStride;
}

/** One call: `C[s, t] = A[s, t] . B[s, t]` with A of m x k and B of k x n. */
export interface Product {
  readonly batch: readonly [outer: number, inner: number];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: BatchedMatrix;
  /** A packed B is the same one for the whole batch. */
  readonly b: BatchedMatrix | PackedB;
  readonly c: Result;
}

/** A right-hand side in the micro kernel's order, for weights that do not change. It is a copy: free it with `dispose`. */
export interface PackedB {
  readonly packed: true;
  readonly ptr: number;
  readonly k: number;
  readonly n: number;
  readonly bytes: number;
  readonly disposed: boolean;
  dispose(): void;
}

export interface Gemm {
  /**
   * Computes one product; C is overwritten. k = 0 gives zeros; nothing happens where m, n or a batch size is 0. Addresses are not
   * checked against the tensors they belong to: wrong strides write into other tensors.
   *
   * @throws {ArgumentError} when a size is not a non-negative integer, or a packed B has other sizes
   * @example
   * // [B,T,h,d] queries times keys to [B,h,T,T], without a transposed copy
   * gemm.run({
   *   batch: [B, h], m: T, n: T, k: d,
   *   a: { ptr: q, batchStride: [T * h * d, d], rowStride: h * d, colStride: 1 },
   *   b: { ptr: key, batchStride: [T * h * d, d], rowStride: 1, colStride: h * d },
   *   c: { ptr: scores, batchStride: [h * T * T, T * T], rowStride: T },
   * });
   */
  run(product: Product): void;
  /** Packs a k x n matrix once, so that no product has to. */
  packB(k: number, n: number, b: Matrix): PackedB;
  /** Bytes of the heap held for packing, whatever the sizes of the products. */
  readonly scratchBytes: number;
  /** Bytes of the heap held by packed matrices that are not disposed. */
  readonly packedBytes: number;
  /** Frees the scratch memory; the object is of no use afterwards. */
  dispose(): void;
}

/** Rows of a panel of B: 256 x 8 floats are 8 KiB and stay in the first-level cache. A part of what results mean: see above. */
export const K_BLOCK = 256;
/** Columns of B packed at once: 256 KiB, which with the block of A stay in a second-level cache of 512 KiB. */
const N_BLOCK = 256;
/** Rows of A against one packed block of B: 128 KiB. */
const M_BLOCK = 128;
/** Up to this many rows it does not pay to pack a B whose columns are contiguous. */
const DIRECT_ROWS = 16;
/** From this many columns on it pays to pack an A whose rows are contiguous, since panels of it are read again and again. */
const PACK_A_COLUMNS = 64;

const FLOAT = 4;
const ALIGNMENT = 64;
const A_BYTES = FLOAT * M_BLOCK * K_BLOCK;
const B_BYTES = FLOAT * N_BLOCK * K_BLOCK;
const SCRATCH_BYTES = A_BYTES + B_BYTES + TILE_BYTES + ALIGNMENT;

const roundUp = (x: number, unit: number): number => Math.ceil(x / unit) * unit;

const requireSize = (what: string, value: number): void => {
  if (Number.isInteger(value) && value >= 0) return;
  throw new ArgumentError({
    where: "gemm",
    what: `${what} is not a size`,
    expected: "an integer, 0 or more",
    got: `${value}`,
  });
};

const allocate = (heap: Heap, bytes: number): { readonly ptr: number; readonly aligned: number } => {
  const ptr = heap.malloc(bytes) >>> 0;
  if (ptr === 0) {
    throw new BackendError({
      where: "gemm",
      what: "no memory left on the WebAssembly heap",
      expected: `${bytes} bytes`,
      hint: "dispose of tensors that are not needed, or use smaller batches",
    });
  }
  return { ptr, aligned: roundUp(ptr, ALIGNMENT) };
};

/**
 * Makes a matrix product that works on `heap`.
 *
 * @throws {BackendError} when the heap has no room for its scratch memory (385 KiB)
 */
export const createGemm = (heap: Heap): Gemm => {
  const wasm = instantiate<GemmExports>(gemmModule(), heap.memory);
  const scratch = allocate(heap, SCRATCH_BYTES);
  const scratchA = scratch.aligned;
  const scratchB = scratchA + A_BYTES;
  const tile = scratchB + B_BYTES;
  let packedBytes = 0;

  /** Rows [i, i + m) and k [p, p + k) of A against a block of B that is ready to read. */
  const block = (
    m: number,
    n: number,
    k: number,
    aPtr: number,
    a: Matrix,
    bPtr: number,
    bStep: number,
    bPanel: number,
    cPtr: number,
    cRow: number,
    accumulate: number,
  ): void => {
    const row = FLOAT * a.rowStride;
    const step = FLOAT * a.colStride;
    if (a.colStride === 1) {
      wasm.rows(aPtr, row, step, MR * row, bPtr, bStep, bPanel, cPtr, cRow, m, n, k, accumulate, tile);
    } else if (a.rowStride === 1 && n < PACK_A_COLUMNS) {
      wasm.lanes(aPtr, row, step, MR * row, bPtr, bStep, bPanel, cPtr, cRow, m, n, k, accumulate, tile);
    } else {
      wasm.packA(aPtr, step, row, k, m, scratchA);
      const [packedRow, packedStep, group] = [FLOAT, FLOAT * MR, FLOAT * MR * k];
      wasm.lanes(scratchA, packedRow, packedStep, group, bPtr, bStep, bPanel, cPtr, cRow, m, n, k, accumulate, tile);
    }
  };

  /** All rows of A, cut into blocks. */
  const rowBlocks = (
    m: number,
    n: number,
    k: number,
    aPtr: number,
    a: Matrix,
    bPtr: number,
    bStep: number,
    bPanel: number,
    cPtr: number,
    cRow: number,
    accumulate: number,
  ): void => {
    for (let i = 0; i < m; i += M_BLOCK) {
      const rows = Math.min(M_BLOCK, m - i);
      const aAt = aPtr + FLOAT * i * a.rowStride;
      block(rows, n, k, aAt, a, bPtr, bStep, bPanel, cPtr + i * cRow, cRow, accumulate);
    }
  };

  const product = (m: number, n: number, k: number, a: Matrix, b: Matrix | PackedB, c: Result): void => {
    const cRow = FLOAT * c.rowStride;
    for (let j = 0; j < n; j += N_BLOCK) {
      const cols = Math.min(N_BLOCK, n - j);
      for (let p = 0; p < k; p += K_BLOCK) {
        const depth = Math.min(K_BLOCK, k - p);
        const accumulate = p === 0 ? 0 : 1;
        const aAt = a.ptr + FLOAT * p * a.colStride;
        const cAt = c.ptr + FLOAT * j;
        const panel = FLOAT * NR * depth;
        if ("packed" in b) {
          const at = b.ptr + FLOAT * (p * roundUp(n, NR) + j * depth);
          rowBlocks(m, cols, depth, aAt, a, at, FLOAT * NR, panel, cAt, cRow, accumulate);
          continue;
        }
        const step = FLOAT * b.rowStride;
        const at = b.ptr + FLOAT * (p * b.rowStride + j * b.colStride);
        const direct = b.colStride === 1 && m <= DIRECT_ROWS ? cols - (cols % NR) : 0;
        if (direct > 0) rowBlocks(m, direct, depth, aAt, a, at, step, FLOAT * NR, cAt, cRow, accumulate);
        if (direct === cols) continue;
        const rest = at + FLOAT * direct * b.colStride;
        wasm.packB(rest, step, FLOAT * b.colStride, depth, cols - direct, scratchB);
        rowBlocks(m, cols - direct, depth, aAt, a, scratchB, FLOAT * NR, panel, cAt + FLOAT * direct, cRow, accumulate);
      }
    }
  };

  const clear = (m: number, n: number, c: Result): void => {
    for (let i = 0; i < m; i++) new Float32Array(heap.memory.buffer, c.ptr + FLOAT * i * c.rowStride, n).fill(0);
  };

  const one = (m: number, n: number, k: number, a: Matrix, b: Matrix | PackedB, c: Result): void => {
    if (k === 0) clear(m, n, c);
    else if (n === 1 && c.rowStride === 1 && !("packed" in b)) {
      // A column is a row of the transposed product, which has panels to fill; the products commute, so the bits are the same.
      product(1, m, k, transposed(b), transposed(a), c);
    } else product(m, n, k, a, b, c);
  };

  return {
    scratchBytes: SCRATCH_BYTES,
    get packedBytes() {
      return packedBytes;
    },
    run(spec) {
      const { m, n, k, batch, a, b, c } = spec;
      const [outer, inner] = batch;
      for (const [what, size] of [
        ["m", m],
        ["n", n],
        ["k", k],
        ["batch", outer],
        ["batch", inner],
      ] as const) {
        requireSize(what, size);
      }
      if ("packed" in b) requirePacked(b, k, n);
      if (m === 0 || n === 0) return;
      const bStride: BatchStride = "packed" in b ? [0, 0] : b.batchStride;
      for (let s = 0; s < outer; s++) {
        for (let t = 0; t < inner; t++) {
          const shift = (stride: BatchStride): number => FLOAT * (s * stride[0] + t * stride[1]);
          const bAt = "packed" in b ? b : { ...b, ptr: b.ptr + shift(bStride) };
          one(m, n, k, { ...a, ptr: a.ptr + shift(a.batchStride) }, bAt, { ...c, ptr: c.ptr + shift(c.batchStride) });
        }
      }
    },
    packB(k, n, b) {
      requireSize("k", k);
      requireSize("n", n);
      const bytes = FLOAT * k * roundUp(n, NR) + ALIGNMENT;
      const { ptr, aligned } = allocate(heap, bytes);
      for (let p = 0; p < k && n > 0; p += K_BLOCK) {
        const from = b.ptr + FLOAT * p * b.rowStride;
        const to = aligned + FLOAT * p * roundUp(n, NR);
        wasm.packB(from, FLOAT * b.rowStride, FLOAT * b.colStride, Math.min(K_BLOCK, k - p), n, to);
      }
      packedBytes += bytes;
      let disposed = false;
      return {
        packed: true,
        ptr: aligned,
        k,
        n,
        bytes,
        get disposed() {
          return disposed;
        },
        dispose() {
          if (disposed) return;
          disposed = true;
          packedBytes -= bytes;
          heap.free(ptr);
        },
      };
    },
    dispose() {
      heap.free(scratch.ptr);
    },
  };
};

const transposed = (x: Matrix): Matrix => ({ ptr: x.ptr, rowStride: x.colStride, colStride: x.rowStride });

const requirePacked = (b: PackedB, k: number, n: number): void => {
  if (b.disposed) throw new UseAfterDisposeError({ where: "gemm", what: "the packed matrix was disposed" });
  if (b.k === k && b.n === n) return;
  throw new ArgumentError({
    where: "gemm",
    what: "the packed matrix has other sizes",
    expected: `k = ${k}, n = ${n}`,
    got: `k = ${b.k}, n = ${b.n}`,
  });
};

/**
 * @file Float32 matrix products on a WebAssembly heap: any strides, two batch dimensions.
 *
 * It works in place, in any layout: TensorFlow.js's own runs transposed and batched products, which are what backward passes and
 * attention consist of, by a plain loop.
 *
 * **Order of summation.** k is cut into blocks of `K_BLOCK`. Inside a block the products are added one after the other in the
 * order of k, starting from +0, each product and each sum rounded to float32 (never fused); the sums of the blocks are then added in order.
 * So the bits of C[i, j] depend only on row i of A and column j of B: not on the machine, the layout, the batch, or the
 * other rows and columns. Nothing is skipped: 0 * inf gives NaN.
 */

import { allocateOn, type Heap } from "../heap.js";
import type { Read } from "./gemm-batch.js";
import { gemmExports, MR, NR, TILE_BYTES } from "./gemm-module.js";
import {
  type BatchedStrides,
  type Gemm,
  type Layout,
  type PreparedProduct,
  requireSize,
  requireSizes,
  type Strides,
  turned,
} from "./gemm-product.js";

export type { BatchedMatrix, BatchStride, Gemm, Matrix, PackedB, Product, Result } from "./gemm-product.js";

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
const NO_STRIDE = [0, 0] as const;
const ALIGNMENT = 64;
const A_BYTES = FLOAT * M_BLOCK * K_BLOCK;
const B_BYTES = FLOAT * N_BLOCK * K_BLOCK;
const SCRATCH_BYTES = A_BYTES + B_BYTES + TILE_BYTES + ALIGNMENT;

const roundUp = (x: number, unit: number): number => Math.ceil(x / unit) * unit;

const allocate = (heap: Heap, bytes: number): { readonly ptr: number; readonly aligned: number } => {
  const ptr = allocateOn(heap, bytes, "gemm");
  return { ptr, aligned: roundUp(ptr, ALIGNMENT) };
};

/**
 * Makes a matrix product that works on `heap`.
 *
 * @throws {BackendError} when the heap has no room for its scratch memory (385 KiB)
 */
export const createGemm = (heap: Heap): Gemm => {
  const wasm = gemmExports(heap.memory);
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
    a: Strides,
    bPtr: number,
    bStep: number,
    bPanel: number,
    cPtr: number,
    cRow: number,
    accumulate: number,
  ): void => {
    const row = FLOAT * a.rowStride;
    const step = FLOAT * a.colStride;
    const read = readOf(a, n);
    if (read === "rows") {
      wasm.rows(aPtr, row, step, MR * row, bPtr, bStep, bPanel, cPtr, cRow, m, n, k, accumulate, tile);
    } else if (read === "lanes") {
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
    a: Strides,
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

  /** One product. The addresses are apart from the strides, since nothing is to be made anew for each of many small products. */
  const product = (layout: Layout, aPtr: number, bPtr: number, cPtr: number): void => {
    const { m, n, k, a, b, c } = layout;
    const cRow = FLOAT * c.rowStride;
    for (let j = 0; j < n; j += N_BLOCK) {
      const cols = Math.min(N_BLOCK, n - j);
      for (let p = 0; p < k; p += K_BLOCK) {
        const depth = Math.min(K_BLOCK, k - p);
        const accumulate = p === 0 ? 0 : 1;
        const aAt = aPtr + FLOAT * p * a.colStride;
        const cAt = cPtr + FLOAT * j;
        const panel = FLOAT * NR * depth;
        if ("packed" in b) {
          const at = bPtr + FLOAT * (p * roundUp(n, NR) + j * depth);
          rowBlocks(m, cols, depth, aAt, a, at, FLOAT * NR, panel, cAt, cRow, accumulate);
          continue;
        }
        const step = FLOAT * b.rowStride;
        const at = bPtr + FLOAT * (p * b.rowStride + j * b.colStride);
        const direct = b.colStride === 1 && m <= DIRECT_ROWS ? cols - (cols % NR) : 0;
        if (direct > 0) rowBlocks(m, direct, depth, aAt, a, at, step, FLOAT * NR, cAt, cRow, accumulate);
        if (direct === cols) continue;
        const rest = at + FLOAT * direct * b.colStride;
        wasm.packB(rest, step, FLOAT * b.colStride, depth, cols - direct, scratchB);
        rowBlocks(m, cols - direct, depth, aAt, a, scratchB, FLOAT * NR, panel, cAt + FLOAT * direct, cRow, accumulate);
      }
    }
  };

  const clear = ({ m, n, c }: Layout, cPtr: number): void => {
    for (let i = 0; i < m; i++) new Float32Array(heap.memory.buffer, cPtr + FLOAT * i * c.rowStride, n).fill(0);
  };

  /** The inner batch in one call, where each product fits one block and B is not packed. */
  const innerBatch = (layout: Layout, b: BatchedStrides, aAt: number, bAt: number, cAt: number): void => {
    const { batch, m, n, k, a, c } = layout;
    const direct = b.colStride === 1 && m <= DIRECT_ROWS && n % NR === 0;
    const run = (direct ? wasm.directBatches : wasm.batches)[readOf(a, n)];
    const [aNext, bNext, cNext] = [FLOAT * a.batchStride[1], FLOAT * b.batchStride[1], FLOAT * c.batchStride[1]];
    const [aRow, aStep, bRow, bCol] = [
      FLOAT * a.rowStride,
      FLOAT * a.colStride,
      FLOAT * b.rowStride,
      FLOAT * b.colStride,
    ];
    const cRow = FLOAT * c.rowStride;
    run(batch[1], aNext, bNext, cNext, aAt, aRow, aStep, bAt, bRow, bCol, cAt, cRow, m, n, k, scratchA, scratchB, tile);
  };

  /** All products of a batch. */
  const whole = (layout: Layout, aPtr: number, bPtr: number, cPtr: number): void => {
    const { m, n, k, a, b, c, batch } = layout;
    if (m === 0 || n === 0) return;
    const [outer, inner] = batch;
    const small = inner > 1 && k > 0 && k <= K_BLOCK && m <= M_BLOCK && n <= N_BLOCK;
    const bStride = "packed" in b ? NO_STRIDE : b.batchStride;
    for (let s = 0; s < outer; s++) {
      const aOuter = aPtr + FLOAT * s * a.batchStride[0];
      const bOuter = bPtr + FLOAT * s * bStride[0];
      const cOuter = cPtr + FLOAT * s * c.batchStride[0];
      if (small && !("packed" in b)) {
        innerBatch(layout, b, aOuter, bOuter, cOuter);
        continue;
      }
      for (let t = 0; t < inner; t++) {
        const cAt = cOuter + FLOAT * t * c.batchStride[1];
        if (k === 0) clear(layout, cAt);
        else product(layout, aOuter + FLOAT * t * a.batchStride[1], bOuter + FLOAT * t * bStride[1], cAt);
      }
    }
  };

  const prepare = (layout: Layout): PreparedProduct => {
    requireSizes(layout);
    const row = turned(layout);
    if (row !== undefined) return (a, b, c) => whole(row, b, a, c);
    return (a, b, c) => whole(layout, a, b, c);
  };

  return {
    scratchBytes: SCRATCH_BYTES,
    get packedBytes() {
      return packedBytes;
    },
    prepare,
    run: (spec) => prepare(spec)(spec.a.ptr, spec.b.ptr, spec.c.ptr),
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

/** How a block of A is read best, against so many columns of B. */
const readOf = (a: Strides, n: number): Read => {
  if (a.colStride === 1) return "rows";
  return a.rowStride === 1 && n < PACK_A_COLUMNS ? "lanes" : "packed";
};

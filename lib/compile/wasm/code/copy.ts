/**
 * @file Strided copies on a WebAssembly heap: transpose, slice, broadcast, reverse, concatenate and pad in one function.
 *
 * A copy is described by one shape and two lists of strides. Dimensions that are contiguous in both arrays are joined first; what
 * remains picks the loop. Elements are 4 bytes and are moved as bits, so int32 and the payload of a NaN arrive unchanged.
 */
import { ArgumentError } from "../../../core/errors.js";
import { instantiate, ModuleBuilder } from "./assembler.js";
import { addCopyLoops, type CopyExports, type CopyLoop } from "./copy-module.js";

/** A strided array: `ptr` is a byte address, strides count elements and may be 0 or negative. */
export interface Strided {
  readonly ptr: number;
  readonly strides: readonly number[];
}

/** Copies the elements of `src` to those of `dst`, both seen with `shape`. The two must not overlap; no rank limit. */
export type StridedCopy = (shape: readonly number[], src: Strided, dst: Strided) => void;

interface Dim {
  readonly size: number;
  readonly s: number;
  readonly d: number;
}

const ELEMENT = 4;
/** Dimensions the generated loops have; the others are walked from here. */
const LOOP_RANK = 4;
/** Columns of a transposed plane done at a time: the cache lines they are read from stay in the first-level cache. */
const TRANSPOSE_COLUMNS = 32;
const ONE: Dim = { size: 1, s: 0, d: 0 };

/** Strides in bytes, without dimensions of size 1, and with neighbours joined where one loop can do both. */
const joinDims = (shape: readonly number[], src: Strided, dst: Strided): Dim[] => {
  const dims: Dim[] = [];
  for (let i = 0; i < shape.length; i++) {
    const dim: Dim = {
      size: shape[i] as number,
      s: ELEMENT * (src.strides[i] as number),
      d: ELEMENT * (dst.strides[i] as number),
    };
    if (dim.size === 1) continue;
    const last = dims.at(-1);
    if (last !== undefined && last.s === dim.size * dim.s && last.d === dim.size * dim.d) {
      dims[dims.length - 1] = { size: last.size * dim.size, s: dim.s, d: dim.d };
    } else dims.push(dim);
  }
  return dims;
};

const without = (dims: readonly Dim[], ...gone: readonly (Dim | undefined)[]): Dim[] =>
  dims.filter((dim) => !gone.includes(dim));

/**
 * Makes the copy function of a memory, which may grow afterwards.
 *
 * @throws {ArgumentError} (the function it returns) when not one stride per dimension
 * @example
 * // the transpose of an m x n matrix
 * createStridedCopy(memory)([n, m], { ptr: x, strides: [1, n] }, { ptr: y, strides: [m, 1] });
 */
export const createStridedCopy = (memory: WebAssembly.Memory): StridedCopy => {
  const module = new ModuleBuilder();
  addCopyLoops(module);
  const wasm = instantiate<CopyExports>(module, memory);

  /** `outer` are walked here as far as the loop has no room for them; the loop does the rest. */
  const walk = (loop: CopyLoop, outer: readonly Dim[], plane: readonly [Dim, Dim], src: number, dst: number): void => {
    if (outer.length > LOOP_RANK - 2) {
      const [first, ...rest] = outer as [Dim, ...Dim[]];
      for (let i = 0; i < first.size; i++) walk(loop, rest, plane, src + i * first.s, dst + i * first.d);
      return;
    }
    const [x, y] = [ONE, ONE, ...outer].slice(-2) as [Dim, Dim];
    const [z, w] = plane;
    loop(src, dst, x.size, y.size, z.size, w.size, x.s, y.s, z.s, w.s, x.d, y.d, z.d, w.d);
  };

  return (shape, src, dst) => {
    if (src.strides.length !== shape.length || dst.strides.length !== shape.length) {
      throw new ArgumentError({
        where: "strided copy",
        what: "not one stride per dimension",
        expected: `${shape.length} strides`,
        got: `${src.strides.length} and ${dst.strides.length}`,
      });
    }
    if (shape.includes(0)) return;
    const dims = joinDims(shape, src, dst);
    // The destination decides the order: writes that are close together come together.
    dims.sort((x, y) => Math.abs(y.d) - Math.abs(x.d));
    const inner = dims.at(-1) ?? ONE;
    const along = inner.d === ELEMENT ? dims.find((dim) => dim.s === ELEMENT && dim !== inner) : undefined;
    if (inner.d === ELEMENT && (inner.s === ELEMENT || inner.s === 0)) {
      const row = without(dims, inner).at(-1);
      const loop = inner.s === 0 ? wasm.copyFill : wasm.copyRows;
      walk(loop, without(dims, inner, row), [row ?? ONE, inner], src.ptr, dst.ptr);
    } else if (along !== undefined) {
      for (let j = 0; j < inner.size; j += TRANSPOSE_COLUMNS) {
        const columns = { ...inner, size: Math.min(TRANSPOSE_COLUMNS, inner.size - j) };
        walk(
          wasm.copyTransposed,
          without(dims, inner, along),
          [along, columns],
          src.ptr + j * inner.s,
          dst.ptr + j * inner.d,
        );
      }
    } else {
      const row = without(dims, inner).at(-1);
      walk(wasm.copyAny, without(dims, inner, row), [row ?? ONE, inner], src.ptr, dst.ptr);
    }
  };
};

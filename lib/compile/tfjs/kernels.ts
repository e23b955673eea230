/**
 * @file Lowerings to kernels of TensorFlow.js, for backends without a WebAssembly heap.
 *
 * Only what is trusted goes to a kernel; see `faults.ts`.
 */
import { sameShape, sizeOf } from "../../core/aval.js";
import { type DotDims, freeAxes } from "../../primitives/dot.js";
import type { Info, KernelName } from "../blocks/backend.js";
import type { Lowering } from "../blocks/context.js";
import type { Block, BlockDevice } from "../blocks/device.js";
import { trusts } from "./faults.js";

/** Calls a kernel with the tensors of blocks, each under the shape of its block. */
const withTensors = (device: BlockDevice, blocks: readonly Block[], call: (infos: readonly Info[]) => Info): Info => {
  const { backend } = device;
  const made: Info[] = [];
  try {
    return call(
      blocks.map(({ info, storage }) => {
        if (backend.reshapesFreely || sameShape(info.shape, storage.info.shape)) return info;
        const copy = backend.kernel("Reshape")({ x: storage.info }, { shape: info.shape });
        made.push(copy);
        return copy;
      }),
    );
  } finally {
    for (const info of made) backend.release(info);
  }
};

/** A kernel of the backend with inputs named a and b. */
export const binary =
  (name: KernelName): Lowering =>
  ({ device }, equation) => {
    if (!trusts(equation)) return undefined;
    const kernel = device.backend.kernel(name);
    const { dtype } = equation.outAvals[0];
    return ([a, b]) => [
      device.adopt(
        withTensors(device, [a, b], ([p, q]) => kernel({ a: p, b: q })),
        dtype,
      ),
    ];
  };

/** A kernel of the backend with an input named x. */
export const unary =
  (name: KernelName): Lowering =>
  ({ device }, equation) => {
    if (!trusts(equation)) return undefined;
    const kernel = device.backend.kernel(name);
    const { dtype } = equation.outAvals[0];
    return ([x]) => [
      device.adopt(
        withTensors(device, [x], ([p]) => kernel({ x: p })),
        dtype,
      ),
    ];
  };

/** Small integer powers as products: `x * x`, `x * x * x`. */
export const integerPow: Lowering = ({ device }, equation) => {
  const exponent = equation.params.exponent as number;
  if ((exponent !== 2 && exponent !== 3) || !trusts(equation)) return undefined;
  const kernel = device.backend.kernel("Multiply");
  const multiply = (x: Block, y: Block): Block =>
    device.adopt(
      withTensors(device, [x, y], ([a, b]) => kernel({ a, b })),
      x.dtype,
    );
  return ([x]) => {
    const square = multiply(x, x);
    if (exponent === 2) return [square];
    try {
      return [multiply(square, x)];
    } finally {
      device.free(square);
    }
  };
};

export const transpose: Lowering = ({ device }, equation) => {
  if (!trusts(equation)) return undefined;
  const kernel = device.backend.kernel("Transpose");
  const perm = equation.params.perm as readonly number[];
  return ([x]) => [
    device.adopt(
      withTensors(device, [x], ([p]) => kernel({ x: p }, { perm })),
      x.dtype,
    ),
  ];
};

/** Axes in another order, and then as `[batch, rows, columns]`. */
const canonical = (device: BlockDevice, block: Block, order: readonly number[], shape: readonly number[]): Block => {
  const moved = order.every((axis, i) => axis === i)
    ? device.reshaped(block, block.info.shape)
    : device.adopt(
        withTensors(device, [block], ([x]) => device.backend.kernel("Transpose")({ x }, { perm: order })),
        block.dtype,
      );
  try {
    return device.reshaped(moved, shape);
  } finally {
    device.free(moved);
  }
};

/** dotGeneral as `[batch, m, k] . [batch, k, n]`. */
export const matMul: Lowering = ({ device }, equation) => {
  if (!trusts(equation)) return undefined;
  const {
    inAvals: [x, y],
    outAvals: [out],
  } = equation;
  const d = equation.params as unknown as DotDims;
  const free = freeAxes(x, y, d);
  const sizes = (shape: readonly number[], axes: readonly number[]): number => sizeOf(axes.map((a) => shape[a]));
  const batch = sizes(x.shape, d.lhsBatch);
  const [m, n, k] = [sizes(x.shape, free.lhs), sizes(y.shape, free.rhs), sizes(x.shape, d.lhsContract)];
  const lhsOrder = [...d.lhsBatch, ...free.lhs, ...d.lhsContract];
  const rhsOrder = [...d.rhsBatch, ...d.rhsContract, ...free.rhs];
  const kernel = device.backend.kernel("BatchMatMul");
  return ([lhs, rhs]) => {
    const a = canonical(device, lhs, lhsOrder, [batch, m, k]);
    const b = canonical(device, rhs, rhsOrder, [batch, k, n]);
    try {
      const product = device.adopt(
        withTensors(device, [a, b], ([p, q]) => kernel({ a: p, b: q }, { transposeA: false, transposeB: false })),
        out.dtype,
      );
      try {
        return [device.reshaped(product, out.shape)];
      } finally {
        device.free(product);
      }
    } finally {
      device.free(a);
      device.free(b);
    }
  };
};

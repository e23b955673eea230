/** @file Where elements go: one strided copy in WGSL does transposes, slices, pads and the like. */
import { type Shape, sizeOf, stridesOf } from "../../core/aval.js";
import type { Block } from "../blocks/device.js";
import { dotOf, VIEWS, type ViewOf } from "../blocks/views.js";
import type { Rows } from "../executor.js";
import type { GpuContext, GpuLowering } from "./context.js";
import { constant, offset, stored } from "./wgsl.js";

/** A copy between two strided boxes; strides in elements, starts as expressions. */
interface Copy {
  readonly shape: Shape;
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly fromStart?: string;
  readonly toStart?: string;
}

const copyBody = ({ shape, from, to, fromStart = "0", toStart = "0" }: Copy): string =>
  `result[${toStart} + ${offset("i", shape, to)}] = x0[${fromStart} + ${offset("i", shape, from)}];`;

const copyInto = ({ gpu }: GpuContext, copy: Copy, out: Block, source: Block, others: readonly Block[] = []): void =>
  gpu.run(
    { body: copyBody(copy), count: sizeOf(copy.shape) },
    [source, ...others].map((x) => x.info),
    out.info,
  );

/** A primitive whose result is read off the operand in one go. */
const view =
  (viewOf: ViewOf): GpuLowering =>
  (context, { params, inAvals: [x], outAvals: [out] }) => {
    const { from, start = 0 } = viewOf(x.shape, out.shape, params);
    const copy = { shape: out.shape, from, to: stridesOf(out.shape), fromStart: `${start}` };
    return ([block]) => {
      const result = context.device.make(out.shape, out.dtype);
      copyInto(context, copy, result, block);
      return [result];
    };
  };

export const transpose = view(VIEWS.transpose);
export const broadcast = view(VIEWS.broadcast);
export const slice = view(VIEWS.slice);
export const reverse = view(VIEWS.reverse);

export const pad: GpuLowering = (context, { params, inAvals: [x], outAvals: [out] }) => {
  const { device, gpu } = context;
  const own = stridesOf(out.shape);
  const interior = params.interior as readonly number[];
  const copy = {
    shape: x.shape,
    from: stridesOf(x.shape),
    to: own.map((s, i) => s * (interior[i] + 1)),
    toStart: `${dotOf(params.low as readonly number[], own)}`,
  };
  return ([block, value]) => {
    const result = device.make(out.shape, out.dtype);
    gpu.run({ body: "result[i] = x0[0];", count: out.size }, [value.info], result.info);
    copyInto(context, copy, result, block);
    return [result];
  };
};

export const concatenate: GpuLowering = (context, { params, inAvals, outAvals: [out] }) => {
  const axis = params.axis as number;
  const to = stridesOf(out.shape);
  let start = 0;
  const list = inAvals.map(({ shape }) => {
    const copy = { shape, from: stridesOf(shape), to, toStart: `${start * to[axis]}` };
    start += shape[axis];
    return copy;
  });
  return (inputs) => {
    const result = context.device.make(out.shape, out.dtype);
    list.forEach((copy, k) => {
      copyInto(context, copy, result, inputs[k]);
    });
    return [result];
  };
};

export const iota: GpuLowering = ({ device, gpu }, { params, outAvals: [out] }) => {
  const axis = params.axis as number;
  const place = offset(
    "i",
    out.shape,
    out.shape.map((_, a) => (a === axis ? 1 : 0)),
  );
  const body = `result[i] = ${stored(out.dtype, `${out.dtype === "float32" ? "f32" : out.dtype === "uint32" ? "u32" : "i32"}(${place})`)};`;
  return () => {
    const result = device.make(out.shape, out.dtype);
    gpu.run({ body, count: out.size }, [], result.info);
    return [result];
  };
};

/** An array of one value. */
export const filled = ({ device, gpu }: GpuContext, shape: Shape, dtype: Block["dtype"], value: number): Block => {
  const result = device.make(shape, dtype);
  gpu.run({ body: `result[i] = ${constant(dtype, value)};`, count: sizeOf(shape) }, [], result.info);
  return result;
};

/** The start indices, of which there may be more than a shader can bind, in one array. */
const joined = ({ device, gpu }: GpuContext, starts: readonly Block[]): Block => {
  const result = device.make([starts.length], "int32");
  starts.forEach((start, k) => {
    gpu.run({ body: `result[${k}] = x0[0];`, count: 1 }, [start.info], result.info);
  });
  return result;
};

/** The offset at which a slice of these sizes begins, moved so that it fits; `x1` holds the start indices. */
const startOf = (shape: Shape, sizes: Shape): string => {
  const own = stridesOf(shape);
  const terms = shape.map((n, i) => `clamp(x1[${i}], 0, ${n - sizes[i]}) * ${own[i]}`);
  return `(${["0", ...terms].join(" + ")})`;
};

export const dynamicSlice: GpuLowering = (context, { inAvals: [x], outAvals: [out] }) => {
  const { device } = context;
  const copy = {
    shape: out.shape,
    from: stridesOf(x.shape),
    fromStart: startOf(x.shape, out.shape),
    to: stridesOf(out.shape),
  };
  return ([block, ...starts]) => {
    const where = joined(context, starts);
    try {
      const result = device.make(out.shape, out.dtype);
      copyInto(context, copy, result, block, [where]);
      return [result];
    } finally {
      device.free(where);
    }
  };
};

/** Rows are cut out and put in by shaders that serve every row. */
export const rowsOf = ({ device, gpu }: GpuContext): Rows => ({
  view: (handle, index) => {
    const block = handle as Block;
    const shape = block.info.shape.slice(1);
    const row = device.make(shape, block.dtype);
    const count = sizeOf(shape);
    gpu.run({ body: "result[i] = x0[uniforms.start + i];", count }, [block.info], row.info, index * count);
    return row;
  },
  empty: ({ shape, dtype }) => device.make(shape, dtype),
  write: (stack, index, row) => {
    const { info } = row as Block;
    const count = sizeOf(info.shape);
    gpu.run({ body: "result[uniforms.start + i] = x0[i];", count }, [info], (stack as Block).info, index * count);
  },
});

/** A copy that may be written to. */
export const duplicate = ({ device, gpu }: GpuContext, block: Block): Block => {
  const { shape } = block.info;
  const result = device.make(shape, block.dtype);
  gpu.run({ body: "result[i] = x0[i];", count: sizeOf(shape) }, [block.info], result.info);
  return result;
};

export const dynamicUpdateSlice: GpuLowering = (context, { inAvals: [x, update] }) => {
  const { device } = context;
  const copy = {
    shape: update.shape,
    from: stridesOf(update.shape),
    to: stridesOf(x.shape),
    toStart: startOf(x.shape, update.shape),
  };
  return ([block, change, ...starts]) => {
    const where = joined(context, starts);
    try {
      const result = duplicate(context, block);
      copyInto(context, copy, result, change, [where]);
      return [result];
    } finally {
      device.free(where);
    }
  };
};

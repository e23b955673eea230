/**
 * @file A stand-in for tfjs-node-gpu, whose memory is out of reach and whose kernels take a tensor under the shape that it was made
 * with: the cpu backend, kept at a distance.
 */
import type { Backend, Info } from "../../lib/compile/blocks/backend.js";
import { startBackend } from "../../lib/compile/tfjs/start.js";

export const opaqueBackend = async (): Promise<Backend> => {
  const cpu = await startBackend("cpu");
  const shapes = new WeakMap<object, number[]>();
  const made = (info: Info): Info => {
    shapes.set(info.dataId, info.shape);
    return info;
  };
  return {
    ...cpu,
    name: "opaque",
    inPlace: false,
    reshapesFreely: false,
    make: (shape, dtype, data) => made(cpu.make(shape, dtype, data?.slice())),
    view: (info) => cpu.view(info).slice(),
    kernel: (name) => {
      // The cpu backend's Reshape shares the data; the real one makes a tensor.
      if (name === "Reshape") {
        return ({ x }, attrs) => made(cpu.make(attrs?.shape as number[], x.dtype, cpu.view(x).slice()));
      }
      const kernel = cpu.kernel(name);
      return (inputs, attrs) => {
        const seen = Object.entries(inputs).map(([key, x]) => [key, { ...x, shape: shapes.get(x.dataId) as number[] }]);
        return made(kernel(Object.fromEntries(seen), attrs));
      };
    },
  };
};

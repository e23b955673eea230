import { suite } from "uvu";
import * as assert from "uvu/assert";
import { instantiate, ModuleBuilder } from "../../../../lib/compile/wasm/code/assembler.js";
import { definePack } from "../../../../lib/compile/wasm/code/pack.js";
import { testHeap } from "./heap.js";

const Suite = suite("compile/wasm/code/pack");

Suite("packs every layout into panels, with zeros where the last panel has no lane, and writes nothing else", () => {
  for (const width of [4, 8] as const) {
    const module = new ModuleBuilder();
    definePack(module.func(6, "pack"), width);
    const heap = testHeap();
    const { pack } = instantiate<{ pack: (...args: number[]) => void }>(module, heap.memory);
    for (const k of [1, 3, 4, 7, 8, 13]) {
      for (const lanes of [1, 3, 4, 5, 8, 11, 16, 19]) {
        const layouts = [
          [lanes, 1],
          [1, k],
          [2 * lanes, 2],
        ] as const;
        for (const [kStep, laneStep] of layouts) {
          const source = Float32Array.from({ length: 2 * k * lanes }, (_, i) => i + 1);
          const panels = Math.ceil(lanes / width);
          const size = panels * k * width;
          const dst = heap.put(new Float32Array(size + 1).fill(-1));
          pack(heap.put(source), 4 * kStep, 4 * laneStep, k, lanes, dst);
          const want = Float32Array.from({ length: size + 1 }, (_, at) => {
            const lane = Math.floor(at / (k * width)) * width + (at % width);
            const row = Math.floor(at / width) % k;
            if (at === size) return -1;
            return lane < lanes ? (source[row * kStep + lane * laneStep] as number) : 0;
          });
          assert.equal(
            heap.view(dst, size + 1),
            want,
            `width ${width}, k ${k}, lanes ${lanes}, steps ${kStep} ${laneStep}`,
          );
        }
      }
    }
  }
});

Suite.run();

/**
 * @file Data that this library and TensorFlow.js read in one place of TensorFlow.js's heap.
 *
 * A block owns the memory, and TensorFlow.js is one of its readers: while it has a tensor on a block, a loan holds the block for it.
 * TensorFlow.js counts its tensors as always. Where it would free the memory (the last tensor goes, or the data move to another of its
 * backends), the loan ends, and the memory is freed when no block reads it.
 */
import type { DType, Shape } from "../../core/aval.js";
import { storageType } from "../blocks/backend.js";
import type { Block, BlockDevice } from "../blocks/device.js";
import { arrayAt } from "../wasm/heap-backend.js";
import type { RawWasm } from "./tfjs-heap.js";

/** What is held for TensorFlow.js. */
interface Loan {
  readonly device: BlockDevice;
  readonly block: Block;
}

export class Sharing {
  /** By TensorFlow.js's ids of data. */
  readonly #loans = new WeakMap<object, Loan>();

  constructor(readonly raw: RawWasm) {
    const disposeOwn = raw.disposeData.bind(raw);
    raw.disposeData = (dataId, force = false) => {
      const loan = this.#loans.get(dataId);
      return loan === undefined ? disposeOwn(dataId, force) : this.#return(dataId, loan, force);
    };
  }

  /** One tensor less on a loan; gives whether it has ended. */
  #return(dataId: object, { device, block }: Loan, force: boolean): boolean {
    const { dataIdMap, wasm } = this.raw;
    const data = dataIdMap.get(dataId);
    data.refCount--;
    if (data.refCount > 0 && !force) return false;
    this.#loans.delete(dataId);
    dataIdMap.delete(dataId);
    wasm.tfjs.disposeData(data.id);
    device.free(block);
    return true;
  }

  /** An id of the data of a block, which the loan takes over, for one tensor of TensorFlow.js. */
  lend(device: BlockDevice, block: Block): object {
    const { dataIdMap, wasm } = this.raw;
    const { shape } = block.info;
    const [id, dataId, memoryOffset] = [this.raw.dataIdNextNumber++, {}, device.address(block)];
    dataIdMap.set(dataId, { id, memoryOffset, shape, dtype: storageType(block.dtype), refCount: 1 });
    wasm.tfjs.registerTensor(
      id,
      block.info.shape.reduce((product, n) => product * n, 1),
      memoryOffset,
    );
    this.#loans.set(dataId, { device, block });
    return dataId;
  }

  /** A block on the data of a tensor; undefined where they do not lie on this heap, or another device reads them. */
  borrow(device: BlockDevice, dataId: object, shape: Shape, dtype: DType): Block | undefined {
    const { dataIdMap } = this.raw;
    if (!dataIdMap.has(dataId)) return undefined;
    let loan = this.#loans.get(dataId);
    if (loan === undefined) {
      const info = arrayAt(dataIdMap.get(dataId).memoryOffset, shape, storageType(dtype));
      loan = { device, block: device.adopt(info, dtype) };
      this.#loans.set(dataId, loan);
    }
    return loan.device === device ? device.reshaped(loan.block, shape) : undefined;
  }
}

const sharings = new WeakMap<RawWasm, Sharing>();

/** What is shared with a backend of TensorFlow.js. */
export const sharingWith = (raw: RawWasm): Sharing => {
  const sharing = sharings.get(raw) ?? new Sharing(raw);
  sharings.set(raw, sharing);
  return sharing;
};

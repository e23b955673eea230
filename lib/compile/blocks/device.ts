/** @file The memory of a backend as a device: blocks, which read storages under a shape. */
import { type DType, itemBytes, type Shape, sizeOf } from "../../core/aval.js";
import { DTypeError } from "../../core/errors.js";
import type { HostArray, TypedArray } from "../../core/host.js";
import type { Handle } from "../../core/tensor.js";
import { type AccountedDevice, type DeviceMemory, Ledger, type Rows } from "../executor.js";
import { type Backend, type Info, reinterpret, storageType, type WasmHeap } from "./backend.js";

/** Data and how often it is referred to. */
class Storage {
  refs = 1;
  /** Byte address on a WebAssembly heap, once it was asked for. */
  address: number | undefined;
  constructor(
    readonly info: Info,
    readonly bytes: number,
    /** Where it is a part of other data. */
    readonly whole?: Storage,
  ) {}
}

/** One reader of a storage, under a shape. */
export interface Block {
  readonly storage: Storage;
  readonly info: Info;
  readonly dtype: DType;
  live: boolean;
}

/** Lets go of the memory of an array that will not be used, though others may still hold the array. */
const detach = ({ buffer, byteLength }: TypedArray): void => {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength)
    structuredClone(buffer, { transfer: [buffer] });
};

export class BlockDevice implements AccountedDevice {
  readonly name: string;
  /** Only where results are pending. */
  readonly fetch?: (handle: Handle) => Promise<HostArray>;
  readonly #ledger = new Ledger();
  readonly #unreachable = new FinalizationRegistry<Block>((block) => this.free(block));
  rows?: Rows;
  constructor(readonly backend: Backend) {
    this.name = backend.name;
    const { read, part } = backend;
    if (read !== undefined) {
      this.fetch = async (handle) => {
        const { info, dtype } = handle as Block;
        return { shape: info.shape, dtype, data: reinterpret(await read(info), dtype).slice() };
      };
    }
    if (part === undefined) return;
    this.rows = {
      view: (handle, index) => this.#row(handle as Block, index, part),
      empty: (aval) => this.make(aval.shape, aval.dtype),
      write: (stack, index, row) => {
        const { data } = this.view(row as Block);
        this.view(stack as Block).data.set(data, index * data.length);
      },
    };
  }

  /** Takes over a tensor that a kernel made. */
  adopt(info: Info, dtype: DType): Block {
    const bytes = sizeOf(info.shape) * itemBytes(dtype);
    this.#ledger.add(bytes);
    return { storage: new Storage(info, bytes), info, dtype, live: true };
  }
  /** A new array, filled with `data` or left as it is. */
  make(shape: Shape, dtype: DType, data?: TypedArray): Block {
    if (dtype === "float64") {
      throw new DTypeError({
        where: this.name,
        what: "this backend has no float64",
        expected: "float32, int32, uint32 or bool",
        got: "float64",
        hint: 'np.array(data, "float32") rounds to float32; float64 works on the reference backend only',
      });
    }
    return this.adopt(
      this.backend.make(shape, storageType(dtype), data && reinterpret(data, storageType(dtype))),
      dtype,
    );
  }
  /** The elements in place; valid until the next allocation. */
  view(block: Block): HostArray {
    const data = reinterpret(this.backend.view(block.info), block.dtype);
    return { shape: block.info.shape, dtype: block.dtype, data };
  }
  /** Byte address of the data. Only for backends with a WebAssembly heap. */
  address({ storage }: Block): number {
    storage.address ??= (this.backend.heap as WasmHeap).addressOf(storage.info);
    return storage.address;
  }
  /** Another block on the same data, under another shape. */
  reshaped(block: Block, shape: Shape): Block {
    const { storage, info, dtype } = block;
    storage.refs++;
    this.#ledger.add(0);
    return { storage, info: { dataId: info.dataId, shape: shape.slice(), dtype: info.dtype }, dtype, live: true };
  }
  #row({ storage, info, dtype }: Block, index: number, part: NonNullable<Backend["part"]>): Block {
    const shape = info.shape.slice(1);
    const size = sizeOf(shape);
    if (size === 0) return this.make(shape, dtype);
    const whole = storage.whole ?? storage;
    const row = part(info, shape, index * size);
    whole.refs++;
    this.#ledger.add(0);
    return { storage: new Storage(row, 0, whole), info: row, dtype, live: true };
  }

  upload(x: HostArray): Handle {
    // The cpu backend would keep the caller's array, which may change.
    return this.make(x.shape, x.dtype, this.backend.heap === undefined ? x.data.slice() : x.data);
  }
  uploadOwned(x: HostArray): Handle {
    const handle = this.make(x.shape, x.dtype, x.data);
    if (this.backend.heap !== undefined) detach(x.data); // it was copied to the heap
    return handle;
  }
  download(handle: Handle): HostArray {
    const { data, ...rest } = this.view(handle as Block);
    return { ...rest, data: data.slice() };
  }
  share(handle: Handle): Handle {
    const block = handle as Block;
    return this.reshaped(block, block.info.shape);
  }
  free(handle: Handle): void {
    const block = handle as Block;
    if (!block.live) return;
    block.live = false;
    this.#ledger.remove(this.#drop(block.storage));
  }
  watch(owner: object, handle: Handle): void {
    this.#unreachable.register(owner, handle as Block);
  }
  liveBytes(): number {
    return this.#ledger.bytes;
  }
  /** One reader less; gives the bytes that became free. */
  #drop(storage: Storage): number {
    storage.refs--;
    if (storage.refs > 0) return 0;
    this.backend.release(storage.info);
    return storage.whole === undefined ? storage.bytes : this.#drop(storage.whole);
  }
  storage(handle: Handle): unknown {
    const { storage } = handle as Block;
    return storage.whole ?? storage;
  }
  memory(): DeviceMemory {
    return { ...this.#ledger.memory(), heapBytes: this.backend.heap?.memory.buffer.byteLength };
  }
  resetPeak(): void {
    this.#ledger.resetPeak();
  }
}

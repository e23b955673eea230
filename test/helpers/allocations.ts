/** @file Memory that is asked for by a length that may be a lie. */

const CONSTRUCTORS = [
  "ArrayBuffer",
  "Uint8Array",
  "Uint16Array",
  "Uint32Array",
  "Int32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
] as const;

/** Runs `f` and gives the bytes of the largest array that was made by its length meanwhile. */
export const largestAllocation = async (f: () => unknown): Promise<number> => {
  let largest = 0;
  const originals = CONSTRUCTORS.map((name) => [name, globalThis[name]] as const);
  for (const [name, original] of originals) {
    const construct = (target: new (...args: unknown[]) => object, args: unknown[]): object => {
      const size = "BYTES_PER_ELEMENT" in target ? (target.BYTES_PER_ELEMENT as number) : 1;
      if (typeof args[0] === "number") largest = Math.max(largest, size * args[0]);
      return Reflect.construct(target, args);
    };
    Object.assign(globalThis, { [name]: new Proxy(original as never, { construct }) });
  }
  try {
    await f();
  } finally {
    for (const [name, original] of originals) Object.assign(globalThis, { [name]: original });
  }
  return largest;
};

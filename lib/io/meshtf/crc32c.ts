/** @file CRC-32C (Castagnoli), and the masked form in which LevelDB and TensorFlow store it. */

/** The remainder of every byte; the polynomial is reflected. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1;
  return rest;
});

/**
 * The checksum of bytes; `before` is that of the bytes before them.
 *
 * @example crc32c(new TextEncoder().encode("123456789")) // 0xe3069283
 */
export const crc32c = (bytes: Uint8Array, before = 0): number => {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[i] as number)) & 255] as number);
  return ~crc >>> 0;
};

/** A checksum as it is stored: rotated and shifted, since the checksum of data with its own checksum is a constant. */
export const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

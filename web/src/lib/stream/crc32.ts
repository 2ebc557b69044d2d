/** CRC-32 as of zip (IEEE 802.3), by which the server tells a book's checksum. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? 0xed_b8_83_20 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

/** The checksum of an ASCII text. */
export function crc32(text: string): number {
  let sum = 0xff_ff_ff_ff;
  for (let at = 0; at < text.length; at += 1) sum = (TABLE[(sum ^ text.charCodeAt(at)) & 0xff] ?? 0) ^ (sum >>> 8);
  return (sum ^ 0xff_ff_ff_ff) >>> 0;
}

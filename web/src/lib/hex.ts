/** An address or a hash by its ends, as everywhere that has no room for all of it: `0x1234…abcd`. */
export const shortHex = (text: string): string => (text.length > 14 ? `${text.slice(0, 6)}…${text.slice(-4)}` : text);

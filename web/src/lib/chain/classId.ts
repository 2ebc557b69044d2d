/** Class ids: region << 80 | vintage << 64 | methodology, each field checked before packing (as CarbonCredit does). */

const REGION_BYTES = 6;
const METHODOLOGY_BYTES = 8;
const FIELD = /^[A-Z0-9-]+$/;
/** Methodology of replayed or simulated data: lives on the local chain only. */
export const SIMULATED = "SIM";

export interface ClassId {
  /** ISO 3166-1 or -2. */
  readonly region: string;
  /** Calendar year in which the surplus arose. */
  readonly vintage: number;
  readonly methodology: string;
}

/** Not a class's code, or an id that no code packs to. */
export class ClassIdMalformed extends Error {
  constructor(readonly text: string) {
    super(`"${text}" is no credit class; expected REGION/VINTAGE/METHODOLOGY, such as CN-SC/2025/SIM`);
  }
}

function packed(text: string, bytes: number): bigint {
  if (!FIELD.test(text) || text.length > bytes) throw new ClassIdMalformed(text);
  const octets = Array.from({ length: bytes }, (_, index) => text.charCodeAt(index) || 0);
  return octets.reduce((word, octet) => (word << 8n) | BigInt(octet), 0n);
}

function unpacked(word: bigint, bytes: number): string {
  const octets = Array.from({ length: bytes }, (_, index) => Number((word >> BigInt(8 * (bytes - 1 - index))) & 255n));
  return String.fromCharCode(...octets).replace(/\0+$/, "");
}

/** The id of `CN-SC/2025/SIM`, or of `CN-SC~2025~SIM` as addresses write it. Throws ClassIdMalformed. */
export function parseCode(code: string): bigint {
  const [region = "", vintage = "", methodology = "", more] = code.split(/[/~]/);
  if (more !== undefined || !/^2\d{3}$/.test(vintage)) throw new ClassIdMalformed(code);
  return (packed(region, REGION_BYTES) << 80n) | (BigInt(vintage) << 64n) | packed(methodology, METHODOLOGY_BYTES);
}

/** The class of an id in words. Throws ClassIdMalformed. */
export function unpack(classId: bigint): ClassId {
  const region = unpacked(classId >> 80n, REGION_BYTES);
  const vintage = Number((classId >> 64n) & 0xffffn);
  const methodology = unpacked(classId & ((1n << 64n) - 1n), METHODOLOGY_BYTES);
  if (parseCode(`${region}/${vintage}/${methodology}`) !== classId) throw new ClassIdMalformed(classId.toString());
  return { region, vintage, methodology };
}

/** `CN-SC/2025/SIM`. Throws ClassIdMalformed. */
export function classCode(classId: bigint): string {
  const { region, vintage, methodology } = unpack(classId);
  return `${region}/${vintage}/${methodology}`;
}

/** A class's code as the API's addresses write it: `CN-SC~2025~SIM`. */
export const refOf = (code: string): string => code.replaceAll("/", "~");

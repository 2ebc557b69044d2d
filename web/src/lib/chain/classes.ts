/** Class ids: region << 80 | vintage << 64 | methodology, as the contract ClassId packs them. */

/** A credit class in words; `code` is `CN-SC/2025/SIM`. */
export interface CreditClass {
  readonly region: string;
  readonly vintage: number;
  readonly methodology: string;
  readonly code: string;
}

/** Methodology of replayed or simulated data. */
export const SIMULATED = "SIM";

const REGION_BYTES = 6;
const METHODOLOGY_BYTES = 8;

function packField(text: string, bytes: number): bigint {
  if (!/^[A-Z0-9-]+$/.test(text) || text.length > bytes)
    throw new RangeError(`"${text}" fits no field of ${bytes} bytes`);
  const codes = [...text].map((letter) => letter.charCodeAt(0).toString(16).padStart(2, "0"));
  return BigInt(`0x${codes.join("").padEnd(bytes * 2, "0")}`);
}

function unpackField(value: bigint, bytes: number): string {
  const digits = value.toString(16).padStart(bytes * 2, "0");
  const letters = (digits.match(/../g) ?? []).map((code) => String.fromCharCode(Number.parseInt(code, 16)));
  return letters.join("").replace(/\0+$/, "");
}

/** The id of a class. Throws RangeError for what the contract would not open. */
export function packClass(region: string, vintage: number, methodology: string): bigint {
  if (!Number.isInteger(vintage) || vintage < 2000 || vintage > 2999) throw new RangeError(`${vintage} is no vintage`);
  const [place, method] = [packField(region, REGION_BYTES), packField(methodology, METHODOLOGY_BYTES)];
  return (place << 80n) | (BigInt(vintage) << 64n) | method;
}

/** A class from its id. Throws RangeError if the id is not what its own fields pack to. */
export function unpackClass(classId: bigint): CreditClass {
  const region = unpackField((classId >> 80n) & ((1n << 48n) - 1n), REGION_BYTES);
  const vintage = Number((classId >> 64n) & 0xffffn);
  const methodology = unpackField(classId & ((1n << 64n) - 1n), METHODOLOGY_BYTES);
  if (packClass(region, vintage, methodology) !== classId) throw new RangeError(`${classId} is no class`);
  return { region, vintage, methodology, code: `${region}/${vintage}/${methodology}` };
}

/** The code of an id, or the id itself where it packs nothing. */
export function codeOf(classId: bigint): string {
  try {
    return unpackClass(classId).code;
  } catch (failure) {
    if (failure instanceof RangeError) return classId.toString();
    throw failure;
  }
}

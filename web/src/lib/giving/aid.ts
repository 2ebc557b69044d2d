/** Aid as its applicant can check it: whether a deficit fits a round, and that an application was in the anchored root. */

import { type Hex, hexToBytes, sha256 } from "viem";
import type { SchemaApplicationOut, SchemaBodyWordOut, SchemaOwedOut } from "../api/schema";
import { rootOf } from "../chain/claimTree";
import { parseCode, unpack } from "../chain/classId";

/** Whether credits of a class may settle a deficit that is open: of a region its policy takes, the same vintage or an earlier one. */
export function fitsAid(owed: SchemaOwedOut, classCode: string): boolean {
  const { region, vintage } = unpack(parseCode(classCode));
  return owed.outstandingGco2e !== "0" && owed.regions.includes(region) && vintage <= owed.vintage;
}

const TOPIC = new TextEncoder().encode("tanyu.aid.application\0");

/** An application's leaf: SHA-256 of topic, salt, and the canonical JSON of [round, reference, need]. */
export function leafOf({ round, reference, needGco2e, salt }: SchemaApplicationOut): Hex {
  const told = new TextEncoder().encode(JSON.stringify([round.roundId, reference, needGco2e]));
  return sha256(new Uint8Array([...TOPIC, ...hexToBytes(salt as Hex), ...told]));
}

/** Whether the path from the application's own leaf, computed here, leads to the root that the chain has. */
export function isIncluded(application: SchemaApplicationOut): boolean {
  const { root } = application.round;
  return root !== null && rootOf(leafOf(application), application.proof as Hex[]) === root;
}

/** Of each body that may vouch now, the latest word. The words come oldest first. */
export function latestWords(words: readonly SchemaBodyWordOut[]): readonly SchemaBodyWordOut[] {
  const latest = new Map(words.map((word) => [word.body, word]));
  return [...latest.values()].filter(({ registered }) => registered);
}

/** How the pages of this room name classes, and where they lead to. */

import { ClassIdMalformed, classCode } from "../../lib/chain/classId";

/** A class by its code; an id that packs nothing is told as it is. */
export function told(classId: bigint): string {
  try {
    return classCode(classId);
  } catch (failure) {
    if (failure instanceof ClassIdMalformed) return classId.toString();
    throw failure;
  }
}

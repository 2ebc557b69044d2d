/** What a person could give or retire: credits held, less what open sells and unsettled trades tie up. */

import { api, asked } from "../../lib/api/client";
import type { SchemaRulesOut } from "../../lib/api/schema";

export interface Holding {
  readonly classId: bigint;
  readonly classCode: string;
  readonly freeGco2e: bigint;
}

/** Of the signed-in account, classes with something free only. */
export async function holdings(): Promise<readonly Holding[]> {
  const { credits } = await asked(api.GET("/balances"));
  return credits
    .map(({ classId, classCode, heldGco2e, inOrdersGco2e, inFlightGco2e }) => ({
      classId: BigInt(classId),
      classCode,
      freeGco2e: BigInt(heldGco2e) - BigInt(inOrdersGco2e) - BigInt(inFlightGco2e),
    }))
    .filter(({ freeGco2e }) => freeGco2e > 0n);
}

/** Every class of the market: what somebody promises a share of is mostly what they hold, or will earn in their region. */
export async function classesLikelyFirst(region: string | undefined): Promise<readonly SchemaRulesOut[]> {
  const [classes, held] = await Promise.all([asked(api.GET("/market/classes")), holdings()]);
  const own = new Set(held.map(({ classCode }) => classCode));
  const rank = ({ classCode }: SchemaRulesOut): number =>
    own.has(classCode) ? 0 : classCode.split("/")[0] === region ? 1 : 2;
  return classes.toSorted((a, b) => rank(a) - rank(b));
}

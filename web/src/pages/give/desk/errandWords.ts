/** An errand in sentences, as both signers read it before they agree. */

import { kgText } from "../../../lib/amounts";
import { type Errand, storyIn, sumOf } from "../../../lib/giving/errand";
import { spoken, t } from "../../../words/words.svelte";

/** `1798675200` as the day in which that second lies, in UTC. */
const dayOf = (atS: string): string => new Date(Number(atS) * 1000).toISOString().slice(0, 10);

export function wordsOf(errand: Errand): readonly string[] {
  if (errand.act === "close") return [t("give.errand_close", { id: errand.campaignId })];
  if (errand.act === "open") {
    const title = storyIn(errand).title[spoken.language];
    const kg = kgText(BigInt(errand.targetGco2e), spoken.language, 3);
    return [
      t("give.errand_start", { title, kg, from: dayOf(errand.opens), day: dayOf(errand.closes) }),
      t(`give.kind_${errand.kind}_long`),
      t(`give.funding_${errand.funding}`),
    ];
  }
  const kg = kgText(sumOf(errand), spoken.language, 3);
  const values = { kg, code: errand.classCode, id: errand.campaignId, count: errand.parts.length };
  return [t(errand.act === "retire" ? "give.errand_retire" : "give.errand_grant", values)];
}

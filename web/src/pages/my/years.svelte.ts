/** The years a person's pages can show, asked from the server. */

import { api, asked } from "../../lib/api/client";
import type { SchemaAccountOut as Account, SchemaStatementsOut as Statements } from "../../lib/api/schema";
import { shownYear, yearsOf } from "../../lib/ledger/years";
import { whom } from "./whom.svelte";

export interface Years {
  readonly member: Account;
  readonly statements: Statements;
  readonly years: readonly number[];
  /** The year to show; undefined if no year of the person has a policy. */
  readonly shown: number | undefined;
}

/** The account, its statements and years. `wanted`: the year in the address. */
export async function yearsHere(wanted: number | undefined): Promise<Years> {
  const query = whom.query;
  const [member, statements, { policies }] = await Promise.all([
    asked(api.GET("/accounts/me", { params: { query } })),
    asked(api.GET("/statements", { params: { query } })),
    asked(api.GET("/policies")),
  ]);
  const years = yearsOf(policies, member.region, member.joinedOn);
  const used = statements.statements.map(({ vintage }) => vintage);
  const shown = shownYear(years, wanted, used, new Date().getFullYear());
  return { member, statements, years, shown };
}

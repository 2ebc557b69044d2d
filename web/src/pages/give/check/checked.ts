/** Asks the server whether a file is one of its certificates. The file is not kept there. */

import type { SchemaCheckedOut } from "../../../lib/api/schema";
import { Offline, problemOf } from "../../../lib/problem";

export type Checked = SchemaCheckedOut;

/** Throws Problem (no certificate at all, a deed that the chain does not have), Offline. */
export async function checked(file: File): Promise<Checked> {
  const headers = { "content-type": "application/pdf" };
  const response = await fetch("/certificates/check", { method: "POST", headers, body: file }).catch(
    (failure: unknown) => {
      throw new Offline("the server does not answer", { cause: failure });
    },
  );
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw problemOf(response, body);
  return body as Checked;
}

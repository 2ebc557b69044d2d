/** Certificates as PDF files. Words and salt travel in the body, never in an address. */

import type { Language } from "../../../lib/amounts";
import type { Dedication } from "../../../lib/giving/dedication";
import { Offline, problemOf } from "../../../lib/problem";
import { save } from "../../../parts/columns";

const NAME = /filename="([\w.-]+)"/;

/** Has the server set the certificate of a final deed and hands it to the person; the file's name. Throws Problem. */
export async function saved(deedId: string, language: Language, dedication: Dedication | undefined): Promise<string> {
  const response = await fetch(`/certificates/${encodeURIComponent(deedId)}/pdf`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ language, dedication: dedication ?? null }),
  }).catch((failure: unknown) => {
    throw new Offline("the server does not answer", { cause: failure });
  });
  if (!response.ok) throw problemOf(response, await response.json().catch(() => undefined));
  const name = NAME.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? "tanyu-certificate.pdf";
  save(name, await response.blob());
  return name;
}

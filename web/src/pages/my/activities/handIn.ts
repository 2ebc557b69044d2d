/** Hands a file of activities to the server: asked without a digest nothing is kept; with the answer's digest, exactly that is. */

import { api, asked } from "../../../lib/api/client";
import type { SchemaIntakeOut as Intake } from "../../../lib/api/schema";

/** What goes with a file. */
export interface Handed {
  readonly ward: string | undefined;
  /** Code of the home that energy and water belong to. */
  readonly home: string | undefined;
  /** The number printed on the meter, for Green Button files. */
  readonly meter: string | undefined;
  readonly onlyNew?: boolean;
}

/** What a file would record, and how it was asked: recorded is only what was asked the same way. */
export interface Planned {
  readonly told: Intake;
  readonly asked: Handed;
}

/** Whether a file is Green Button's XML: by its name, or by how it begins. */
export const isXml = (name: string, start: string): boolean =>
  name.toLowerCase().endsWith(".xml") || start.trimStart().startsWith("<");

/** Tells what a file would record; with `confirm`, records it. Throws Problem, Offline. */
export async function handIn(file: File, handed: Handed, confirm: string | null = null): Promise<Planned> {
  const text = await file.text();
  const query = { ward: handed.ward ?? null, home: handed.home ?? null, confirm };
  const asIs = (body: unknown): string => body as string;
  if (isXml(file.name, text)) {
    const told = await asked(
      api.POST("/activities/green-button", {
        params: {
          query: {
            ...query,
            meter: handed.meter === undefined ? null : [handed.meter],
            onlyNew: handed.onlyNew ?? false,
          },
        },
        headers: { "Content-Type": "application/xml" },
        body: text,
        bodySerializer: asIs,
      }),
    );
    return { told, asked: handed };
  }
  const told = await asked(
    api.POST("/activities/import", {
      params: { query },
      headers: { "Content-Type": "text/csv" },
      body: text,
      bodySerializer: asIs,
    }),
  );
  return { told, asked: handed };
}

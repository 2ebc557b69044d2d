/** Hands a file of activities to the server: asked without a digest nothing is kept; with the answer's digest, exactly that is. */

import { api, asked } from "../../../lib/api/client";
import type { SchemaIntakeOut as Intake } from "../../../lib/api/schema";

/** The kinds of files that the server reads. */
export type Form = "csv" | "green_button" | "gpx";

/** What a GPX file does not say: by what the way was travelled, where, and the days of tracks without times. */
export interface Track {
  readonly kind: string;
  readonly place: string;
  readonly from: string;
  readonly to: string;
}

/** What goes with a file. */
export interface Handed {
  readonly ward: string | undefined;
  /** Code of the home that energy and water belong to. */
  readonly home: string | undefined;
  /** The number printed on the meter, for Green Button files. */
  readonly meter: string | undefined;
  /** Leaves out what is recorded already, of Green Button files. */
  readonly onlyNew?: boolean;
  readonly track?: Track;
}

/** What a file would record, and how it was asked: recorded is only what was asked the same way. */
export interface Planned {
  readonly told: Intake;
  readonly asked: Handed;
}

const BEGINNING = 1000;

/** Which kind of file it is: by its name, or by how it begins. */
export function formOf(name: string, text: string): Form {
  const start = text.slice(0, BEGINNING).trimStart();
  if (/\.gpx$/i.test(name) || /<gpx[\s>]/.test(start)) return "gpx";
  return /\.xml$/i.test(name) || start.startsWith("<") ? "green_button" : "csv";
}

/** Which kind a file is, read no further than that takes. */
export async function formOfFile(file: File): Promise<Form> {
  return formOf(file.name, await file.slice(0, BEGINNING).text());
}

/** The file's own bytes as the body: read as text, another encoding would be made UTF-8 and its letters lost unsaid. */
const whole = (bytes: ArrayBuffer, type: string) => ({
  body: "", // as the document describes it; what goes is what the serializer gives
  bodySerializer: () => bytes,
  headers: { "Content-Type": type },
});

/** Tells what a file would record; with `confirm`, records it. Throws Problem, Offline. */
export async function handIn(file: File, handed: Handed, confirm: string | null = null): Promise<Planned> {
  const bytes = await file.arrayBuffer();
  const ward = handed.ward ?? null;
  const home = { ward, home: handed.home ?? null, confirm };
  const { track, meter, onlyNew = false } = handed;
  if (track !== undefined) {
    const { kind, place, from, to } = track;
    const query = { kind, place, from: from || null, to: to || from || null, ward, confirm };
    const sent = whole(bytes, "application/gpx+xml");
    return { told: await asked(api.POST("/activities/gpx", { params: { query }, ...sent })), asked: handed };
  }
  if ((await formOfFile(file)) === "green_button") {
    const query = { ...home, meter: meter === undefined ? null : [meter], onlyNew };
    const sent = whole(bytes, "application/xml");
    return { told: await asked(api.POST("/activities/green-button", { params: { query }, ...sent })), asked: handed };
  }
  const sent = whole(bytes, "text/csv");
  return { told: await asked(api.POST("/activities/import", { params: { query: home }, ...sent })), asked: handed };
}

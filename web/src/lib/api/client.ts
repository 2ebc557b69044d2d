/**
 * The server's API, typed by its own OpenAPI document (web/openapi.json, pinned; `npm run api` makes schema.ts of it).
 *
 * `await asked(api.GET("/market/classes"))` gives the answer's data or throws Problem or Offline. The session is an
 * HttpOnly cookie: nothing here knows it.
 */

import createClient from "openapi-fetch";
import { Offline, problemOf } from "../problem";
import type { paths } from "./schema";

async function overHttp(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (failure) {
    if (request.signal.aborted) throw failure;
    throw new Offline("the server does not answer", { cause: failure });
  }
}

/** Every endpoint by method and path. */
export const api = createClient<paths>({ baseUrl: globalThis.location?.origin ?? "http://127.0.0.1", fetch: overHttp });

/** The data of an answer. Throws Problem (the server refused) or Offline. */
export async function asked<T>(
  answer: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<Exclude<T, undefined>> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemOf(response, error);
  return data as Exclude<T, undefined>;
}

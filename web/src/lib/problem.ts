/** What went wrong, as a type: the server's RFC 9457 problem documents, and a network that is not there. */

/** A problem document's own fields: `code` is stable, programs decide by it; other fields say what was wrong. */
export interface ProblemDocument {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly status: number;
  readonly [field: string]: unknown;
}

/** One of several things wrong, an element of a document's `errors`; its own fields stand beside these. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  /** Of a file: the line, from 1. */
  readonly line?: string;
  /** Of a file: the column to look at; null if the whole row is wrong. */
  readonly column?: string | null;
  readonly [field: string]: unknown;
}

function isFault(found: unknown): found is Fault {
  if (typeof found !== "object" || found === null) return false;
  const { code, message, line, column } = found as Record<string, unknown>;
  const isPlace = [line, column ?? undefined].every((one) => one === undefined || typeof one === "string");
  return typeof code === "string" && typeof message === "string" && isPlace;
}

/** A refused request. `retryAfterS`: when the server says that asking again may help. */
export class Problem extends Error {
  override readonly name = "Problem";
  constructor(
    readonly document: ProblemDocument,
    readonly retryAfterS?: number,
  ) {
    super(document.detail);
  }
  get code(): string {
    return this.document.code;
  }
  /** Each of several things wrong, where the server names them. */
  get faults(): readonly Fault[] {
    const { errors } = this.document;
    return Array.isArray(errors) ? errors.filter(isFault) : [];
  }
}

/** The server could not be reached at all. */
export class Offline extends Error {
  override readonly name = "Offline";
  readonly code = "web.offline";
}

/** A page's code or words did not come: nobody answers, or a newer build has taken the place of the files. */
export class PageUnloaded extends Error {
  override readonly name = "PageUnloaded";
  readonly code = "web.page_unloaded";
  constructor(cause: unknown) {
    super("the page did not come", { cause });
  }
}

function isDocument(body: unknown): body is ProblemDocument {
  return typeof body === "object" && body !== null && "code" in body && typeof body.code === "string";
}

/** The problem of a response that is not ok; an answer that is no problem document is one of its own. */
export function problemOf(response: Response, body: unknown): Problem {
  const retryAfter = Number(response.headers.get("retry-after"));
  const document = isDocument(body)
    ? body
    : { code: "web.answer_unknown", title: "Answer unknown", detail: response.statusText, status: response.status };
  return new Problem(document, Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : undefined);
}

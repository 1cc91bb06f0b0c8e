/** Speaks to the API: JSON in and out, problems as typed errors, files as raw bodies. */

export interface FieldError {
  pointer: string;
  detail: string;
}

/** What the API refused, or that it could not be reached (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly type = "about:blank",
    readonly errors: FieldError[] = [],
  ) {
    super(detail);
    this.name = "ApiError";
  }

  get unreachable(): boolean {
    return this.status === 0;
  }
}

export type Query = Record<string, string | number | boolean | null | undefined | readonly (string | number)[]>;

export interface Sending {
  query?: Query;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is: an upload. */
  raw?: Blob;
  /** The version that one has seen; the answer is a 412 when it moved on. */
  ifMatch?: number | string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface Answer<T> {
  data: T;
  etag: string | null;
  /** Where what was started can be followed. */
  location: string | null;
}

export function address(path: string, query: Query = {}): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) words.append(name, String(one));
  }
  const tail = words.toString();
  return tail ? `${path}?${tail}` : path;
}

/** One id as a part of a path. */
export const part = (id: string | number): string => encodeURIComponent(String(id));

async function problemOf(response: Response): Promise<ApiError> {
  const kind = response.headers.get("content-type") ?? "";
  if (response.status === 401) {
    return new ApiError(401, "Not let in", "This browser is not let in. Open the link that `avocet ui` printed.");
  }
  if (!kind.includes("json")) {
    return new ApiError(response.status, response.statusText, `Avocet answered ${response.status} ${response.statusText}`.trim());
  }
  const said = (await response.json()) as { title?: string; detail?: unknown; type?: string; errors?: FieldError[] };
  const detail = typeof said.detail === "string" ? said.detail : (said.title ?? `Avocet answered ${response.status}`);
  return new ApiError(response.status, said.title ?? "", detail, said.type, said.errors ?? []);
}

/** One request. Throws ApiError. */
export async function request<T>(method: string, path: string, sending: Sending = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { Accept: "application/json", ...sending.headers };
  let body: BodyInit | undefined;
  if (sending.raw !== undefined) {
    body = sending.raw;
    headers["Content-Type"] ??= "application/octet-stream";
  } else if (sending.json !== undefined) {
    body = JSON.stringify(sending.json);
    headers["Content-Type"] = "application/json";
  }
  if (sending.ifMatch !== undefined) headers["If-Match"] = `"${sending.ifMatch}"`;
  let response: Response;
  try {
    response = await fetch(address(path, sending.query), { method, headers, body, signal: sending.signal, credentials: "same-origin" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "No answer", "Avocet does not answer. Is `avocet ui` still running?");
  }
  if (!response.ok) throw await problemOf(response);
  const empty = response.status === 204 || response.headers.get("content-length") === "0";
  const data = (empty ? undefined : await response.json()) as T;
  return { data, etag: response.headers.get("etag"), location: response.headers.get("location") };
}

const only = async <T>(method: string, path: string, sending?: Sending): Promise<T> => (await request<T>(method, path, sending)).data;

export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> => only<T>("GET", path, { query, signal });
export const post = <T>(path: string, json?: unknown, sending: Sending = {}): Promise<T> => only<T>("POST", path, { json, ...sending });
export const put = <T>(path: string, json: unknown, sending: Sending = {}): Promise<T> => only<T>("PUT", path, { json, ...sending });
export const remove = (path: string, query?: Query): Promise<void> => only<void>("DELETE", path, { query });

/** What to tell a person of anything that was thrown. */
export function inWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

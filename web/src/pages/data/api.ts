/** What the data page asks of the API. */

import { ApiError, get, part, post, put, remove } from "../../api/client";
import type { Checks, Import, Label, Mail, Page, QuarantineFile, SetAside, Suspect, Undone } from "../../api/types";
import { upload, type Uploading } from "../../api/upload";

/** Which mails are wanted; an empty word is no wish. */
export interface Wanted {
  q: string;
  label: string;
  state: string;
  kind: string;
  used: string;
  since: string;
  until: string;
}

export const NOTHING_WANTED: Wanted = { q: "", label: "", state: "", kind: "", used: "", since: "", until: "" };

/** A list as the terminal's twin says it, bare, or in a page. */
const itemsOf = <T>(said: T[] | { items: T[] }): T[] => (Array.isArray(said) ? said : said.items);
const of = (id: string): string => `/api/mails/${part(id)}`;

export const mailsOf = (recipe: string, wanted: Wanted, cursor: string | null, limit = 50): Promise<Page<Mail>> =>
  get<Page<Mail>>("/api/mails", { recipe, ...wanted, cursor, limit });
export const mailOf = (recipe: string, id: string): Promise<Mail> => get<Mail>(of(id), { recipe });
export const relabel = (recipe: string, mail: Mail, label: string): Promise<Mail> =>
  put<Mail>(`${of(mail.id)}/label`, { label }, { query: { recipe }, ifMatch: mail.version });
export const takeLabelAway = (recipe: string, id: string): Promise<void> => remove(`${of(id)}/label`, { recipe });
export const discard = (recipe: string, id: string): Promise<void> => remove(of(id), { recipe });
export const undo = (recipe: string): Promise<Undone> => post<Undone>("/api/undo", {}, { query: { recipe } });
export const labelsOf = async (recipe: string): Promise<Label[]> => itemsOf(await get<{ items: Label[] }>("/api/labels", { recipe }));

/** Null where no run has looked yet. */
export async function suspectsOf(recipe: string): Promise<{ items: Suspect[] | null }> {
  try {
    return { items: itemsOf(await get<Suspect[] | { items: Suspect[] }>("/api/suspects", { recipe })) };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return { items: null };
    throw error;
  }
}
export const checksOf = (recipe: string): Promise<Checks> => get<Checks>("/api/checks", { recipe });

export interface Naming {
  format: string;
  /** Each "ours=theirs". */
  column: string[];
  /** Each "theirs=ours". */
  label: string[];
}

export const takeIn = (recipe: string, file: File, naming: Naming, dryRun: boolean, progress: (share: number) => void): Uploading<Import> =>
  upload<Import>("/api/imports", { recipe, filename: file.name, format: naming.format, column: naming.column, label: naming.label, dry_run: dryRun }, file, progress);
export const importOf = (id: string): Promise<Import> => get<Import>(`/api/imports/${part(id)}`);
export const importsOf = async (recipe: string): Promise<Import[]> => itemsOf(await get<Page<Import>>("/api/imports", { recipe, limit: 20 }));
export const quarantineFiles = async (): Promise<QuarantineFile[]> => itemsOf(await get<QuarantineFile[]>("/api/quarantine"));
export const setAside = async (name: string): Promise<SetAside[]> => itemsOf(await get<SetAside[] | { items: SetAside[] }>(`/api/quarantine/${part(name)}`));

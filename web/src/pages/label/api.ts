/** What the desk asks of the API. */

import { get, part, post, put } from "../../api/client";
import type { HistoryEvent, Label, Mail, Order, Page, Queue, Statistics, Suggestion, Undone } from "../../api/types";

export interface DeskApi {
  queue(order: Order, limit: number): Promise<Queue>;
  mail(id: string): Promise<Mail>;
  say(id: string, label: string, version: number, suggestion: Suggestion | null): Promise<Mail>;
  skip(id: string): Promise<Mail>;
  discard(id: string): Promise<Mail>;
  undo(): Promise<Undone>;
  history(limit: number): Promise<HistoryEvent[]>;
  alike(id: string): Promise<Mail[]>;
  sayAlike(id: string, label: string, ids: string[]): Promise<number>;
}

const of = (id: string): string => `/api/mails/${part(id)}`;

/** Over HTTP, for one recipe. */
export function deskApi(recipe: string): DeskApi {
  const query = { recipe };
  return {
    queue: (order, limit) => get<Queue>("/api/queue", { ...query, order, limit }),
    mail: (id) => get<Mail>(of(id), query),
    say: (id, label, version, suggestion) =>
      put<Mail>(`${of(id)}/label`, { label, ...(suggestion && { suggestion }) }, { query, ifMatch: version }),
    skip: (id) => post<Mail>(`${of(id)}/skip`, undefined, { query }),
    discard: (id) => post<Mail>(`${of(id)}/discard`, undefined, { query }),
    undo: () => post<Undone>("/api/undo", {}, { query }),
    history: async (limit) => (await get<Page<HistoryEvent>>("/api/history", { ...query, limit })).items,
    alike: async (id) => (await get<Page<Mail>>(`${of(id)}/alike`, query)).items,
    sayAlike: async (id, label, ids) => (await post<{ n: number }>(`${of(id)}/alike`, { label, ids }, { query })).n,
  };
}

export const labelsOf = async (recipe: string): Promise<Label[]> => (await get<{ items: Label[] }>("/api/labels", { recipe })).items;
export const statisticsOf = (recipe: string): Promise<Statistics> => get<Statistics>("/api/stats", { recipe });

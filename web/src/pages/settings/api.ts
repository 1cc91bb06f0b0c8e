/** What the settings ask of the API. */

import { get, part, post, put, remove } from "../../api/client";
import type { Account, Label, Schedule, Settings } from "../../api/types";

export const settings = (): Promise<Settings> => get<Settings>("/api/settings");
export const set = (its: Settings): Promise<Settings> => put<Settings>("/api/settings", its);

export const schedule = (recipe: string): Promise<Schedule> => get<Schedule>("/api/schedule", { recipe });
export const reschedule = (recipe: string, its: { cron: string; timezone: string; active: boolean }): Promise<Schedule> =>
  put<Schedule>("/api/schedule", its, { query: { recipe } });

export const labels = async (recipe: string): Promise<Label[]> => (await get<{ items: Label[] }>("/api/labels", { recipe })).items;
export const setLabels = async (recipe: string, items: Label[]): Promise<Label[]> =>
  (await put<{ items: Label[] }>("/api/labels", { items }, { query: { recipe } })).items;

export interface NewAccount {
  name: string;
  host: string;
  username: string;
  security: Account["security"];
  port: number | null;
  folder: string;
}

const of = (name: string): string => `/api/accounts/${part(name)}`;
export const accounts = async (recipe: string): Promise<Account[]> => {
  const said = await get<{ items: Account[] } | Account[]>("/api/accounts", { recipe });
  return Array.isArray(said) ? said : said.items;
};
export const addAccount = (recipe: string, its: NewAccount): Promise<Account> => post<Account>("/api/accounts", its, { query: { recipe } });
export const removeAccount = (name: string): Promise<void> => remove(of(name));
export const testAccount = (name: string): Promise<{ sentence?: string; help?: string | null } | undefined> => post(`${of(name)}/test`);
export const fetchAccount = (name: string): Promise<{ id: string }> => post<{ id: string }>(`${of(name)}/fetch`);

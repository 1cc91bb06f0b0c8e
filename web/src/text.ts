/** How numbers, times and names are written, the same on every page. */

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const NONE = "–";

/** A label as a person reads it: `new_lead` is "new lead". */
export const words = (label: string): string => label.replaceAll("_", " ");

export function decimal(value: number | null | undefined, places = 2): string {
  return value === null || value === undefined || Number.isNaN(value) ? NONE : value.toFixed(places);
}

export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : `${Math.round(value * 100)} %`;
}

export function interval(lo: number | null | undefined, hi: number | null | undefined, places = 2): string {
  return lo === null || lo === undefined || hi === null || hi === undefined ? "" : `${lo.toFixed(places)}–${hi.toFixed(places)}`;
}

export const count = (value: number | null | undefined): string =>
  value === null || value === undefined ? NONE : value.toLocaleString("en-GB");

const VERSION = /^(.+)-(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)\d\dz-\w+$/;

/** A version as one says it: `minilm-20261120t030512z-7c1f3a` is "minilm, 20 Nov". */
export function versionWords(version: string): string {
  const [, candidate, year, month, date, hour, minute] = VERSION.exec(version) ?? [];
  return candidate ? `${candidate}, ${day.format(new Date(`${year}-${month}-${date}T${hour}:${minute}:00Z`))}` : version;
}

/** "1 mail", "3 mails". */
export const several = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined) return NONE;
  const units = ["B", "kB", "MB", "GB"];
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** "45 s", "3 min 20 s", "2 h 05 min". */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
}

/** A moment in full, in the reader's own time zone. */
export function moment(at: string | null | undefined): string {
  if (!at) return NONE;
  const when = new Date(at);
  return Number.isNaN(when.getTime()) ? at : `${dayOfYear.format(when)}, ${clock.format(when)}`;
}

/** A moment as one says it: "just now", "5 min ago", "today 14:02", "3 Nov". */
export function ago(at: string | null | undefined, now = new Date()): string {
  if (!at) return NONE;
  const when = new Date(at);
  if (Number.isNaN(when.getTime())) return at;
  const seconds = (now.getTime() - when.getTime()) / 1000;
  const days = Math.round((startOfDay(when) - startOfDay(now)) / 86_400_000);
  if (seconds >= 0 && seconds < 45) return "just now";
  if (seconds >= 0 && seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 0 && seconds > -3600) return `in ${Math.max(1, Math.round(-seconds / 60))} min`;
  if (days === 0) return `today ${clock.format(when)}`;
  if (days === -1) return `yesterday ${clock.format(when)}`;
  if (days === 1) return `tomorrow ${clock.format(when)}`;
  if (days > 0 && days < 7) return `${day.format(when)}, ${clock.format(when)}`;
  return when.getFullYear() === now.getFullYear() ? day.format(when) : dayOfYear.format(when);
}

function startOfDay(when: Date): number {
  return new Date(when.getFullYear(), when.getMonth(), when.getDate()).getTime();
}

/** What stands at the head of a mail: its subject, or its first words. */
export function titleOf(fields: Record<string, string>): string {
  for (const name of ["subject", "title"]) if (fields[name]?.trim()) return fields[name].trim();
  const first = Object.values(fields).find((text) => text.trim()) ?? "";
  const line = first.trim().split("\n")[0] ?? "";
  return line.length > 90 ? `${line.slice(0, 90)}…` : line || "(no subject)";
}

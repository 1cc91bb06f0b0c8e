/** The first sentence of the training page: what is new, when the next run is, what is live. */
import type { Run, Schedule } from "../../api/types";
import { count, several } from "../../text";

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "long" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const DAY_MS = 86_400_000;

/** "38 new labels since the last run", or how many there are where nothing has learned from any yet. */
export function newWords(fresh: number | null, labelled: number | null, hasRun: boolean): string {
  if (!hasRun && labelled === 0) return "no labels and no run yet";
  if (!hasRun) return labelled === null ? "no run yet" : `${several(labelled, "label")}, no run yet`;
  if (fresh === null) return "";
  return `${fresh ? count(fresh) : "no"} new ${fresh === 1 ? "label" : "labels"} since the last run`;
}

/** "tonight 03:00", "today 14:00", "tomorrow 03:00", "Friday 03:00", "3 Dec, 03:00". */
export function nextTime(at: string, now = new Date()): string {
  const when = new Date(at);
  if (Number.isNaN(when.getTime())) return at;
  const time = clock.format(when);
  const days = Math.round((midnight(when) - midnight(now)) / DAY_MS);
  if (isTonight(when, now, days)) return `tonight ${time}`;
  if (days === 0) return `today ${time}`;
  if (days === 1) return `tomorrow ${time}`;
  return days > 1 && days < 7 ? `${weekday.format(when)} ${time}` : `${date.format(when)}, ${time}`;
}

/** The night that is next: this evening's late hours, or the early ones of the morning after. */
function isTonight(when: Date, now: Date, days: number): boolean {
  const early = when.getHours() < 6;
  if (days === 0) return (early && now.getHours() < 6) || when.getHours() >= 21;
  return days === 1 && early && now.getHours() >= 6;
}

const midnight = (when: Date): number => new Date(when.getFullYear(), when.getMonth(), when.getDate()).getTime();

/** "next run tonight 03:00", or that nobody has planned one. */
export function nextWords(schedule: Schedule | null, now = new Date()): string {
  if (!schedule) return "";
  return schedule.active && schedule.next ? `next run ${nextTime(schedule.next, now)}` : "no nightly run is switched on";
}

/** The last run that learned from the labels: later labels are new. */
export function lastLearned(runs: Run[]): Run | null {
  return runs.find((run) => run.outcome === "promoted" || run.outcome === "refused" || run.outcome === "no_change") ?? null;
}

/** A figure stays beside its name when the line breaks. */
export const together = (text: string): string => text.replaceAll(" ", "\u00a0");

/** First letter large: parts are joined to one sentence. */
export function sentence(parts: string[]): string {
  const said = parts.filter(Boolean).join("; ");
  return said ? `${said[0]!.toUpperCase()}${said.slice(1)}.` : "";
}

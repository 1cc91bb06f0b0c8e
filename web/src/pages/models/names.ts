/** Names of versions that a person can read: `minilm-20261120t020730z-19ac43` is "minilm of 20 Nov 02:07". */
import type { Card, Model } from "../../api/types";

const ID = /^(.+)-(\d{4})(\d{2})(\d{2})t(\d{2})(\d{2})(\d{2})z-[0-9a-f]+$/;
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** Candidate and night, in the reader's time zone; what is no id of a version stays as it is. */
export function readable(version: string): string {
  const its = ID.exec(version);
  if (!its) return version;
  const [, candidate, year, month, date, hour, minute, second] = its;
  const when = new Date(`${year}-${month}-${date}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(when.getTime()) ? version : `${candidate} of ${day.format(when)} ${clock.format(when)}`;
}

/** Of a contestant: a version by its night, a baseline by its kind. */
export const contestant = (card: Card): string => (card.role === "baseline" ? card.candidate || card.name : readable(card.name));

/** For a list to choose from: "minilm of 20 Nov 02:07 (live)". */
export function option(model: Model): string {
  const more = model.champion ? " (live)" : model.was_champion ? " (was live)" : model.damaged ? " (damaged)" : "";
  return readable(model.version) + more;
}

/** The badges of the first row: the live model, then the newest of each name. */
export function badges(models: Model[]): Model[] {
  const newest = new Map<string, Model>();
  for (const model of models.filter((m) => !m.damaged)) {
    const known = newest.get(model.name);
    if (!known || (model.timestamp ?? "") > (known.timestamp ?? "")) newest.set(model.name, model);
  }
  const live = models.filter((m) => m.champion);
  return [...live, ...[...newest.values()].filter((m) => !m.champion)];
}

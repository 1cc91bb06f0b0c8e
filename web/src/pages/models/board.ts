/** The contestants of a benchmark as bars: best first, the live one marked, with what each of them is. */
import type { BenchmarkResults, Card } from "../../api/types";
import type { Bar } from "../../components/BarChart.vue";
import { words } from "../../text";
import { contestant } from "./names";

const ROLES: Record<string, string> = { champion: "live that night", challenger: "challenger", candidate: "candidate", baseline: "baseline" };

/** Best first; who could not be scored comes last. */
export const ranked = (cards: readonly Card[]): Card[] => [...cards].sort((a, b) => (b.macro_f1 ?? -1) - (a.macro_f1 ?? -1));

/** What a contestant was that night; empty for one that is marked as live anyway. */
export function roleOf(card: Card, live: string | null | undefined): string {
  if (card.error) return "not scored";
  return card.name === live && card.role === "champion" ? "" : (ROLES[card.role] ?? card.role);
}

/** Macro-F1 of everybody on the same mails. */
export function board(cards: readonly Card[], live: string | null | undefined): Bar[] {
  return ranked(cards).map((card) => ({
    name: contestant(card),
    value: card.macro_f1,
    lo: card.lo,
    hi: card.hi,
    mark: card.name === live ? "live" : undefined,
    note: roleOf(card, live),
  }));
}

/** F1 of each label of one contestant; a label without a judged mail has no figure. */
export function labels(card: Card): Bar[] {
  return card.per_label.map((its) => ({ name: words(its.label), value: its.n ? its.f1 : null, lo: its.lo, hi: its.hi, n: its.n }));
}

/** Card of the live model, if the benchmark judged it. */
export function liveCard(results: BenchmarkResults | null, live: string | null | undefined): Card | null {
  return results?.models.find((card) => card.name === live && card.error === null) ?? null;
}

/** Whom to show first: the live model, else the best that has a score. */
export function first(results: BenchmarkResults | null, live: string | null | undefined): Card | null {
  return liveCard(results, live) ?? ranked(results?.models ?? []).find((card) => card.macro_f1 !== null) ?? null;
}

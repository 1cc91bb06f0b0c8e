/** How many mails got a label since a run began. */
import { get } from "../../api/client";
import type { HistoryEvent, Page } from "../../api/types";

const LABELS = ["label", "correction", "confirmation"];
const PAGES = 5;

/** Mails that were labelled after `since`; the events come newest first. */
export function freshOf(events: readonly HistoryEvent[], since: string): Set<string> {
  const found = new Set<string>();
  for (const one of events) if (!one.undone && LABELS.includes(one.kind) && one.labeled_at > since) found.add(one.row_id);
  return found;
}

/** `more`: there are more than were counted. */
export interface Fresh {
  n: number;
  more: boolean;
}

/** Asks the history back to `since`, a few pages of it at most. */
export async function freshSince(recipe: string, since: string): Promise<Fresh> {
  const found = new Set<string>();
  let cursor: string | null = null;
  for (let page = 0; page < PAGES; page += 1) {
    const its: Page<HistoryEvent> = await get<Page<HistoryEvent>>("/api/history", { recipe, limit: 200, cursor });
    for (const id of freshOf(its.items, since)) found.add(id);
    cursor = its.next_cursor;
    if (!cursor || (its.items.at(-1)?.labeled_at ?? "") <= since) return { n: found.size, more: false };
  }
  return { n: found.size, more: true };
}

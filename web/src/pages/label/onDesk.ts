/** A mail on the desk, and one line of what was said last. */

import type { HistoryEvent, Mail, Waiting } from "../../api/types";
import { titleOf } from "../../text";
import type { Act } from "./tally";

/** Why a mail is on the desk a second time: not saved, answered in another window, undone, or opened again. */
export type Why = "unsaved" | "elsewhere" | "undone" | "again";

export interface Back {
  why: Why;
  act: Act;
  label: string | null;
  detail: string;
}

export interface OnDesk extends Waiting {
  back: Back | null;
}

export interface Recent {
  id: string;
  title: string;
  label: string | null;
  act: string;
  state: "saving" | "saved";
}

export const recentOf = (mail: Mail, act: Act, label: string | null): Recent => ({ id: mail.id, title: titleOf(mail.fields), label, act, state: "saving" });

export const asRecent = (event: HistoryEvent): Recent => ({ id: event.row_id, title: event.title, label: event.label, act: event.kind, state: "saved" });

const cameBack = (item: OnDesk): boolean => item.back?.why === "unsaved" || item.back?.why === "elsewhere";

/** `items` with `item` at their head, or behind those that came back before it, so that these keep their order. */
export function withBack(items: readonly OnDesk[], item: OnDesk): OnDesk[] {
  const rest = items.filter((one) => one.mail.id !== item.mail.id);
  const first = rest.findIndex((one) => !cameBack(one));
  const at = !cameBack(item) ? 0 : first < 0 ? rest.length : first;
  return [...rest.slice(0, at), item, ...rest.slice(at)];
}

/**
 * What stays on the desk when `found` comes: mails that were laid before the model could say anything give way to those that
 * it asks for now, but for the one that is being read and those that came back.
 */
export function staying(items: readonly OnDesk[], found: readonly Waiting[]): OnDesk[] {
  const suggests = found.some((one) => one.suggestion);
  return items.map((item) => suggested(item, found)).filter((item, i) => !suggests || i === 0 || item.back || item.suggestion || item.blind);
}

/** `item` with the suggestion that was found for it meanwhile, if it lacks one that it may show. */
function suggested(item: OnDesk, found: readonly Waiting[]): OnDesk {
  if (item.suggestion || item.blind) return item;
  const suggestion = found.find((one) => one.mail.id === item.mail.id)?.suggestion;
  return suggestion ? { ...item, suggestion } : item;
}

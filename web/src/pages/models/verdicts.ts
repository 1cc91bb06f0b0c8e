/** A night's outcome and a gate's verdict in words, each with a sign, so that nothing hangs on a colour. */
import type { Outcome } from "../../api/types";
import { count, several } from "../../text";

/** Classes of a chip or a notice. */
export type Tone = "good" | "bad" | "warn" | "live" | "calm";

export interface OutcomeWords {
  sign: string;
  word: string;
  text: string;
  tone: Tone;
}

const OUTCOMES: Record<Outcome, OutcomeWords> = {
  promoted: { sign: "▲", word: "Promoted", text: "a better model was found", tone: "good" },
  refused: { sign: "■", word: "Kept the old model", text: "the new model did not prove better", tone: "calm" },
  no_change: { sign: "=", word: "Nothing new", text: "same mails, same recipe: nothing was trained", tone: "calm" },
  failed: { sign: "✕", word: "Failed", text: "an error ended it; the live model is untouched", tone: "bad" },
  cancelled: { sign: "⊘", word: "Cancelled", text: "somebody stopped it; the live model is untouched", tone: "calm" },
  stopped: { sign: "!", word: "Stopped by the data check", text: "the mails broke a rule; nothing was trained", tone: "bad" },
  running: { sign: "●", word: "Running", text: "it is at work", tone: "live" },
};

/** What became of a run; an outcome that this page does not know is shown as it is called. */
export function outcomeWords(outcome: string): OutcomeWords {
  return OUTCOMES[outcome as Outcome] ?? { sign: "?", word: outcome.replaceAll("_", " "), text: "", tone: "calm" };
}

const REASONS: Record<string, string> = {
  better: "It beat the live model on the same mails, and every condition held.",
  first_champion: "There was no live model yet, and it beat every simple baseline.",
  not_better: "It did not score higher than the live model on the same mails.",
  not_better_than_baseline: "It did not score higher than a simple baseline.",
  not_better_crossfitted: "It scored higher on the mails kept aside, but lower when every mail was judged in turn.",
  condition: "It scored higher, but did not meet a condition of the gate.",
  already_champion: "The live model is still the best candidate.",
  no_challenger: "No candidate could be trained, so there was nothing to judge.",
  holdout_too_small: "There are too few mails kept aside to judge on. Label more mails.",
  unscorable: "One of the two could not be scored, and then nothing is replaced.",
  other_rows: "The two were scored on different mails, which proves nothing.",
  other_labels: "It knows labels that the recipe does not have.",
  other_template: "It was trained with another text template than the recipe has now.",
  learned_from_holdout: "It had seen some of the mails that it was judged on.",
  non_finite: "A score was not a number.",
  gate_broken: "The gate failed its own test, so it decided nothing.",
};

/** Why the gate decided as it did, for somebody who has not read how it works; empty where it is not known. */
export function reasonWords(reason: string | null | undefined): string {
  return REASONS[reason ?? ""] ?? "";
}

/** The headline of a verdict. */
export function verdictHead(promoted: boolean, reason: string): string {
  if (reason === "first_champion") return "Promoted: the first live model";
  if (promoted) return "Promoted: it beats the live model";
  return reason === "already_champion" ? "Kept: the live model is still the best" : "Not promoted: the live model stays";
}

/** "3 mails fixed, 1 broken": mails that the live model had wrong and the new one right, and the other way round. */
export function changedWords(fixed: number, broken: number): string {
  if (!fixed && !broken) return "no mail is answered differently";
  return `${several(fixed, "mail")} fixed, ${count(broken)} broken`;
}

const PLAIN: Record<string, string> = {
  "macro f1": "macro-F1",
  "worst label f1": "F1 of the worst label",
  "P(better)": "chance of being better",
  "ms a mail": "time for one mail (ms)",
  MB: "size (MB)",
  "no label worse": "no label may fall by more",
  "one of": "one of these",
};

/** What a condition of the gate is about, in words. */
export function conditionWords(what: string): string {
  return PLAIN[what] ?? what;
}

const EVENTS: Record<string, { sign: string; word: string; tone: Tone }> = {
  promoted: { sign: "▲", word: "Promoted", tone: "good" },
  refused: { sign: "■", word: "Refused", tone: "calm" },
  rolled_back: { sign: "↩", word: "Rolled back", tone: "warn" },
  overridden: { sign: "✎", word: "Deployed by hand", tone: "warn" },
  abandoned: { sign: "⊘", word: "Left undone", tone: "calm" },
  imported: { sign: "↓", word: "Imported", tone: "calm" },
};

/** A word of the ledger, as a chip. */
export function eventWords(event: string): { sign: string; word: string; tone: Tone } {
  return EVENTS[event] ?? { sign: "?", word: event.replaceAll("_", " "), tone: "calm" };
}

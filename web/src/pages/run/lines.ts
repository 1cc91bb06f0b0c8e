/** A run's events as lines of its log. */
import { decimal } from "../../text";
import { verdictHead } from "../models/verdicts";
import type { Epoch, Told } from "./events";

export type Tone = "plain" | "step" | "figure" | "warning" | "error" | "end";

export interface Line {
  id: number;
  at: string | null;
  tone: Tone;
  text: string;
}

const LEVELS: Record<string, Tone> = { warning: "warning", warn: "warning", error: "error", critical: "error" };

/** The line that tells event number `id`; null for what is shown elsewhere, and for what this page does not know. */
export function lineOf(id: number, event: Told): Line | null {
  const line = (tone: Tone, text: string): Line => ({ id, at: event.at ?? null, tone, text });
  switch (event.type) {
    case "log":
      return line(LEVELS[event.level?.toLowerCase() ?? ""] ?? "plain", event.message);
    case "note":
      return line("plain", named(event.candidate, event.message));
    case "stage":
      return line("step", `Stage ${event.n} of ${event.of}: ${event.stage}`);
    case "attempt":
      return line("plain", attemptWords(event.candidate, event.attempt, event.setting));
    case "metrics":
      return line(event.kept === false ? "plain" : "figure", named(event.candidate, (event.kept === false ? "in a fold, " : "") + epochWords(event)));
    case "trial":
      return line("plain", `an engine is tried out: ${event.message}`);
    case "oom":
      return line("warning", `${event.candidate} ran out of memory: ${event.message}`);
    case "error":
      return line("error", named(event.candidate, event.message));
    case "verdict":
      return line("step", verdictHead(event.promoted, event.reason)); // the end tells the whole sentence
    case "end":
      return line("end", event.sentence || event.status);
    default: // a status stands above the log, progress is a bar, and what a newer Avocet tells is passed over
      return null;
  }
}

const named = (candidate: string | undefined, message: string): string => (candidate ? `${candidate}: ${message}` : message);

function attemptWords(candidate: string, attempt: number, setting?: string): string {
  const how = setting ? ` (${setting})` : "";
  return attempt ? `${candidate}: training begins anew, smaller${how}` : `${candidate}: training begins${how}`;
}

/** "epoch 2 of 5: macro-F1 0.71, accuracy 0.80, loss 0.431"; what was not measured is left out. */
export function epochWords(epoch: Epoch): string {
  const of = epoch.of ? ` of ${epoch.of}` : "";
  const parts = [
    epoch.macro_f1 == null ? "" : `macro-F1 ${decimal(epoch.macro_f1)}`,
    epoch.accuracy == null ? "" : `accuracy ${decimal(epoch.accuracy)}`,
    epoch.loss == null ? "" : `loss ${decimal(epoch.loss, 3)}`,
  ].filter(Boolean);
  return `epoch ${epoch.epoch}${of}${parts.length ? `: ${parts.join(", ")}` : ""}`;
}

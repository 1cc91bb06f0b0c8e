/** The five stages of a run: what each does in words, and how far the run has come. */
import type { Stage } from "../../api/types";
import type { RunView } from "./events";

export type At = "waiting" | "running" | "done" | "failed" | "skipped";

export interface Shown {
  name: string;
  word: string;
  at: At;
  began_at: string | null;
  ended_at: string | null;
}

const WORDS: Record<string, string> = {
  validate: "Check the mails",
  split: "Set mails aside",
  finetune: "Train",
  benchmark: "Judge",
  promote: "Decide",
};

export const SIGNS: Record<At, { sign: string; word: string }> = {
  waiting: { sign: "○", word: "to come" },
  running: { sign: "●", word: "at work" },
  done: { sign: "✓", word: "done" },
  failed: { sign: "✕", word: "failed" },
  skipped: { sign: "–", word: "not needed" },
};

/** The stages as the record tells them, moved on by what the stream has told since. */
export function stagesOf(told: Stage[], view: RunView): Shown[] {
  const known = told.length ? told : Object.keys(WORDS).map((name): Stage => ({ name, status: "waiting", began_at: null, ended_at: null }));
  const now = view.stage ? known.findIndex((s) => s.name === view.stage?.name) : -1;
  return known.map((s, i) => ({
    name: s.name,
    word: WORDS[s.name] ?? s.name,
    at: view.end ? ended(s, i, now, view.end.status) : moved(s.status, i, now),
    began_at: s.began_at,
    ended_at: s.ended_at,
  }));
}

function moved(at: At, i: number, now: number): At {
  if (at !== "waiting" && at !== "running") return at;
  if (i < now) return "done";
  return i === now ? "running" : at;
}

/** After the end nothing is at work, and what was not reached never will be. */
function ended(its: Stage, i: number, now: number, status: string): At {
  if (its.status !== "waiting" && its.status !== "running") return its.status;
  if (i < now) return "done";
  if (i > now || now < 0) return "skipped";
  return status === "completed" ? "done" : "failed";
}

/** "Stage 3 of 5: Train"; empty before the first. */
export function stageWords(stages: Shown[]): string {
  const i = stages.findIndex((s) => s.at === "running");
  return i < 0 ? "" : `Stage ${i + 1} of ${stages.length}: ${stages[i]!.word}`;
}

/** The four figures at the head of a run: while it is at work, and when it is over. */
import type { Run, RunDetail } from "../../api/types";
import { decimal, duration, several } from "../../text";
import type { RunView } from "./events";
import { epochWords } from "./lines";
import { stageWords, type Shown } from "./stages";
import { about, between, earlier, secondsLeft } from "./timeleft";

export interface Figure {
  name: string;
  value: string;
  more: string;
}

const STATES: Record<string, string> = {
  waiting: "Waiting to begin",
  preparing: "Preparing",
  training: "Training",
  evaluating: "Judging",
  completed: "Ended",
  failed: "Failed",
};

export const stateWords = (status: string): string => STATES[status] ?? status;

/** State, stage, time left, last figure; `before`: earlier runs, newest first. */
export function atWork(run: RunDetail, view: RunView, stages: Shown[], before: Run[], now: number): Figure[] {
  const at = stages.findIndex((s) => s.at === "running");
  const since = between(run.created_at, new Date(now).toISOString()) ?? 0;
  return [
    { name: "State", value: stateWords(view.status ?? run.status), more: `for ${duration(since)}` },
    { name: "Stage", value: at < 0 ? "–" : `${at + 1} of ${stages.length}`, more: stageWords(stages).split(": ")[1] ?? "" },
    { name: "Time left", ...timeLeft(view, before, now) },
    { name: "Last figure", ...lastFigure(view) },
  ];
}

/** The newest thing that was measured: an epoch, or a training when it was over. */
function lastFigure(view: RunView): { value: string; more: string } {
  const [epoch, trained] = [view.epochs.at(-1), view.trained.at(-1)];
  if (trained && trained.line > (epoch?.line ?? 0)) return { value: `F1 ${decimal(trained.macro_f1)}`, more: `${trained.candidate}, on validation` };
  if (!epoch) return { value: "–", more: "none yet" };
  const value = epoch.macro_f1 == null ? `Loss ${decimal(epoch.loss)}` : `F1 ${decimal(epoch.macro_f1)}`;
  return { value, more: `${epoch.candidate}, ${epochWords(epoch).split(":")[0]}` };
}

function timeLeft(view: RunView, before: Run[], now: number): { value: string; more: string } {
  const expected = earlier(before.filter((run) => run.outcome === "promoted" || run.outcome === "refused").slice(0, 5)) ?? "";
  // Judging goes in steps of very different length, and a fold is a small part of a training.
  const known = view.progress && !view.progress.fold && view.progress.candidate !== "benchmark";
  const seconds = known ? secondsLeft(view.progress, now) : null;
  if (seconds === null) return { value: "–", more: expected || "not known yet" };
  return { value: about(seconds), more: `for ${view.progress?.candidate}${position(view)}${expected ? `; ${expected}` : ""}` };
}

/** What the bar is about: "minilm, candidate 2 of 4". */
export function progressWords(view: RunView): string {
  const its = view.progress;
  if (!its) return "";
  if (its.candidate === "benchmark") return `Judging${its.what ? ` ${its.what}` : ""}`;
  return `${its.candidate}${position(view)}${its.fold ? ", a fold that is only scored" : ""}`;
}

/** ", candidate 2 of 4" where it is known how many there are. */
function position(view: RunView): string {
  const name = view.progress?.candidate;
  const at = name ? view.begun.indexOf(name) : -1;
  return view.candidates.length > 1 && at >= 0 ? `, candidate ${at + 1} of ${view.candidates.length}` : "";
}

/** Time, mails learned from, mails judged on, score. */
export function over(run: RunDetail): Figure[] {
  const took = between(run.created_at, run.completed_at);
  const score = typeof run.results?.macro_f1 === "number" ? run.results.macro_f1 : null;
  const gain = run.improvement_over_baseline;
  return [
    { name: "Took", value: took === null ? "–" : duration(took), more: "" },
    { name: "Learned from", value: run.num_training_examples === null ? "–" : several(run.num_training_examples, "mail"), more: "" },
    { name: "Judged on", value: run.num_test_examples === null ? "–" : several(run.num_test_examples, "mail"), more: "" },
    { name: "Macro-F1", value: decimal(score), more: gain === null ? "" : `${decimal(Math.abs(gain))} ${gain < 0 ? "below" : "above"} the best baseline` },
  ];
}

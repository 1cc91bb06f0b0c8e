/** How long a training will still take, from how fast its last steps were; nothing where nobody can know. */
import { duration } from "../../text";
import type { Progress, Sample } from "./events";

const LEAST_S = 1; // of observation, before anything is said
const STILL_S = 10;
const STILL_STEPS = 5; // without a word for so long, the pace says nothing any more
const WINDOW_MS = 90_000; // older steps may have been slower: warm-up, or another load on the machine

/** Seconds until the last step; null where the pace or the number of steps is not known. */
export function secondsLeft(progress: Progress | null, now: number): number | null {
  if (!progress?.of) return null;
  if (progress.step >= progress.of) return 0;
  const pace = stepsPerSecond(progress.samples);
  if (pace === null) return null;
  const last = progress.samples.at(-1)!;
  const since = Math.max(0, (now - last.at) / 1000);
  if (since > STILL_S + STILL_STEPS / pace) return null; // it does something else, or nothing
  return Math.max(0, (progress.of - progress.step) / pace - since);
}

function stepsPerSecond(samples: Sample[]): number | null {
  const last = samples.at(-1);
  const first = samples.find((s) => last && last.at - s.at <= WINDOW_MS);
  if (!first || !last) return null;
  const seconds = (last.at - first.at) / 1000;
  const steps = last.step - first.step;
  return seconds >= LEAST_S && steps > 0 ? steps / seconds : null;
}

/** A duration as one says it: "less than 10 s", "about 40 s", "about 3 min", "about 1 h 10 min". */
export function about(seconds: number): string {
  if (seconds < 10) return "less than 10 s";
  if (seconds < 55) return `about ${Math.round(seconds / 5) * 5} s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `about ${minutes} min`;
  const rest = Math.round((minutes % 60) / 5) * 5;
  const hours = Math.floor(minutes / 60) + (rest === 60 ? 1 : 0);
  return rest % 60 ? `about ${hours} h ${rest} min` : `about ${hours} h`;
}

/** Seconds between two times of the API; null where one is missing or is none. */
export function between(from: string | null | undefined, to: string | null | undefined): number | null {
  const seconds = (Date.parse(to ?? "") - Date.parse(from ?? "")) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

/** What earlier runs took, as an expectation: "earlier runs took 4 to 7 min"; null where there was none. */
export function earlier(runs: { created_at: string; completed_at: string | null }[]): string | null {
  const took = runs.map((r) => between(r.created_at, r.completed_at)).filter((s): s is number => s !== null && s > 0);
  if (!took.length) return null;
  const [least, most] = [Math.min(...took), Math.max(...took)];
  if (took.length === 1) return `the last run took ${duration(most)}`;
  return `the last ${took.length} runs took ${duration(least)} to ${duration(most)}`;
}

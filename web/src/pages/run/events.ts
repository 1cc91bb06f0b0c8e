/** What a run's event lines come to: each line once, by its number, whatever order a network brings them in. */
import type { RunEvent } from "../../api/types";
import { lineOf, type Line } from "./lines";

/** An event as it comes: some say when, and `kept` is false of a training that is only scored, in a fold. */
export type Told = (
  | RunEvent
  | { type: "attempt"; candidate: string; attempt: number; setting?: string }
  | { type: "error" | "trial"; candidate?: string; message: string }
  | { type: "done"; candidate: string; val_macro_f1?: number | null }
) & { at?: string; candidates?: string[]; kept?: boolean; message?: string };
type Of<T extends RunEvent["type"]> = Extract<RunEvent, { type: T }>;

/** One epoch's figures on the validation rows; the loss is of training. What was not measured is null. */
export type Epoch = Omit<Of<"metrics">, "type">;

/** How far a training was, and when that was heard (milliseconds). */
export interface Sample {
  at: number;
  step: number;
}

export interface Progress {
  candidate: string;
  step: number;
  of: number | null;
  fold: boolean; // of a training that is only scored
  what: string; // is being done, where it is told
  samples: Sample[];
}

/** All that a page shows of a run's events. */
export interface RunView {
  seen: Set<number>;
  newest: Record<string, number>; // what was told -> the number of the last line that said so
  lines: Line[];
  status: string | null;
  stage: { name: string; n: number; of: number } | null;
  candidates: string[]; // that will be trained, where it is known
  begun: string[]; // candidates whose training has begun
  progress: Progress | null;
  epochs: (Epoch & { line: number })[];
  trained: { candidate: string; macro_f1: number; line: number }[]; // on validation, when a training was over
  outOfMemory: { candidate: string; message: string }[];
  verdict: Omit<Of<"verdict">, "type"> | null;
  end: Omit<Of<"end">, "type"> | null;
}

const SAMPLES = 40;
const BURST_MS = 250; // lines that arrive together were kept for us: they do not say how fast the training is

export function emptyView(): RunView {
  return {
    seen: new Set(), newest: {}, lines: [], status: null, stage: null, candidates: [], begun: [], progress: null,
    epochs: [], trained: [], outOfMemory: [], verdict: null, end: null,
  };
}

/** Take line `id` in, heard at `now` (milliseconds); false where it was taken in before. */
export function take(view: RunView, id: number, event: Told, now: number): boolean {
  if (view.seen.has(id)) return false;
  view.seen.add(id);
  const line = lineOf(id, event);
  if (line) insert(view.lines, line);
  remember(view, id, event, now);
  return true;
}

/** Lines come in order nearly always: look from the end. */
function insert(lines: Line[], line: Line): void {
  let i = lines.length;
  while (i > 0 && lines[i - 1]!.id > line.id) i -= 1;
  lines.splice(i, 0, line);
}

function remember(view: RunView, id: number, event: Told, now: number): void {
  switch (event.type) {
    case "status":
      if (isNews(view, "status", id)) view.status = event.status;
      break;
    case "stage":
      if (event.candidates?.length) view.candidates = event.candidates;
      if (isNews(view, "stage", id)) view.stage = { name: event.stage, n: event.n, of: event.of };
      if (isNews(view, "progress", id)) view.progress = null;
      break;
    case "attempt":
      if (!view.begun.includes(event.candidate)) view.begun.push(event.candidate);
      if (isNews(view, "progress", id)) view.progress = { candidate: event.candidate, step: 0, of: null, fold: false, what: "", samples: [] };
      break;
    case "progress":
      if (isNews(view, "progress", id)) view.progress = further(view.progress, event, now);
      break;
    case "metrics":
      if (event.kept !== false) addEpoch(view, id, event);
      break;
    case "done":
      if (event.val_macro_f1 != null) view.trained.push({ candidate: event.candidate, macro_f1: event.val_macro_f1, line: id });
      break;
    case "oom":
      view.outOfMemory.push({ candidate: event.candidate, message: event.message });
      break;
    case "verdict":
      view.verdict = { promoted: event.promoted, reason: event.reason, sentence: event.sentence };
      break;
    case "end":
      view.end = { status: event.status, outcome: event.outcome, sentence: event.sentence };
  }
}

/** Whether line `id` is newer than all that said this before. */
function isNews(view: RunView, what: string, id: number): boolean {
  if (id < (view.newest[what] ?? 0)) return false;
  view.newest[what] = id;
  return true;
}

function further(before: Progress | null, event: Of<"progress"> & Pick<Told, "at" | "kept"> & { message?: string }, now: number): Progress {
  const said = Date.parse(event.at ?? "");
  const at = Number.isNaN(said) ? now : said;
  // A smaller step is a training that began anew with a smaller batch: its pace is another.
  const fold = event.kept === false;
  const goesOn = before?.candidate === event.candidate && before.fold === fold && before.of === event.of && event.step >= before.step;
  const samples = goesOn ? [...before.samples] : [];
  const last = samples.at(-1);
  if (last && at - last.at < BURST_MS) samples[samples.length - 1] = { at: last.at, step: event.step };
  else samples.push({ at, step: event.step });
  return { candidate: event.candidate, step: event.step, of: event.of, fold, what: event.message ?? "", samples: samples.slice(-SAMPLES) };
}

/** A training that begins anew tells its first epoch again: what it told from there on was another training's. */
function addEpoch(view: RunView, id: number, event: Epoch): void {
  const { candidate, epoch, of, macro_f1, accuracy, loss } = event;
  const its = view.epochs.filter((e) => e.candidate === candidate);
  if (its.some((e) => e.line > id && e.epoch <= epoch)) return;
  const gone = its.filter((e) => e.line < id && e.epoch >= epoch);
  const kept = view.epochs.filter((e) => !gone.includes(e));
  view.epochs = [...kept, { candidate, epoch, of, macro_f1, accuracy, loss, line: id }].sort((a, b) => a.line - b.line);
}

/** Candidate -> its epochs, in the order in which they were trained. */
export function byCandidate<T extends Epoch>(epochs: T[]): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const epoch of epochs) found.set(epoch.candidate, [...(found.get(epoch.candidate) ?? []), epoch]);
  return found;
}

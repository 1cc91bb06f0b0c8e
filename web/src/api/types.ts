/**
 * The shapes that the API answers with, by the names that the pages use; schema.d.ts is made from ../openapi.json (`npm run types`).
 * Times are UTC with a Z, ids are strings, run ids are numbers.
 */

import type { components, paths } from "./schema";

type Schemas = components["schemas"];
/** An answer holds every field; what the description calls optional merely has a value of its own. */
type Answer<Name extends keyof Schemas> = Required<Schemas[Name]>;
type Body<Path extends keyof paths> = paths[Path] extends { get: { responses: { 200: { content: { "application/json": infer Said } } } } } ? Said : never;

export interface Page<T> {
  items: T[];
  total: number;
  next_cursor: string | null;
}

export type Mail = Answer<"Mail">;
export type Suggestion = Answer<"Prediction">;
export type Queue = Answer<"Queue">;
export type Waiting = Queue["items"][number];
export type Order = "uncertain" | "rare" | "random" | "oldest" | "diverse" | "entropy";
export type HistoryEvent = Answer<"Event">;
export type Undone = Answer<"Undone">;
/** Its key is one character, or none. */
export type Label = Required<Schemas["LabelList"]["items"][number]>;
export type Statistics = Answer<"Statistics">;

export type Import = Answer<"Job">;
export type QuarantineFile = Answer<"SetAside">;
export type SetAside = Answer<"Unusable">;
/** A label that is likely wrong, a conflict, or a text of an odd length, as a run saw it. */
export type Suspect = Answer<"Suspect">;
export type Checks = Answer<"Checks">;
export type Finding = Checks["findings"][number];
/** A mailbox to fetch from; its password is never among what the API takes or tells. */
export type Account = Answer<"KnownAccount">;

export type Settings = Answer<"Settings">;
export type Recipe = Answer<"Listed">;
export type Candidate = Required<Recipe["candidates"][number]>;
export type Schedule = Answer<"Schedule">;

/** What the last run that judged the live model found, on `n` mails; `lo` to `hi` is the 95 % interval of macro-F1. */
export type LiveMetrics = Answer<"Metrics">;
export type ModelInfo = Answer<"ModelInfo">;

/** Document 1's FineTuningRun and what became of it. */
export type Run = Answer<"RunView">;
export type RunStatus = Run["status"];
export type Outcome = Run["outcome"];
/** One whose cards are told with it is an older API's. */
export type RunDetail = Omit<Answer<"RunDetail">, "stages"> & { stages: Stage[]; cards?: Card[] | null };
export type Stage = Answer<"Stage">;
export type Condition = Answer<"Condition"> & { what?: string };
/** The last benchmark tells a verdict without its conditions. */
export type Verdict = Schemas["VerdictTold"] & { conditions?: Condition[] };
export type RunData = Answer<"DataView">;

/**
 * One line of a run's event stream, as far as the pages read it; `end` is always the last one. By hand: the description leaves
 * events open to further words. tests/shapes.test.ts holds the two together.
 */
export type RunEvent =
  | { type: "status"; status: string; at: string }
  | { type: "stage"; stage: string; n: number; of: number; at: string }
  | { type: "log"; message: string; level: "info" | "warning" | "error" }
  | { type: "progress"; candidate: string; step: number; of: number | null }
  | { type: "metrics"; candidate: string; epoch: number; of: number; macro_f1?: number | null; accuracy?: number | null; loss?: number | null }
  | { type: "note"; candidate: string; message: string }
  | { type: "oom"; candidate: string; message: string }
  | { type: "verdict"; promoted: boolean; reason: string; sentence: string }
  | { type: "end"; status: "completed" | "failed" | "cancelled"; outcome: Outcome; sentence: string };

export type Model = Body<"/api/models">["items"][number];
export type ModelDetail = Body<"/api/models/{id}">;
/** The numbers of one model on the holdout; lo and hi are 95 % intervals. */
export type Card = Answer<"Card">;
export type PerLabel = Card["per_label"][number];
export type BenchmarkResults = Answer<"Results">;
export type Decision = Answer<"Told">;

/** The shapes that the API answers with; times are UTC with a Z, ids are strings, run ids are numbers. */

export interface Page<T> {
  items: T[];
  total: number;
  next_cursor: string | null;
}

export type Kind = "label" | "correction" | "confirmation";

export interface Mail {
  id: string;
  fields: Record<string, string>;
  headers: Record<string, string>;
  source: string | null;
  imported_at: string | null;
  label: string | null;
  labeled_at: string | null;
  who: string | null;
  kind: Kind | null;
  predicted: string | null;
  confidence: number | null;
  version: number;
  discarded: boolean;
  skipped: boolean;
  used_in_run: number | null;
}

export interface Suggestion {
  label: string;
  confidence: number;
  version: string;
}

export interface Waiting {
  mail: Mail;
  suggestion: Suggestion | null;
  drawn: boolean;
  blind: boolean;
}

export type Order = "uncertain" | "rare" | "random" | "oldest" | "diverse" | "entropy";

export interface Queue extends Page<Waiting> {
  labelled_today: number;
  left: number;
  skipped: number;
}

export interface HistoryEvent {
  seq: number;
  row_id: string;
  title: string;
  label: string | null;
  kind: Kind | "deletion" | "skip" | "discard" | "undo";
  labeled_at: string;
  who: string | null;
  predicted: string | null;
  confidence: number | null;
  version: string | null;
  undone: boolean;
}

export interface Undone {
  event: number;
  row_id: string;
  kind: string;
  label: string | null;
  n: number;
}

export interface Label {
  name: string;
  /** One character, or none. */
  key: string;
  colour: string;
  description: string;
  target: number | null;
}

export interface Statistics {
  n_rows: number;
  n_labelled: number;
  by_label: Record<string, number>;
  corrections: number;
  confirmations: number;
  copies: number;
  conflicts: number;
  used: number;
  least: number;
  ready: boolean;
}

export interface Import {
  id: string;
  status: "running" | "done" | "failed";
  filename: string;
  dry_run: boolean;
  n_read: number;
  n_new: number;
  n_known: number;
  n_twice: number;
  n_labelled: number;
  n_other: number;
  n_aside: number;
  quarantine: string | null;
  error: string | null;
}

export interface Settings {
  fine_tuning_enabled: boolean;
  min_training_examples: number;
  auto_train: boolean;
}

export interface Candidate {
  name: string;
  method: string;
  base: string | null;
}

export interface Recipe {
  name: string;
  about: string;
  labels: string[];
  candidates: Candidate[];
  collection: string | null;
  rows: string[];
  champion: string | null;
}

/** What the last run that judged the live model found, on `n` mails; `lo` to `hi` is the 95 % interval of macro-F1. */
export interface LiveMetrics {
  run: string;
  n: number;
  macro_f1: number | null;
  lo: number | null;
  hi: number | null;
  accuracy: number | null;
}

export interface ModelInfo {
  type: "base" | "finetuned";
  version: string | null;
  recipe: string;
  metrics: LiveMetrics | null;
  problem: string | null;
}

export type RunStatus = "preparing" | "training" | "evaluating" | "completed" | "failed";
export type Outcome = "promoted" | "refused" | "no_change" | "failed" | "cancelled" | "stopped" | "running";

/** Document 1's FineTuningRun and what became of it. */
export interface Run {
  id: number;
  run: string;
  recipe: string;
  created_at: string;
  status: RunStatus;
  num_training_examples: number | null;
  num_validation_examples: number | null;
  num_test_examples: number | null;
  training_config: Record<string, unknown>;
  results: Record<string, unknown> | null;
  model_path: string | null;
  improvement_over_baseline: number | null;
  completed_at: string | null;
  sentence: string | null;
  outcome: Outcome;
  live: boolean;
  flow_run_url: string | null;
}

export interface Stage {
  name: string;
  status: "waiting" | "running" | "done" | "failed" | "skipped";
  began_at: string | null;
  ended_at: string | null;
}

export interface Condition {
  what: string;
  wanted: string | number | null;
  found: string | number | null;
  held: boolean;
}

export interface Verdict {
  promoted: boolean;
  reason: string;
  sentence: string;
  conditions: Condition[];
}

export interface RunData {
  n_rows: number;
  by_label: Record<string, number>;
  dropped: unknown;
  quarantined: unknown;
}

export interface RunDetail extends Run {
  stages: Stage[];
  verdict: Verdict | null;
  cards: Card[] | null;
  data: RunData | null;
}

/** One line of a run's event stream; `end` is always the last one. */
export type RunEvent =
  | { type: "status"; status: string; at: string }
  | { type: "stage"; stage: string; n: number; of: number; at: string }
  | { type: "log"; message: string; level: string }
  | { type: "progress"; candidate: string; step: number; of: number }
  | { type: "metrics"; candidate: string; epoch: number; of: number; macro_f1: number; accuracy: number; loss: number }
  | { type: "note"; candidate: string; message: string }
  | { type: "oom"; candidate: string; message: string }
  | { type: "verdict"; promoted: boolean; reason: string; sentence: string }
  | { type: "end"; status: "completed" | "failed" | "cancelled"; outcome: Outcome; sentence: string };

export interface Schedule {
  where: "prefect" | "none";
  cron: string | null;
  timezone: string | null;
  active: boolean;
  next: string | null;
  last: { id: number; at: string; outcome: Outcome; sentence: string | null }[];
  help: string | null;
}

export interface Model {
  name: string;
  base_model: string | null;
  val_macro_f1: number | null;
  timestamp: string;
  sample_count: number;
  version: string;
  recipe: string;
  candidate: string;
  method: string;
  holdout_macro_f1: number | null;
  champion: boolean;
  was_champion: boolean;
  damaged?: string | null;
}

export interface PerLabel {
  label: string;
  precision: number;
  recall: number;
  f1: number;
  lo: number | null;
  hi: number | null;
  n: number;
}

/** The numbers of one model on the holdout; lo and hi are 95 % intervals. */
export interface Card {
  name: string;
  candidate: string | null;
  role: string;
  macro_f1: number | null;
  lo: number | null;
  hi: number | null;
  accuracy: number | null;
  ms_per_mail: number | null;
  size_bytes: number | null;
  engine: string | null;
  engine_why: string | null;
  n: number;
  top_k: Record<string, number> | null;
  per_label: PerLabel[];
  labels: string[];
  confusion: number[][];
  calibration_error: number | null;
  error: string | null;
}

export interface ModelDetail extends Model {
  info: Record<string, unknown>;
  card: Card | null;
  card_run: number | string | null;
}

export interface BenchmarkResults {
  models: Card[];
  labels: string[];
  sample_count: number;
  timestamp: string | null;
  run: number | string | null;
  verdict: Verdict | null;
}

export interface Decision {
  at: string;
  event: string;
  recipe: string;
  version: string | null;
  sentence: string;
  [word: string]: unknown;
}

/** A mailbox to fetch from; its password is never among what the API takes or tells. */
export interface Account {
  name: string;
  collection: string;
  host: string;
  port: number;
  security: "tls" | "starttls" | "none";
  username: string;
  folder: string;
  fetched_at: string | null;
  /** How its password is given, where the API says so. */
  help?: string | null;
}

/** A label that is likely wrong, a conflict, or a text of an odd length, as a run saw it. */
export interface Suspect {
  row_id: string;
  label: string;
  likely: string;
  side: string;
  reason: string;
}

export interface Finding {
  rule: string;
  severity: "critical" | "warning" | "info";
  outcome: "stop" | "drop-label" | "quarantine" | "warn" | "note";
  message: string;
  n: number;
  where: string[];
}

export interface Checks {
  n_lines: number;
  n_kept: number;
  n_quarantined: number;
  n_rules: number;
  label_counts: Record<string, number>;
  dropped_labels: string[];
  findings: Finding[];
  stopped: boolean;
}

export interface QuarantineFile {
  name: string;
  n: number;
}

export interface SetAside {
  file: string;
  line: number;
  reason: string;
}

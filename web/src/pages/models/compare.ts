/** Two models side by side: their lines, which of them differ, and mails that one has right and the other wrong. */
import type { Card } from "../../api/types";
import { decimal, moment, several } from "../../text";
import type { Difference } from "./words";

export interface Changed {
  id: string;
  title: string | null; // null where its words are gone
  true: string;
  a: string;
  b: string;
}

export interface Score {
  run: string;
  n_rows: number;
  macro_f1: number;
  accuracy: number | null;
}

export interface Comparison {
  a: string;
  b: string;
  lines: Told[];
  together: [Score, Score] | null;
  sentence: string;
  difference: Difference | null;
  fixed: Changed[];
  broken: Changed[];
}

/** One thing known of both. */
export interface Told {
  what: string;
  a: unknown;
  b: unknown;
}

export interface Line {
  name: string;
  a: string;
  b: string;
  differs: boolean;
}

const NAMES: Record<string, string> = {
  base_model_id: "base",
  base_revision: "revision of the base",
  timestamp: "trained at",
  sample_count: "mails used",
  train_sample_count: "mails learned from",
  epochs_run: "epochs run",
  val_macro_f1: "validation macro-F1",
  val_accuracy: "validation accuracy",
  holdout_macro_f1: "macro-F1 of its own night",
  max_tokens: "most tokens read",
  train_s: "training time (s)",
  size_mb: "size (MB)",
};
const FIGURES = ["val_macro_f1", "val_accuracy", "holdout_macro_f1"];

/** The lines of a comparison as they are shown. */
export function lines(its: Told[]): Line[] {
  return its.map(({ what: key, a, b }) => {
    const name = NAMES[key] ?? (key.startsWith("rows of ") ? `mails of ${key.slice(8).replaceAll("_", " ")}` : key.replaceAll("_", " "));
    return { name, a: shown(key, a), b: shown(key, b), differs: JSON.stringify(a) !== JSON.stringify(b) };
  });
}

function shown(key: string, value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return FIGURES.includes(key) ? decimal(value, 3) : String(Math.round(value * 100) / 100);
  if (key === "timestamp") return moment(String(value));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The scores of two models on the same mails, as lines. */
export function scoreLines(a: Card | null, b: Card | null): Line[] {
  const line = (name: string, of: (card: Card) => string): Line => {
    const [one, two] = [a ? of(a) : "–", b ? of(b) : "–"];
    return { name, a: one, b: two, differs: one !== two };
  };
  const labels = [...new Set([...(a?.labels ?? []), ...(b?.labels ?? [])])];
  return [
    line("macro-F1", (c) => decimal(c.macro_f1, 3)),
    line("accuracy", (c) => decimal(c.accuracy, 3)),
    line("time for one mail", (c) => (c.ms_per_mail === null ? "–" : `${c.ms_per_mail.toFixed(1)} ms`)),
    ...labels.map((label) => line(`F1 of ${label.replaceAll("_", " ")}`, (c) => f1Of(c, label))),
  ];
}

function f1Of(card: Card, label: string): string {
  const its = card.per_label.find((one) => one.label === label);
  return its?.n ? `${decimal(its.f1, 3)} (n ${its.n})` : "–";
}

/** Which mails stand where: what `b` mended of what `a` had wrong. */
export function changedHead(which: "fixed" | "broken", its: Comparison): string {
  const n = which === "fixed" ? its.fixed.length : its.broken.length;
  return which === "fixed"
    ? `${several(n, "mail")} fixed: ${its.b} is right, ${its.a} was wrong`
    : `${several(n, "mail")} broken: ${its.a} was right, ${its.b} is wrong`;
}

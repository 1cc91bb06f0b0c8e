/** Figures and verdicts in words: two decimals, an interval beside each score, and no claim that an interval does not carry. */

import { decimal, interval } from "../../text";

export interface Interval {
  lo?: number | null;
  hi?: number | null;
}

export interface Difference {
  macro_f1: number;
  lo: number;
  hi: number;
  p_better: number;
}

export interface Words {
  head: string;
  text: string;
  tone: "good" | "bad" | "open";
}

const MINUS = "\u2212";

/** "+0.04", "−0.01", "0.00". */
export function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return (value < 0 ? MINUS : "+") + text;
}

/** "0.71 (0.66–0.77)", or the figure alone where there is no interval. */
export function withInterval(value: number | null | undefined, its: Interval | null | undefined): string {
  const range = value == null ? "" : interval(its?.lo, its?.hi);
  return range ? `${decimal(value)} (${range})` : decimal(value);
}

/** "3.4 ms", "112 ms". */
export function milliseconds(ms: number | null | undefined): string {
  return ms == null ? decimal(null) : `${ms >= 20 ? Math.round(ms) : ms.toFixed(1)} ms`;
}

/** What the difference of `b` to `a` lets one say. An interval that holds 0 lets one say nothing clear. */
export function differenceWords(a: string, b: string, its: Difference): Words {
  const told = `macro-F1 ${signed(its.macro_f1, 3)} (${signed(its.lo, 3)} to ${signed(its.hi, 3)})`;
  const chance = `Chance that ${b} is the better one: ${chanceWords(its.p_better)}.`;
  if (its.lo > 0) return { head: `${b} is better`, text: `${b} against ${a}: ${told}. ${chance}`, tone: "good" };
  if (its.hi < 0) return { head: `${b} is worse`, text: `${b} against ${a}: ${told}. ${chance}`, tone: "bad" };
  const head = its.macro_f1 === 0 ? `${b} is as good as ${a}` : `${b} is not clearly ${its.macro_f1 > 0 ? "better" : "worse"}`;
  return { head, text: `${b} against ${a}: ${told}. The interval includes 0. ${chance}`, tone: "open" };
}

/** A probability as one says it, never 0 % or 100 %: resampled mails prove nothing. */
export function chanceWords(p: number): string {
  const percent = p > 0.99 ? "over 99\u00a0%" : p < 0.01 ? "under 1\u00a0%" : `${Math.round(p * 100)}\u00a0%`;
  const sure: [number, string][] = [
    [0.975, "as good as sure"],
    [0.9, "likely"],
    [0.6, "perhaps"],
    [0.4, "as good as tossing a coin"],
    [0.1, "rather not"],
    [0.025, "unlikely"],
  ];
  return `${percent}, ${sure.find(([least]) => p >= least)?.[1] ?? "as good as ruled out"}`;
}

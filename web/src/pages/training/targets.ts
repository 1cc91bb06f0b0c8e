/** How many labels each class has against its target, and what is lopsided about them. */
import type { Label } from "../../api/types";
import { several, words } from "../../text";

export interface Target {
  label: string;
  n: number;
  target: number | null;
  missing: number;
  known: boolean; // a label of the recipe; what stands under others is left out of a run
  share: number; // of the target, at most 1; without one, of the largest class
}

const LEAST = 3; // document 1: fewer examples of a class teach nothing
const LOPSIDED = 5; // document 1: a ratio to warn about

/** One entry for each label, in the order of the recipe; what stands under a label that it has no more comes last. */
export function targets(labels: Label[], byLabel: Record<string, number>, names: string[] = []): Target[] {
  const known = new Map(labels.map((label) => [label.name, label]));
  const all = [...new Set([...known.keys(), ...names, ...Object.keys(byLabel)])];
  const most = Math.max(1, ...Object.values(byLabel));
  return all.map((label) => {
    const n = byLabel[label] ?? 0;
    const target = known.get(label)?.target ?? null;
    const missing = target ? Math.max(0, target - n) : 0;
    return { label, n, target, missing, known: known.has(label) || names.includes(label), share: Math.min(1, n / (target || most)) };
  });
}

/** What a person should know before training on these; empty where nothing is odd. */
export function warnings(all: Target[]): string[] {
  const its = all.filter((t) => t.known);
  const told: string[] = [];
  const list = (few: Target[]): string => few.map((t) => words(t.label)).join(", ");
  const none = its.filter((t) => t.n === 0);
  const few = its.filter((t) => t.n > 0 && t.n < LEAST);
  if (none.length) told.push(`No mail yet: ${list(none)}. No model can learn ${none.length === 1 ? "it" : "them"}.`);
  if (few.length) told.push(`Fewer than ${LEAST}: ${list(few)}. Scores of ${few.length === 1 ? "it" : "them"} mean little.`);
  const some = its.filter((t) => t.n > 0);
  const [least, most] = [Math.min(...some.map((t) => t.n)), Math.max(...some.map((t) => t.n))];
  if (some.length > 1 && most > LOPSIDED * least) {
    const [rare, large] = [some.find((t) => t.n === least)!, some.find((t) => t.n === most)!];
    told.push(
      `Lopsided: ${several(most, "mail")} of ${words(large.label)} for ${least} of ${words(rare.label)}. The queue can ask for rare ones first.`,
    );
  }
  return told;
}

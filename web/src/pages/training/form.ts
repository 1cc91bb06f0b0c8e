/** The form that starts a run: what a person chose, whether it can be, and what is sent. */
import type { Candidate } from "../../api/types";

export const EPOCHS = { least: 1, most: 20, usual: 5 } as const;
export const RANKS = [8, 16, 32] as const;
/** Methods that go over the rows in epochs; the others have none. */
const IN_EPOCHS = ["full", "lpft", "lora", "contrastive"];

export interface Split {
  name: string;
  validation: number;
  holdout: number;
}

export const SPLITS: Split[] = [
  { name: "70 / 15 / 15", validation: 0.15, holdout: 0.15 },
  { name: "60 / 20 / 20", validation: 0.2, holdout: 0.2 },
  { name: "80 / 10 / 10", validation: 0.1, holdout: 0.1 },
];

/** Empty text: as the recipe says. */
export interface Form {
  model: string;
  epochs: string;
  rank: string;
  learningRate: string;
  split: string;
}

export const emptyForm = (): Form => ({ model: "", epochs: "", rank: "", learningRate: "", split: "" });

/** What of the form means something for the chosen candidates. */
export function applies(form: Form, candidates: Candidate[]): { epochs: boolean; rank: boolean } {
  const chosen = form.model ? candidates.filter((c) => c.name === form.model) : candidates;
  return { epochs: chosen.some((c) => IN_EPOCHS.includes(c.method)), rank: chosen.some((c) => c.method === "lora") };
}

/** Field -> what is wrong with it; empty where all is well. */
export function problems(form: Form): Partial<Record<keyof Form, string>> {
  const found: Partial<Record<keyof Form, string>> = {};
  const epochs = Number(form.epochs);
  if (form.epochs && !(Number.isInteger(epochs) && epochs >= EPOCHS.least && epochs <= EPOCHS.most)) {
    found.epochs = `A whole number from ${EPOCHS.least} to ${EPOCHS.most}.`;
  }
  const rate = Number(form.learningRate);
  if (form.learningRate && !(rate > 0 && rate < 1)) found.learningRate = "A number between 0 and 1, such as 2e-4.";
  return found;
}

/** The body of the request that starts the run. */
export function body(form: Form, recipe: string, candidates: Candidate[]): Record<string, unknown> {
  const its = applies(form, candidates);
  const split = SPLITS.find((s) => s.name === form.split);
  return {
    recipe,
    ...(form.model && { model: form.model }),
    ...(form.epochs && its.epochs && { epochs: Number(form.epochs) }),
    ...(form.rank && its.rank && { rank: Number(form.rank) }),
    ...(form.learningRate && its.epochs && { learning_rate: Number(form.learningRate) }),
    ...(split && { shares: { validation: split.validation, holdout: split.holdout } }),
  };
}

/** What will happen, for the confirmation. */
export function asked(form: Form, recipe: string, candidates: Candidate[]): string[] {
  const its = applies(form, candidates);
  const told = [form.model ? `Model: ${form.model}` : `Models: all ${candidates.length} candidates of ${recipe}`];
  if (form.epochs && its.epochs) told.push(`Epochs: ${form.epochs}`);
  if (form.rank && its.rank) told.push(`LoRA rank: ${form.rank}`);
  if (form.learningRate && its.epochs) told.push(`Learning rate: ${form.learningRate}`);
  if (form.split) told.push(`Split of new mails: ${form.split}`);
  if (told.length === 1) told.push("Everything else as the recipe says");
  return told;
}

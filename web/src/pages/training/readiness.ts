/** Whether a run may start, and if not, why: the same reasons for which the API would refuse it. */
import type { Recipe, Run, Settings, Statistics } from "../../api/types";
import { count, several } from "../../text";

export interface Asked {
  settings: Settings | null;
  stats: Statistics | null;
  recipe: Recipe | null;
  running: Run | null;
}

export interface Refusal {
  text: string;
  to?: string;
  link?: string;
}

/** Why no run can start now; null where one can. */
export function whyNot({ settings, stats, recipe, running }: Asked): Refusal | null {
  if (running) return { text: `Run ${running.id} is at work, and there is one at a time.`, to: `/runs/${running.id}`, link: "Watch it" };
  if (settings && !settings.fine_tuning_enabled) return { text: "Training is switched off.", to: "/settings", link: "Settings" };
  if (!recipe || !learnsFromStore(recipe) || !stats) return null; // files are taken as they are
  const least = settings?.min_training_examples ?? stats.least;
  if (stats.n_labelled < least) {
    const missing = least - stats.n_labelled;
    const text = `${count(stats.n_labelled)} of ${several(least, "label")}: ${count(missing)} more, and a run can start.`;
    return { text, to: "/label", link: "Label mails" };
  }
  if (Object.values(stats.by_label).filter(Boolean).length < 2) {
    return { text: "All labels are of one kind; two kinds are needed to learn a difference.", to: "/label", link: "Label mails" };
  }
  return null;
}

/** Whether the recipe learns from what people say here, and not from files alone. */
export const learnsFromStore = (recipe: Recipe): boolean => recipe.collection !== null;

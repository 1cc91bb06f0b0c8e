/** The numbers beside the desk: what is left, what was done today, what each label gained since the page was opened. */

import { ref } from "vue";
import type { Mail, Queue } from "../../api/types";

export type Act = "label" | "skip" | "discard";

export class Tally {
  readonly counts = ref({ left: 0, today: 0, skipped: 0 });
  /** How many more of each label than the statistics knew. */
  readonly said = ref<Record<string, number>>({});

  /** What the store counts; right only while nothing is on its way to it. */
  know(found: Queue): void {
    this.counts.value = { left: found.left, today: found.labelled_today, skipped: found.skipped };
  }

  /** `mail` as it was before `what` was done with it; a sign of -1 takes that back. */
  add(mail: Mail, what: Act, label: string | null, sign: 1 | -1): void {
    const its = this.counts.value;
    if (mail.label === null && !mail.discarded && !mail.skipped) its.left -= sign;
    if (what === "label" && mail.label === null) its.today += sign;
    if ((what === "skip") !== mail.skipped) its.skipped += what === "skip" ? sign : -sign;
    if (what !== "label" || label === null) return;
    this.gain(label, sign);
    if (mail.label !== null) this.gain(mail.label, -sign);
  }

  private gain(label: string, n: number): void {
    this.said.value[label] = (this.said.value[label] ?? 0) + n;
  }
}

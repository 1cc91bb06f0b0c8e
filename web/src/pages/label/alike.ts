/** Near copies of the mail that was labelled last, offered to be labelled with it. */

import { shallowRef } from "vue";
import type { Mail } from "../../api/types";
import type { DeskApi } from "./api";

export interface Offer {
  id: string;
  label: string;
  mails: Mail[];
}

const AFTER_MS = 400; // of no other answer: a burst is not slowed down by looking for copies

export class Alike {
  readonly offer = shallowRef<Offer | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: DeskApi,
    private readonly isAnswered: (id: string) => boolean,
  ) {}

  lookFor(id: string, label: string): void {
    this.stop();
    this.timer = setTimeout(() => void this.look(id, label), AFTER_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  /** What was answered by itself is not offered any more. */
  withdraw(id: string): void {
    const its = this.offer.value;
    const mails = its?.mails.filter((mail) => mail.id !== id) ?? [];
    if (its && mails.length !== its.mails.length) this.offer.value = mails.length ? { ...its, mails } : null;
  }

  private async look(id: string, label: string): Promise<void> {
    try {
      const mails = (await this.api.alike(id)).filter((mail) => !this.isAnswered(mail.id));
      this.offer.value = mails.length ? { id, label, mails } : null;
    } catch {
      this.offer.value = null; // an offer that cannot be made is none
    }
  }
}

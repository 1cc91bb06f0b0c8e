/** A tiny store behind the desk, in memory: it keeps what it is told, and fails when it is told to. */
import { ApiError } from "../src/api/client";
import type { Mail, Order, Queue, Suggestion, Undone, Waiting } from "../src/api/types";
import type { DeskApi } from "../src/pages/label/api";

export const mail = (id: string, more: Partial<Mail> = {}): Mail => ({
  id, fields: { subject: `Mail ${id}`, body: "text" }, headers: {}, source: "test", imported_at: "2026-11-01T00:00:00Z", label: null, labeled_at: null, who: null,
  kind: null, predicted: null, confidence: null, version: 0, discarded: false, skipped: false, used_in_run: null, ...more,
});

type Event = { row_id: string; kind: Undone["kind"]; label: string | null; was: Mail };

export class Store implements DeskApi {
  mails: Mail[];
  events: Event[] = [];
  asked: string[] = [];
  fails: (ApiError | null)[] = [];
  slow: Promise<void> = Promise.resolve();
  private seq = 0;
  private together = 1; // events that are undone as one

  constructor(n: number) {
    this.mails = Array.from({ length: n }, (_, i) => mail(String(i)));
  }

  async queue(_order: Order, limit: number): Promise<Queue> {
    const waits = this.mails.filter((one) => one.label === null && !one.discarded).sort((a, b) => Number(a.skipped) - Number(b.skipped));
    const skipped = waits.filter((one) => one.skipped).length;
    const items = waits.slice(0, limit).map((one): Waiting => ({ mail: { ...one }, suggestion: suggestion("x"), drawn: false, blind: false }));
    return { items, total: waits.length, next_cursor: null, labelled_today: this.mails.filter((one) => one.label).length, left: waits.length - skipped, skipped };
  }

  mail = async (id: string): Promise<Mail> => ({ ...this.find(id) });
  history = async () => [];
  alike = async (id: string): Promise<Mail[]> => this.mails.filter((one) => one.label === null && one.id !== id && one.fields.twin === this.find(id).fields.twin && one.fields.twin);

  async say(id: string, label: string, version: number, guess: Suggestion | null): Promise<Mail> {
    await this.door(`${id}=${label}`);
    if (this.find(id).version !== version) throw new ApiError(412, "", "It moved on.");
    return this.keep(id, "label", { label, kind: guess?.label === label ? "confirmation" : "correction" });
  }

  skip = async (id: string): Promise<Mail> => (await this.door(`${id} skip`), this.keep(id, "skip", { skipped: true }));
  discard = async (id: string): Promise<Mail> => (await this.door(`${id} discard`), this.keep(id, "discard", { discarded: true }));

  async sayAlike(_id: string, label: string, ids: string[]): Promise<number> {
    await this.door(`${ids.join("+")}=${label}`);
    for (const id of ids) this.keep(id, "label", { label });
    this.together = ids.length;
    return ids.length;
  }

  async undo(): Promise<Undone> {
    await this.door("undo");
    const last = this.events.pop();
    if (!last) throw new ApiError(404, "", "There is nothing to undo.");
    Object.assign(this.find(last.row_id), last.was, { version: ++this.seq });
    const n = this.together;
    for (let more = 1; more < n; more += 1) {
      const one = this.events.pop() as Event;
      Object.assign(this.find(one.row_id), one.was, { version: ++this.seq });
    }
    this.together = 1;
    return { event: this.seq, row_id: last.row_id, kind: last.kind, label: last.label, n };
  }

  /** Somebody else, in another window. */
  keep(id: string, kind: Undone["kind"], change: Partial<Mail>): Mail {
    const its = this.find(id);
    this.events.push({ row_id: id, kind, label: change.label ?? null, was: { ...its } });
    return { ...Object.assign(its, change, { version: ++this.seq }) };
  }

  find(id: string): Mail {
    const its = this.mails.find((one) => one.id === id);
    if (!its) throw new ApiError(404, "", `There is no mail ${id}.`);
    return its;
  }

  labelled = (): string[] => this.mails.filter((one) => one.label).map((one) => `${one.id}=${one.label}`);

  private async door(what: string): Promise<void> {
    await this.slow;
    this.asked.push(what);
    const fails = this.fails.shift();
    if (fails) throw fails;
  }
}

export const suggestion = (label: string): Suggestion => ({ label, confidence: 0.8, version: "v" });
export const cut = (): ApiError => new ApiError(0, "No answer", "Avocet does not answer.");

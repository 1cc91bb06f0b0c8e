/** The desk: the mails that wait for a label, what was just said of them, and what is not saved yet. */

import { computed, ref, shallowRef } from "vue";
import { ApiError, inWords } from "../../api/client";
import type { Mail, Order, Queue, Waiting } from "../../api/types";
import { titleOf, words } from "../../text";
import { Alike } from "./alike";
import type { DeskApi } from "./api";
import { asRecent, recentOf, staying, withBack, type Back, type OnDesk, type Recent } from "./onDesk";
import { useSaver } from "./saver";
import { Tally, type Act } from "./tally";

export type Say = (text: string, tone?: "calm" | "good" | "bad") => void;

const AT_ONCE = 50;
const FEW = 25; // left on the desk: time to fetch more
const RECENT = 10;
const GUARD_MS = 700;
const SUGGESTIONS_AFTER_MS = 1000;
const PATIENCE = 30; // times that suggestions are asked for again

export class Desk {
  readonly items = shallowRef<OnDesk[]>([]);
  readonly recent = shallowRef<Recent[]>([]);
  readonly order = ref<Order>("uncertain");
  readonly trouble = ref("");
  readonly loading = ref(false);
  readonly tally = new Tally();
  readonly saver = useSaver();
  readonly alike: Alike;
  readonly current = computed(() => this.items.value[0] ?? null);
  readonly done = computed(() => !this.current.value && this.exhausted.value && !this.loading.value && this.saver.waiting.value === 0);
  private readonly exhausted = ref(false);
  private readonly acted = new Map<string, Act>();
  private readonly versions = new Map<string, number>();
  private readonly known = new Map<string, Waiting>();
  private undoing = 0;
  private skippedToo = false;
  private guardedUntil = 0;
  private turn = 0;
  private patience = PATIENCE;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `expectsSuggestions`: whether a model is live that will suggest. */
  constructor(
    private readonly api: DeskApi,
    private readonly say: Say,
    private readonly expectsSuggestions: () => boolean = () => false,
    private readonly now: () => number = () => Date.now(),
  ) {
    this.alike = new Alike(api, (id) => this.acted.has(id));
  }

  /** An empty desk, but for what is not saved, and the first mails in the order `by`. */
  async begin(by: Order = this.order.value): Promise<void> {
    this.order.value = by;
    this.turn += 1;
    this.patience = PATIENCE;
    this.items.value = this.items.value.filter((item) => item.back?.why === "unsaved");
    this.exhausted.value = false;
    await Promise.all([this.fill(), this.remember()]);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.alike.stop();
  }

  /** Say what the mail on the desk is, and go on to the next; it is saved meanwhile. */
  act(what: Act, label: string | null = null): void {
    const item = this.current.value;
    if (!item || this.isGuarded()) return;
    const { mail } = item;
    if (item.back?.why === "unsaved") this.saver.failed.value -= 1;
    this.items.value = this.items.value.slice(1);
    this.acted.set(mail.id, what);
    this.tally.add(mail, what, label, 1);
    this.alike.withdraw(mail.id);
    this.recent.value = [recentOf(mail, what, label), ...this.others(mail.id)].slice(0, RECENT);
    void this.saver.send(() => this.send(item, what, label), (error) => this.cameBack(item, what, label, error)).then(() => this.settle());
    this.fillIfFew();
  }

  /** Say once more what was not saved. */
  again(): void {
    const back = this.current.value?.back;
    if (back?.why !== "unsaved") return;
    this.guardedUntil = 0;
    this.act(back.act, back.label);
  }

  undo(): void {
    this.undoing += 1;
    void this.saver
      .send(() => this.takeBack(), (error) => (isNothing(error) ? this.say("There is nothing to undo.") : this.say(`Not undone. ${inWords(error)}`, "bad")))
      .finally(() => (this.undoing -= 1))
      .then(() => this.settle());
  }

  /** Bring one that was answered before back to the desk, to answer it anew. Throws ApiError. */
  async reopen(id: string): Promise<void> {
    const mail = await this.api.mail(id);
    this.acted.delete(id);
    this.bring(mail, { why: "again", act: "label", label: mail.label, detail: "" });
  }

  /** Leave what was reopened as it is. */
  putBack(): void {
    if (this.current.value?.back?.why === "again") this.items.value = this.items.value.slice(1);
    this.fillIfFew();
  }

  /** Label those of the offered near copies. */
  labelAlike(ids: readonly string[]): void {
    const offer = this.alike.offer.value;
    if (!offer || !ids.length) return;
    this.alike.offer.value = null;
    const mails = offer.mails.filter((mail) => ids.includes(mail.id));
    const taken = this.items.value.filter((item) => ids.includes(item.mail.id));
    this.items.value = this.items.value.filter((item) => !taken.includes(item));
    for (const mail of mails) this.mark(mail, offer.label, 1);
    const save = async (): Promise<void> => {
      const n = await this.api.sayAlike(offer.id, offer.label, [...ids]);
      this.say(`${n} alike labelled “${words(offer.label)}”, too.`, "good");
      await this.remember();
    };
    const fails = (error: unknown): void => {
      for (const mail of mails) this.mark(mail, offer.label, -1);
      this.items.value = [...this.items.value, ...taken];
      this.say(`The alike ones were not labelled. ${inWords(error)}`, "bad");
    };
    void this.saver.send(save, fails).then(() => this.settle());
  }

  /** Those that were put off, now. */
  showSkipped(): void {
    this.skippedToo = true;
    for (const [id, what] of this.acted) if (what === "skip") this.acted.delete(id);
    this.exhausted.value = false;
    void this.fill();
  }

  /** Keys that were meant for another mail must not hit the one that just took its place. */
  private isGuarded(): boolean {
    return this.now() < this.guardedUntil || this.undoing > 0;
  }

  /** Fetch more mails; what is on the desk stays in its place. */
  private async fill(): Promise<void> {
    const mine = this.turn;
    this.loading.value = true;
    try {
      const found = await this.api.queue(this.order.value, AT_ONCE);
      if (mine === this.turn) this.lay(found);
    } catch (error) {
      if (mine === this.turn) this.trouble.value = inWords(error);
    } finally {
      if (mine === this.turn) this.loading.value = false;
    }
  }

  private lay(found: Queue): void {
    const kept = staying(this.items.value, found.items);
    const here = new Set(kept.map((item) => item.mail.id));
    const fresh = found.items.filter(({ mail }) => !here.has(mail.id) && !this.acted.has(mail.id) && (this.skippedToo || !mail.skipped));
    for (const one of fresh) this.versions.set(one.mail.id, one.mail.version);
    this.items.value = [...kept, ...fresh.map((one) => ({ ...one, back: null }))];
    for (const item of this.items.value) this.known.set(item.mail.id, item);
    this.exhausted.value = fresh.length === 0;
    if (this.saver.waiting.value === 0) this.tally.know(found);
    this.trouble.value = "";
    this.waitForSuggestions();
  }

  private fillIfFew(): void {
    if (this.items.value.length < FEW && !this.loading.value && !this.exhausted.value) void this.fill();
  }

  /** A champion that is only being loaded suggests a little later. */
  private waitForSuggestions(): void {
    if (this.patience <= 0 || !this.expectsSuggestions() || this.items.value.every((item) => item.suggestion || item.blind)) return;
    this.patience -= 1;
    const mine = this.turn;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => mine === this.turn && void this.fill(), SUGGESTIONS_AFTER_MS);
  }

  private async remember(): Promise<void> {
    try {
      const events = await this.api.history(RECENT * 2);
      this.recent.value = events.filter((one) => !one.undone && one.kind !== "undo").slice(0, RECENT).map(asRecent);
    } catch (error) {
      this.say(`The history could not be read: ${inWords(error)}`, "bad");
    }
  }

  private async send(item: OnDesk, what: Act, label: string | null): Promise<void> {
    const { id } = item.mail;
    const version = this.versions.get(id) ?? item.mail.version;
    const mail = what === "label" ? await this.api.say(id, String(label), version, item.suggestion) : await this.api[what](id);
    this.versions.set(id, mail.version);
    this.saved(id, what === "label" ? (mail.kind ?? what) : what);
    if (item.back?.why === "unsaved") this.say(`Saved now: “${titleOf(mail.fields)}”.`, "good");
    if (what === "label") this.alike.lookFor(id, String(label));
  }

  private saved(id: string, act: string): void {
    this.recent.value = this.recent.value.map((one) => (one.id === id ? { ...one, act, state: "saved" } : one));
  }

  private async cameBack(item: OnDesk, what: Act, label: string | null, error: unknown): Promise<void> {
    const moved = error instanceof ApiError && error.status === 412;
    const mail = moved ? await this.api.mail(item.mail.id).catch(() => item.mail) : item.mail;
    // The answer to an earlier try was lost on its way: what we wanted to say stands.
    if (moved && mail.label === label) return this.saved(mail.id, what);
    this.tally.add(item.mail, what, label, -1);
    this.acted.delete(mail.id);
    this.recent.value = this.others(mail.id);
    if (!moved) this.saver.failed.value += 1;
    const detail = moved ? `It was labelled “${words(mail.label ?? "nothing")}” elsewhere meanwhile.` : inWords(error);
    this.known.set(mail.id, item);
    this.bring(mail, { why: moved ? "elsewhere" : "unsaved", act: what, label, detail });
    if (this.current.value?.mail.id === mail.id) this.guardedUntil = this.now() + GUARD_MS;
    this.say(`${moved ? "" : "Not saved: "}“${titleOf(mail.fields)}” came back. ${detail}`, "bad");
  }

  private async takeBack(): Promise<void> {
    const undone = await this.api.undo();
    const mail = await this.api.mail(undone.row_id);
    this.recent.value = this.others(mail.id);
    const act = undone.kind === "skip" || undone.kind === "discard" ? undone.kind : "label";
    this.acted.delete(mail.id);
    if (undone.n > 1) this.forgetAnswers(); // near copies, which wait again as well
    this.versions.set(mail.id, mail.version);
    const waits = mail.label === null && !mail.discarded;
    const title = titleOf(mail.fields);
    this.say(waits ? `Undone: “${title}” waits again.` : `Undone: “${title}” is “${words(mail.label ?? "discarded")}” again.`, "good");
    if (!waits) return;
    this.tally.add({ ...mail, skipped: false }, act, undone.label, -1);
    this.bring(mail, { why: "undone", act, label: undone.label, detail: "" });
  }

  /** Lay it on top, with the suggestion that it had. */
  private bring(mail: Mail, back: Back): void {
    this.versions.set(mail.id, mail.version);
    const { suggestion, drawn, blind } = this.known.get(mail.id) ?? { suggestion: null, drawn: false, blind: false };
    this.items.value = withBack(this.items.value, { suggestion, drawn, blind, mail, back });
  }

  private mark(mail: Mail, label: string, sign: 1 | -1): void {
    if (sign === 1) this.acted.set(mail.id, "label");
    else this.acted.delete(mail.id);
    this.tally.add(mail, "label", label, sign);
  }

  /** Whatever waits is shown again. Only while nothing is on its way to the store. */
  private forgetAnswers(): void {
    this.acted.clear();
    this.exhausted.value = false;
    void this.fill();
  }

  private others(id: string): Recent[] {
    return this.recent.value.filter((one) => one.id !== id);
  }

  /** Once all is sent, the store is asked again: mails that were on their way are not in its answer any more. */
  private settle(): void {
    if (this.saver.waiting.value > 0 || this.loading.value || this.items.value.length >= FEW) return;
    if (!this.exhausted.value || !this.items.value.length) void this.fill();
  }
}

const isNothing = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

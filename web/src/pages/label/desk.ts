/** The desk: the mails that wait for a label, what was just said of them, and what is not saved yet. */

import { computed, ref, shallowRef } from "vue";
import { ApiError, inWords } from "../../api/client";
import type { HistoryEvent, Mail, Order, Waiting } from "../../api/types";
import { titleOf, words } from "../../text";
import type { DeskApi } from "./api";
import { useSaver } from "./saver";

export type Act = "label" | "skip" | "discard";

/** A mail on the desk; `back` says why it is here a second time. */
export interface OnDesk extends Waiting {
  back: { why: "unsaved" | "elsewhere" | "undone" | "again"; act: Act; label: string | null; detail: string } | null;
}

/** One line of what was said last. */
export interface Recent {
  id: string;
  title: string;
  label: string | null;
  act: string;
  state: "saving" | "saved";
}

export interface Offer {
  id: string;
  label: string;
  mails: Mail[];
}

export interface DeskSays {
  (text: string, tone?: "calm" | "good" | "bad"): void;
}

const AT_ONCE = 50;
const FEW = 25; // left on the desk: time to fetch more
const RECENT = 10;
const GUARD_MS = 700;
const ALIKE_AFTER_MS = 400;

export function useDesk(api: DeskApi, say: DeskSays, now: () => number = () => Date.now()) {
  const items = shallowRef<OnDesk[]>([]);
  const recent = shallowRef<Recent[]>([]);
  const offer = shallowRef<Offer | null>(null);
  const counts = ref({ left: 0, today: 0, skipped: 0 });
  const said = ref<Record<string, number>>({}); // how many more of each label than the statistics knew
  const order = ref<Order>("uncertain");
  const trouble = ref("");
  const loading = ref(false);
  const undoing = ref(0);
  const exhausted = ref(false);
  const saver = useSaver();
  const acted = new Map<string, Act>();
  const versions = new Map<string, number>();
  const known = new Map<string, Waiting>();
  let skippedToo = false;
  let guardedUntil = 0;
  let turn = 0;
  let lookingForAlike: ReturnType<typeof setTimeout> | undefined;

  const current = computed(() => items.value[0] ?? null);
  const done = computed(() => !current.value && exhausted.value && !loading.value && saver.waiting.value === 0);

  async function begin(by: Order = order.value): Promise<void> {
    order.value = by;
    turn += 1;
    items.value = items.value.filter((item) => item.back?.why === "unsaved");
    exhausted.value = false;
    await Promise.all([fill(), remember()]);
  }

  async function remember(): Promise<void> {
    try {
      recent.value = (await api.history(RECENT * 2)).filter((one) => !one.undone && one.kind !== "undo").slice(0, RECENT).map(asRecent);
    } catch (error) {
      say(`The history could not be read: ${inWords(error)}`, "bad");
    }
  }

  /** Fetch more mails; what is on the desk stays in its place. */
  async function fill(): Promise<void> {
    const mine = turn;
    loading.value = true;
    try {
      const found = await api.queue(order.value, AT_ONCE);
      if (mine !== turn) return;
      const here = new Set(items.value.map((item) => item.mail.id));
      const fresh = found.items.filter((one) => !here.has(one.mail.id) && !acted.has(one.mail.id) && (skippedToo || !one.mail.skipped));
      for (const one of fresh) {
        known.set(one.mail.id, one);
        versions.set(one.mail.id, one.mail.version);
      }
      items.value = [...items.value, ...fresh.map((one) => ({ ...one, back: null }))];
      exhausted.value = fresh.length === 0;
      if (saver.waiting.value === 0) counts.value = { left: found.left, today: found.labelled_today, skipped: found.skipped };
      trouble.value = "";
    } catch (error) {
      if (mine === turn) trouble.value = inWords(error);
    } finally {
      if (mine === turn) loading.value = false;
    }
  }

  function fillIfFew(): void {
    if (items.value.length < FEW && !loading.value && !exhausted.value) void fill();
  }

  /** Keys that were meant for another mail must not hit the one that just took its place. */
  const guarded = (): boolean => now() < guardedUntil || undoing.value > 0;

  function act(what: Act, label: string | null = null): void {
    const item = current.value;
    if (!item || guarded()) return;
    const { id } = item.mail;
    if (item.back?.why === "unsaved") saver.failed.value -= 1;
    items.value = items.value.slice(1);
    acted.set(id, what);
    count(item.mail, what, label, 1);
    withdraw(id);
    recent.value = [{ id, title: titleOf(item.mail.fields), label, act: what, state: "saving" as const }, ...recent.value.filter((one) => one.id !== id)].slice(0, RECENT);
    void saver
      .send(
        () => send(item, what, label),
        (error) => cameBack(item, what, label, error),
      )
      .then(afterwards);
    fillIfFew();
  }

  async function send(item: OnDesk, what: Act, label: string | null): Promise<void> {
    const { id } = item.mail;
    const mail =
      what === "label" ? await api.say(id, String(label), versions.get(id) ?? item.mail.version, item.suggestion) : await api[what](id);
    versions.set(id, mail.version);
    recent.value = recent.value.map((one) => (one.id === id ? { ...one, act: mail.kind ?? what, state: "saved" } : one));
    if (what === "label") lookForAlike(id, String(label));
  }

  async function cameBack(item: OnDesk, what: Act, label: string | null, error: unknown): Promise<void> {
    let { mail } = item;
    let why: "unsaved" | "elsewhere" = "unsaved";
    if (error instanceof ApiError && error.status === 412) {
      mail = await api.mail(mail.id).catch(() => item.mail);
      versions.set(mail.id, mail.version);
      // The answer to an earlier try was lost on its way: what we wanted to say stands.
      if (mail.label === label) {
        recent.value = recent.value.map((one) => (one.id === mail.id ? { ...one, state: "saved" } : one));
        return;
      }
      why = "elsewhere";
    }
    count(item.mail, what, label, -1);
    acted.delete(mail.id);
    recent.value = recent.value.filter((one) => one.id !== mail.id);
    if (why === "unsaved") saver.failed.value += 1;
    const detail = why === "elsewhere" ? `It was labelled “${words(mail.label ?? "nothing")}” elsewhere meanwhile.` : inWords(error);
    onTop({ ...item, mail, back: { why, act: what, label, detail } });
    say(why === "elsewhere" ? `“${titleOf(mail.fields)}” came back. ${detail}` : `Not saved: “${titleOf(mail.fields)}” came back. ${detail}`, "bad");
  }

  /** Behind the mails that came back before it, so that these come in their order. */
  function onTop(item: OnDesk): void {
    const rest = items.value.filter((one) => one.mail.id !== item.mail.id);
    const n = rest.findIndex((one) => one.back === null || one.back.why === "again");
    const at = item.back?.why === "unsaved" || item.back?.why === "elsewhere" ? (n < 0 ? rest.length : n) : 0;
    if (at === 0) guardedUntil = now() + GUARD_MS;
    items.value = [...rest.slice(0, at), item, ...rest.slice(at)];
  }

  /** Say once more what was not saved. */
  function again(): void {
    const back = current.value?.back;
    if (!back || back.why !== "unsaved") return;
    guardedUntil = 0;
    act(back.act, back.label);
  }

  function count(mail: Mail, what: Act, label: string | null, sign: 1 | -1): void {
    const its = counts.value;
    if (mail.label === null && !mail.discarded && !mail.skipped) its.left -= sign;
    if (what === "label" && mail.label === null) its.today += sign;
    if ((what === "skip") !== mail.skipped) its.skipped += what === "skip" ? sign : -sign;
    if (what !== "label" || label === null) return;
    said.value[label] = (said.value[label] ?? 0) + sign;
    if (mail.label !== null) said.value[mail.label] = (said.value[mail.label] ?? 0) - sign;
  }

  function undo(): void {
    undoing.value += 1;
    void saver
      .send(takeBack, (error) => say(error instanceof ApiError && error.status === 404 ? "There is nothing to undo." : `Not undone. ${inWords(error)}`, "bad"))
      .finally(() => (undoing.value -= 1))
      .then(afterwards);
  }

  async function takeBack(): Promise<void> {
    const undone = await api.undo();
    const mail = await api.mail(undone.row_id);
    versions.set(mail.id, mail.version);
    recent.value = recent.value.filter((one) => one.id !== mail.id);
    const what = acted.get(mail.id) ?? (undone.kind === "skip" || undone.kind === "discard" ? undone.kind : "label");
    acted.delete(mail.id);
    const waits = mail.label === null && !mail.discarded;
    if (waits) count({ ...mail, skipped: false }, what, undone.label, -1);
    const title = titleOf(mail.fields);
    say(waits ? `Undone: “${title}” waits again.` : `Undone: “${title}” is “${words(mail.label ?? "discarded")}” again.`, "good");
    if (waits) onTop({ ...(known.get(mail.id) ?? { suggestion: null, drawn: false, blind: false }), mail, back: { why: "undone", act: what, label: undone.label, detail: "" } });
    guardedUntil = 0; // this one was asked for
  }

  /** Bring one that was answered before back to the desk, to answer it anew. */
  async function reopen(id: string): Promise<void> {
    const mail = await api.mail(id);
    versions.set(id, mail.version);
    acted.delete(id);
    onTop({ ...(known.get(id) ?? { suggestion: null, drawn: false, blind: false }), mail, back: { why: "again", act: "label", label: mail.label, detail: "" } });
    guardedUntil = 0;
  }

  /** Leave what was reopened as it is. */
  function putBack(): void {
    if (current.value?.back?.why === "again") items.value = items.value.slice(1);
    fillIfFew();
  }

  function lookForAlike(id: string, label: string): void {
    clearTimeout(lookingForAlike);
    lookingForAlike = setTimeout(() => {
      api.alike(id).then(
        (found) => {
          const mails = found.filter((mail) => !acted.has(mail.id));
          offer.value = mails.length ? { id, label, mails } : null;
        },
        () => (offer.value = null), // an offer that cannot be made is none
      );
    }, ALIKE_AFTER_MS);
  }

  /** What was answered by itself is not offered any more. */
  function withdraw(id: string): void {
    const mails = offer.value?.mails.filter((mail) => mail.id !== id) ?? [];
    if (offer.value && mails.length !== offer.value.mails.length) offer.value = mails.length ? { ...offer.value, mails } : null;
  }

  function labelAlike(ids: string[]): void {
    const its = offer.value;
    if (!its || !ids.length) return;
    offer.value = null;
    const mails = its.mails.filter((mail) => ids.includes(mail.id));
    const before = items.value;
    items.value = items.value.filter((item) => !ids.includes(item.mail.id));
    for (const mail of mails) {
      acted.set(mail.id, "label");
      count(mail, "label", its.label, 1);
    }
    void saver
      .send(
        async () => {
          const n = await api.sayAlike(its.id, its.label, ids);
          say(`${n} alike labelled “${words(its.label)}”, too.`, "good");
          await remember();
        },
        (error) => {
          for (const mail of mails) {
            acted.delete(mail.id);
            count(mail, "label", its.label, -1);
          }
          items.value = [...items.value, ...before.filter((item) => ids.includes(item.mail.id))];
          say(`The alike ones were not labelled. ${inWords(error)}`, "bad");
        },
      )
      .then(afterwards);
  }

  function showSkipped(): void {
    skippedToo = true;
    for (const [id, what] of acted) if (what === "skip") acted.delete(id);
    exhausted.value = false;
    void fill();
  }

  /** Once all is sent, what the store has is asked again: mails that were on their way are not in its answer any more. */
  function afterwards(): void {
    if (saver.waiting.value > 0) return;
    if (items.value.length < FEW && !loading.value && (!exhausted.value || !items.value.length)) void fill();
  }

  return {
    items, current, recent, offer, counts, said, order, trouble, loading, undoing, done,
    save: saver.state, waiting: saver.waiting, unsaved: saver.failed,
    begin, fill, act, again, undo, reopen, putBack, labelAlike, showSkipped,
  };
}

function asRecent(event: HistoryEvent): Recent {
  return { id: event.row_id, title: event.title, label: event.label, act: event.kind, state: "saved" };
}

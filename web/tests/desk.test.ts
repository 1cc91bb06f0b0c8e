/** The desk: answers are saved in order, none is lost and none hits a mail it was not meant for. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../src/api/client";
import type { Order } from "../src/api/types";
import { Desk } from "../src/pages/label/desk";
import { cut, mail, Store } from "./fakeDesk";

let store: Store;
let desk: Desk;
let told: string[];
let clock: number;
let live = false;

async function open(n: number): Promise<void> {
  store = new Store(n);
  told = [];
  clock = 0;
  desk = new Desk(store, (text) => told.push(text), () => live, () => clock);
  await desk.begin();
}
const settle = () => vi.advanceTimersByTimeAsync(20);
const here = () => desk.current.value?.mail.id;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("answers", () => {
  it("moves on at once and saves twenty in the order in which they were said", async () => {
    await open(60);
    let free = (): void => undefined;
    store.slow = new Promise((done) => (free = done));
    for (let n = 0; n < 20; n += 1) desk.act("label", n % 2 ? "x" : "y");
    expect(here()).toBe("20");
    expect(desk.saver.state.value).toBe("saving");
    expect(store.asked).toEqual([]);
    free();
    await settle();
    expect(store.asked).toEqual(Array.from({ length: 20 }, (_, n) => `${n}=${n % 2 ? "x" : "y"}`));
    expect(desk.saver.state.value).toBe("saved");
    expect(desk.tally.counts.value).toEqual({ left: 40, today: 20, skipped: 0 });
  });

  it("fetches more before the desk is empty and shows no mail twice", async () => {
    await open(130);
    const seen: (string | undefined)[] = [];
    while (desk.current.value) {
      seen.push(here());
      desk.act("label", "x");
      await settle();
    }
    expect(new Set(seen).size).toBe(130);
    expect(store.labelled()).toHaveLength(130);
    expect(desk.done.value).toBe(true);
  });

  it("counts corrections and what each label gained", async () => {
    await open(3);
    desk.act("label", "x");
    desk.act("label", "y");
    await settle();
    expect(desk.recent.value.map((one) => [one.id, one.act, one.state])).toEqual([["1", "correction", "saved"], ["0", "confirmation", "saved"]]);
    expect(desk.tally.said.value).toEqual({ x: 1, y: 1 });
  });

  it("skips to the end of the queue, and shows the skipped ones when asked", async () => {
    await open(2);
    desk.act("skip");
    desk.act("label", "x");
    await settle();
    expect(desk.done.value).toBe(true);
    expect(desk.tally.counts.value).toEqual({ left: 0, today: 1, skipped: 1 });
    desk.showSkipped();
    await settle();
    expect(here()).toBe("0");
  });
});

describe("what was not saved", () => {
  it("comes back, is told, and is saved when said again", async () => {
    await open(5);
    store.fails = [cut()];
    desk.act("label", "y");
    await settle();
    expect(here()).toBe("0");
    expect(desk.current.value?.back).toMatchObject({ why: "unsaved", act: "label", label: "y" });
    expect(desk.saver.state.value).toBe("unsaved");
    expect(desk.tally.counts.value.left).toBe(5);
    expect(told.at(-1)).toContain("Not saved: “Mail 0” came back.");
    desk.again();
    await settle();
    expect(store.labelled()).toEqual(["0=y"]);
    expect(desk.saver.state.value).toBe("saved");
    expect(told.at(-1)).toBe("Saved now: “Mail 0”.");
    expect(here()).toBe("1");
  });

  it("is not hit by a key that was meant for the mail before it", async () => {
    await open(5);
    store.fails = [cut()];
    desk.act("label", "y");
    await settle();
    desk.act("label", "x");
    expect(here()).toBe("0");
    clock = 701;
    desk.act("label", "x");
    await settle();
    expect(store.labelled()).toEqual(["0=x"]);
  });

  it("comes back in order when a whole burst fails, and the ones that went through stay", async () => {
    await open(9);
    store.fails = [cut(), null, cut(), cut()];
    for (const label of ["a", "b", "c", "d"]) desk.act("label", label);
    await settle();
    expect(store.labelled()).toEqual(["1=b"]);
    expect(desk.items.value.slice(0, 4).map((one) => [one.mail.id, one.back?.label])).toEqual([["0", "a"], ["2", "c"], ["3", "d"], ["4", undefined]]);
    expect(desk.saver.failed.value).toBe(3);
    for (let n = 0; n < 3; n += 1) {
      desk.again();
      await settle();
    }
    expect(store.labelled()).toEqual(["0=a", "1=b", "2=c", "3=d"]);
    expect(desk.saver.failed.value).toBe(0);
  });

  it("is kept on the desk when the order changes", async () => {
    await open(5);
    store.fails = [cut()];
    desk.act("label", "y");
    await settle();
    await desk.begin("random");
    expect(here()).toBe("0");
    expect(desk.current.value?.back?.why).toBe("unsaved");
    expect(desk.items.value.filter((one) => one.mail.id === "0")).toHaveLength(1);
  });
});

describe("another window", () => {
  it("brings the mail back with what was said there", async () => {
    await open(3);
    store.keep("0", "label", { label: "z" });
    desk.act("label", "y");
    await settle();
    expect(desk.current.value?.back).toMatchObject({ why: "elsewhere", label: "y" });
    expect(told.at(-1)).toContain("“z” elsewhere");
    clock = 1000;
    desk.act("label", "y");
    await settle();
    expect(store.labelled()).toEqual(["0=y"]);
  });

  it("is no matter when it said the same: the first answer was lost on its way back", async () => {
    await open(3);
    store.keep("0", "label", { label: "y" });
    desk.act("label", "y");
    await settle();
    expect(here()).toBe("1");
    expect(desk.saver.state.value).toBe("saved");
    expect(told).toEqual([]);
  });
});

describe("undo", () => {
  it("brings back one mail after the other, with its suggestion", async () => {
    await open(5);
    desk.act("label", "x");
    desk.act("label", "y");
    desk.act("skip");
    desk.undo();
    desk.undo();
    await settle();
    expect(store.asked.slice(-2)).toEqual(["undo", "undo"]);
    expect(desk.items.value.slice(0, 3).map((one) => one.mail.id)).toEqual(["1", "2", "3"]);
    expect(desk.current.value?.suggestion?.label).toBe("x");
    expect(store.labelled()).toEqual(["0=x"]);
    expect(desk.tally.counts.value).toEqual({ left: 4, today: 1, skipped: 0 });
    expect(desk.tally.said.value.y).toBe(0);
  });

  it("lets no key through to the mail that is about to make room", async () => {
    await open(5);
    desk.act("label", "x");
    desk.undo();
    desk.act("label", "y");
    await settle();
    expect(store.labelled()).toEqual([]);
    desk.act("label", "y");
    await settle();
    expect(store.labelled()).toEqual(["0=y"]);
  });

  it("says so when there is nothing to undo", async () => {
    await open(1);
    desk.undo();
    await settle();
    expect(told).toEqual(["There is nothing to undo."]);
  });

  it("of a changed label leaves the one before it, and the desk as it is", async () => {
    await open(3);
    store.keep("2", "label", { label: "x" });
    store.keep("2", "label", { label: "y" });
    desk.undo();
    await settle();
    expect(here()).toBe("0");
    expect(told).toEqual(["Undone: “Mail 2” is “x” again."]);
  });
});

describe("answering anew", () => {
  it("replaces the earlier label, knowing the version it replaces", async () => {
    await open(4);
    desk.act("label", "x");
    await settle();
    await desk.reopen("0");
    expect(desk.current.value?.mail).toMatchObject({ id: "0", label: "x" });
    desk.act("label", "y");
    await settle();
    expect(store.labelled()).toEqual(["0=y"]);
    expect(desk.tally.counts.value).toEqual({ left: 3, today: 1, skipped: 0 });
    expect(desk.tally.said.value).toEqual({ x: 0, y: 1 });
    expect(here()).toBe("1");
  });

  it("can be left as it was", async () => {
    await open(2);
    desk.act("label", "x");
    await settle();
    await desk.reopen("0");
    desk.putBack();
    expect(here()).toBe("1");
    expect(store.labelled()).toEqual(["0=x"]);
  });
});

describe("near copies", () => {
  it("are offered after a pause and labelled together", async () => {
    await open(6);
    for (const id of ["0", "3", "4"]) store.find(id).fields.twin = "same";
    desk.act("label", "x");
    await vi.advanceTimersByTimeAsync(500);
    expect(desk.alike.offer.value?.mails.map((one) => one.id)).toEqual(["3", "4"]);
    desk.labelAlike(["3", "4"]);
    await settle();
    expect(store.labelled()).toEqual(["0=x", "3=x", "4=x"]);
    expect(desk.items.value.map((one) => one.mail.id)).toEqual(["1", "2", "5"]);
    expect(desk.tally.counts.value.left).toBe(3);
  });

  it("wait again, all of them, when that is undone", async () => {
    await open(6);
    for (const id of ["0", "3", "4"]) store.find(id).fields.twin = "same";
    desk.act("label", "x");
    await vi.advanceTimersByTimeAsync(500);
    desk.labelAlike(["3", "4"]);
    desk.undo();
    await settle();
    expect(store.labelled()).toEqual(["0=x"]);
    expect(desk.items.value.map((one) => one.mail.id).sort()).toEqual(["1", "2", "3", "4", "5"]);
    expect(desk.tally.counts.value.left).toBe(5);
  });

  it("come back when they could not be labelled", async () => {
    await open(4);
    for (const id of ["0", "3"]) store.find(id).fields.twin = "same";
    desk.act("label", "x");
    await vi.advanceTimersByTimeAsync(500);
    store.fails = [new ApiError(503, "", "The store is busy.")];
    desk.labelAlike(["3"]);
    await settle();
    expect(desk.items.value.map((one) => one.mail.id)).toEqual(["1", "2", "3"]);
    expect(told.at(-1)).toContain("The store is busy.");
  });

  it("are not asked for in the middle of a burst", async () => {
    await open(9);
    const asked = vi.spyOn(store, "alike");
    for (let n = 0; n < 5; n += 1) desk.act("label", "x");
    await vi.advanceTimersByTimeAsync(500);
    expect(asked.mock.calls).toEqual([["4"]]);
  });
});

describe("suggestions", () => {
  const later = () => vi.advanceTimersByTimeAsync(3000);

  it("come to the mail that is on the desk once the champion is loaded", async () => {
    live = true;
    await open(3);
    const queue = store.queue.bind(store);
    store.queue = async (order, limit) => {
      const found = await queue(order, limit);
      return { ...found, items: found.items.map((one, i) => ({ ...one, suggestion: null, blind: i === 1 })) };
    };
    await desk.begin();
    expect(desk.items.value.map((one) => one.suggestion?.label)).toEqual([undefined, undefined, undefined]);
    store.queue = queue;
    await later();
    expect(desk.items.value.map((one) => one.suggestion?.label)).toEqual(["x", undefined, "x"]);
    live = false;
  });

  it("come with the mails that the model asks for; those that were laid before it was loaded give way, but for the one being read", async () => {
    live = true;
    await open(6);
    const queue = store.queue.bind(store);
    const blank = (n: number) => async (order: Order, limit: number) => {
      const found = await queue(order, limit);
      return { ...found, items: found.items.slice(0, n).map((one) => ({ ...one, suggestion: null })) };
    };
    store.queue = blank(3);
    await desk.begin();
    expect(desk.items.value.map((one) => one.mail.id)).toEqual(["0", "1", "2"]);
    store.queue = async (order, limit) => {
      const found = await queue(order, limit);
      return { ...found, items: found.items.filter((one) => ["5", "2", "4"].includes(one.mail.id)).reverse() };
    };
    await later();
    expect(desk.items.value.map((one) => one.mail.id)).toEqual(["0", "2", "5", "4"]);
    expect(desk.items.value.map((one) => Boolean(one.suggestion))).toEqual([false, true, true, true]);
    live = false;
  });

  it("are not waited for where no model is live", async () => {
    await open(3);
    const queue = store.queue.bind(store);
    let n = 0;
    store.queue = async (order, limit) => {
      n += 1;
      const found = await queue(order, limit);
      return { ...found, items: found.items.map((one) => ({ ...one, suggestion: null })) };
    };
    await desk.begin();
    await later();
    expect(n).toBe(1);
  });
});

it("tells that the queue could not be read, and goes on once it can", async () => {
  await open(2);
  const queue = store.queue;
  store.queue = () => Promise.reject(cut());
  await desk.begin();
  expect(desk.trouble.value).toBe("Avocet does not answer.");
  store.queue = queue;
  await desk.begin();
  expect(desk.trouble.value).toBe("");
  expect(here()).toBe("0");
  expect(mail("7").label).toBeNull();
});

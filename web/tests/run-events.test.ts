/** A run's event lines: each once, in their order, through cuts, overlaps and trainings that begin anew. */
import { describe, expect, it } from "vitest";
import type { Told } from "../src/pages/run/events";
import { byCandidate, emptyView, take } from "../src/pages/run/events";
import { epochWords } from "../src/pages/run/lines";

const log = (message: string): Told => ({ type: "log", message, level: "info" });
const epoch = (candidate: string, n: number, macro_f1: number): Told => ({
  type: "metrics",
  candidate,
  epoch: n,
  of: 3,
  macro_f1,
  accuracy: 0.8,
  loss: 0.5,
});
const step = (n: number, candidate = "minilm", of = 60): Told => ({ type: "progress", candidate, step: n, of });

function view(lines: [number, Told][], now = (i: number): number => i * 1000) {
  const found = emptyView();
  lines.forEach(([id, event], i) => take(found, id, event, now(i)));
  return found;
}

describe("each line once", () => {
  it("takes a line in once, however often it comes", () => {
    const found = emptyView();
    expect(take(found, 1, log("one"), 0)).toBe(true);
    expect(take(found, 1, log("one"), 0)).toBe(false);
    expect(found.lines.map((l) => l.text)).toEqual(["one"]);
  });

  it("shows lines in the order of their numbers, whatever order they came in", () => {
    const found = view([
      [3, log("three")],
      [1, log("one")],
      [2, log("two")],
    ]);
    expect(found.lines.map((l) => [l.id, l.text])).toEqual([
      [1, "one"],
      [2, "two"],
      [3, "three"],
    ]);
  });

  it("loses and doubles nothing when a cut stream is resumed and told again from its middle", () => {
    const all = Array.from({ length: 21 }, (_, i): [number, Told] => [i + 1, log(`line ${i + 1}`)]);
    const found = view([...all.slice(0, 9), ...all.slice(5, 14), ...all]);
    expect(found.lines.map((l) => l.text)).toEqual(all.map(([id]) => `line ${id}`));
  });
});

describe("what the page shows", () => {
  it("keeps the newest state, even where an older line comes late", () => {
    const found = view([
      [5, { type: "status", status: "training", at: "2026-11-21T03:00:05Z" }],
      [2, { type: "status", status: "preparing", at: "2026-11-21T03:00:01Z" }],
      [6, { type: "stage", stage: "finetune", n: 3, of: 5, at: "2026-11-21T03:00:05Z" }],
      [3, { type: "stage", stage: "split", n: 2, of: 5, at: "2026-11-21T03:00:02Z" }],
    ]);
    expect(found.status).toBe("training");
    expect(found.stage).toEqual({ name: "finetune", n: 3, of: 5 });
  });

  it("puts no progress into the log", () => {
    const found = view([
      [1, step(1)],
      [2, log("x")],
      [3, step(2)],
    ]);
    expect(found.lines).toHaveLength(1);
    expect(found.progress).toMatchObject({ candidate: "minilm", step: 2, of: 60 });
  });

  it("counts steps that arrive together as one observation, so that a replay looks like no pace", () => {
    const found = view(
      Array.from({ length: 30 }, (_, i): [number, Told] => [i + 1, step(i + 1)]),
      () => 1000,
    );
    expect(found.progress?.samples).toEqual([{ at: 1000, step: 30 }]);
  });

  it("forgets the pace of another training", () => {
    expect(
      view([
        [1, step(10)],
        [2, step(20)],
        [3, step(1, "deberta-small", 90)],
      ]).progress?.samples,
    ).toHaveLength(1);
    expect(
      view([
        [1, step(10)],
        [2, step(20)],
        [3, step(1)],
      ]).progress?.samples,
    ).toHaveLength(1);
  });

  it("keeps the pace of steps that come faster than a burst is long", () => {
    const found = view(Array.from({ length: 20 }, (_, i): [number, Told] => [i + 1, step(i + 1)]), (i) => i * 100);
    expect(found.progress?.samples.length).toBeGreaterThan(5);
  });

  it("knows which candidates are to be trained and which have begun, and drops the bar when the stage is over", () => {
    const found = view([
      [1, { type: "stage", stage: "finetune", n: 3, of: 5, at: "", candidates: ["tfidf", "minilm"] }],
      [2, { type: "attempt", candidate: "tfidf", attempt: 0 }],
      [3, { type: "attempt", candidate: "minilm", attempt: 0, setting: "16 x 1" }],
      [4, step(3)],
      [5, { type: "attempt", candidate: "minilm", attempt: 1, setting: "8 x 2" }],
    ]);
    expect([found.candidates, found.begun]).toEqual([["tfidf", "minilm"], ["tfidf", "minilm"]]);
    expect(found.progress).toEqual({ candidate: "minilm", step: 0, of: null, fold: false, what: "", samples: [] });
    expect(found.lines.at(-1)?.text).toBe("minilm: training begins anew, smaller (8 x 2)");
    take(found, 6, { type: "stage", stage: "benchmark", n: 4, of: 5, at: "" }, 9000);
    expect(found.progress).toBeNull();
  });

  it("lists every candidate's epochs; a training that begins anew takes the place of the one before it", () => {
    const found = view([
      [1, epoch("minilm", 1, 0.4)],
      [2, epoch("minilm", 2, 0.5)],
      [3, { type: "oom", candidate: "minilm", message: "smaller batch" }],
      [4, epoch("minilm", 1, 0.6)],
      [5, epoch("deberta", 1, 0.3)],
    ]);
    expect([...byCandidate(found.epochs)].map(([name, its]) => [name, its.map((e) => [e.epoch, e.macro_f1])])).toEqual([
      ["minilm", [[1, 0.6]]],
      ["deberta", [[1, 0.3]]],
    ]);
    expect(found.outOfMemory).toEqual([{ candidate: "minilm", message: "smaller batch" }]);
  });

  it("keeps what is told of a fold out of the curve", () => {
    const found = view([[1, { ...epoch("minilm", 1, 0.4), kept: false }], [2, { ...step(3), kept: false }]]);
    expect(found.epochs).toEqual([]);
    expect(found.lines.map((l) => l.text)).toEqual(["minilm: in a fold, epoch 1 of 3: macro-F1 0.40, accuracy 0.80, loss 0.500"]);
    expect(found.progress).toMatchObject({ candidate: "minilm", fold: true });
  });

  it("does not let a late line of the earlier training back in", () => {
    const found = view([
      [1, epoch("minilm", 1, 0.4)],
      [4, epoch("minilm", 1, 0.6)],
      [2, epoch("minilm", 2, 0.5)],
    ]);
    expect(found.epochs.map((e) => [e.epoch, e.macro_f1])).toEqual([[1, 0.6]]);
  });

  it("ends with what became of it", () => {
    const found = view([[1, { type: "end", status: "completed", outcome: "refused", sentence: "refused minilm" }]]);
    expect(found.end).toMatchObject({ outcome: "refused" });
    expect(found.lines.at(-1)).toMatchObject({ tone: "end", text: "refused minilm" });
  });

  it("passes over what it does not know", () => {
    const found = view([[1, { type: "weather", of: "tomorrow" } as unknown as Told]]);
    expect(found.lines).toEqual([]);
    expect(take(found, 1, log("x"), 0)).toBe(false);
  });
});

describe("an epoch in words", () => {
  it("names what was measured and leaves the rest out", () => {
    const its = { candidate: "minilm", epoch: 2, of: 5, macro_f1: 0.712, accuracy: 0.8, loss: 0.4312 };
    expect(epochWords(its)).toBe("epoch 2 of 5: macro-F1 0.71, accuracy 0.80, loss 0.431");
    expect(epochWords({ ...its, macro_f1: null as never, accuracy: null as never })).toBe("epoch 2 of 5: loss 0.431");
  });
});

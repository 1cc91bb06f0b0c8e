/** How far a run is: its stages, its figures, its curves, and what was left out. */
import { describe, expect, it } from "vitest";
import type { RunDetail, Stage } from "../src/api/types";
import { curves } from "../src/pages/run/curves";
import { emptyView, take, type Told } from "../src/pages/run/events";
import { atWork, over, progressWords } from "../src/pages/run/figures";
import { howMany } from "../src/pages/run/snapshot";
import { stagesOf, stageWords } from "../src/pages/run/stages";

const view = (...events: Told[]) => {
  const found = emptyView();
  events.forEach((event, i) => take(found, i + 1, event, i * 1000));
  return found;
};
const stage = (name: string, n: number): Told => ({ type: "stage", stage: name, n, of: 5, at: "2026-11-21T03:00:00Z" });
const end = (status: "completed" | "failed" | "cancelled"): Told => ({ type: "end", status, outcome: "failed", sentence: "" });
const told = (...at: Stage["status"][]): Stage[] =>
  ["validate", "split", "finetune", "benchmark", "promote"].map((name, i) => ({ name, status: at[i] ?? "waiting", began_at: null, ended_at: null }));

describe("stages", () => {
  it("are moved on by the stream, beyond what the record said", () => {
    const found = stagesOf(told("running"), view(stage("finetune", 3)));
    expect(found.map((s) => s.at)).toEqual(["done", "done", "running", "waiting", "waiting"]);
    expect(stageWords(found)).toBe("Stage 3 of 5: Train");
  });

  it("keep what was skipped, and are known before anything was told", () => {
    expect(stagesOf(told("done", "done", "skipped", "running"), view(stage("benchmark", 4))).map((s) => s.at)[2]).toBe("skipped");
    expect(stagesOf([], emptyView()).map((s) => s.at)).toEqual(Array(5).fill("waiting"));
    expect(stageWords(stagesOf([], emptyView()))).toBe("");
  });

  it.each([
    ["completed", ["done", "done", "done", "skipped", "skipped"]],
    ["failed", ["done", "done", "failed", "skipped", "skipped"]],
    ["cancelled", ["done", "done", "failed", "skipped", "skipped"]],
  ] as const)("are all over after an end that is %s", (status, at) => {
    expect(stagesOf(told("running"), view(stage("finetune", 3), end(status))).map((s) => s.at)).toEqual(at);
  });
});

describe("the figures at the head", () => {
  const run = { created_at: "2026-11-21T03:00:00Z", completed_at: "2026-11-21T03:04:05Z", status: "training", outcome: "refused", results: { macro_f1: 0.71 }, improvement_over_baseline: -0.02, num_training_examples: 351, num_test_examples: 1 } as unknown as RunDetail;

  it("say the state, the stage, the time left and the last figure", () => {
    const its = view(
      { ...stage("finetune", 3), candidates: ["tfidf", "minilm"] },
      { type: "attempt", candidate: "tfidf", attempt: 0 },
      { type: "attempt", candidate: "minilm", attempt: 0 },
      { type: "progress", candidate: "minilm", step: 10, of: 100 },
      { type: "progress", candidate: "minilm", step: 12, of: 100 },
      { type: "metrics", candidate: "minilm", epoch: 1, of: 5, macro_f1: 0.5, accuracy: 0.6, loss: 1.2 },
    );
    const now = Date.parse("2026-11-21T03:01:00Z");
    its.progress!.samples = [10, 12].map((step, i) => ({ at: now - 4000 + 2000 * i, step }));
    const found = atWork(run, its, stagesOf([], its), [run], now);
    expect(found.map((f) => f.name)).toEqual(["State", "Stage", "Time left", "Last figure"]);
    expect(found[0]).toMatchObject({ value: "Training", more: "for 1 min 00 s" });
    expect(found[1]).toMatchObject({ value: "3 of 5", more: "Train" });
    expect(found[2]?.value).toBe("about 1 min");
    expect(found[2]?.more).toBe("for minilm, candidate 2 of 2; the last run took 4 min 05 s");
    expect(found[3]).toMatchObject({ value: "F1 0.50", more: "minilm, epoch 1 of 5" });
    expect(progressWords(its)).toBe("minilm, candidate 2 of 2");
  });

  it("promise no time for a fold or for judging, and show what was measured last", () => {
    const step = (candidate: string, n: number, kept: boolean): Told => ({ type: "progress", candidate, step: n, of: 20, kept });
    const figure = (its: ReturnType<typeof view>, name: string) => atWork(run, its, [], [], 1000).find((f) => f.name === name);
    expect(figure(view(step("minilm", 1, true), step("minilm", 2, true)), "Time left")).toMatchObject({ value: "about 20 s" });
    expect(figure(view(step("minilm", 1, false), step("minilm", 2, false)), "Time left")).toMatchObject({ value: "–", more: "not known yet" });
    expect(figure(view(step("benchmark", 1, true), step("benchmark", 2, true)), "Time left")).toMatchObject({ value: "–" });
    const epoch = { type: "metrics", candidate: "minilm", epoch: 1, of: 2, loss: 0.44 } as Told;
    expect(figure(view(epoch), "Last figure")).toEqual({ name: "Last figure", value: "Loss 0.44", more: "minilm, epoch 1 of 2" });
    const done: Told = { type: "done", candidate: "minilm", val_macro_f1: 0.77 };
    expect(figure(view(epoch, done), "Last figure")).toMatchObject({ value: "F1 0.77", more: "minilm, on validation" });
  });

  it("say of a run that is over how long it took and what came of it", () => {
    expect(over(run).map((f) => [f.name, f.value, f.more])).toEqual([
      ["Took", "4 min 05 s", ""],
      ["Learned from", "351 mails", ""],
      ["Judged on", "1 mail", ""],
      ["Macro-F1", "0.71", "0.02 below the best baseline"],
    ]);
  });
});

describe("curves", () => {
  const box = { width: 400, height: 200, left: 40, right: 100, top: 10, bottom: 26 };
  const epoch = (candidate: string, n: number, macro_f1: number) => ({ candidate, epoch: n, of: 3, macro_f1, accuracy: 0.5, loss: 1 });

  it("stay inside their box, one a candidate, each with its own dash", () => {
    const found = curves([epoch("a", 1, 0.2), epoch("a", 2, 0.6), epoch("b", 1, 0.61)], (e) => e.macro_f1, box);
    expect(found.curves.map((c) => [c.name, c.dots.length])).toEqual([["a", 2], ["b", 1]]);
    expect(new Set(found.curves.map((c) => c.dash)).size).toBe(2);
    for (const { dots } of found.curves) {
      for (const dot of dots) {
        expect(dot.x).toBeGreaterThanOrEqual(box.left);
        expect(dot.x).toBeLessThanOrEqual(box.width - box.right);
        expect(dot.y).toBeGreaterThanOrEqual(box.top - 1e-9);
        expect(dot.y).toBeLessThanOrEqual(box.height - box.bottom + 1e-9);
      }
    }
  });

  it("have round figures beside one lonely epoch, too", () => {
    const found = curves([epoch("a", 1, 0.4400001)], (e) => e.macro_f1, box);
    expect(found.ys.length).toBeGreaterThan(1);
    for (const { text } of found.ys) expect(text.length).toBeLessThanOrEqual(4);
  });

  it("are none where nothing was measured", () => {
    expect(curves([], () => null, box)).toEqual({ curves: [], xs: [], ys: [] });
    expect(curves([epoch("a", 1, 0.4)], () => null, box).curves).toEqual([]);
  });
});

describe("what was left out", () => {
  it("is told as a number, a list or counts by reason", () => {
    expect(howMany(2)).toEqual({ n: 2, what: "" });
    expect(howMany(["hired", "offer_received"])).toEqual({ n: 2, what: "hired, offer_received" });
    expect(howMany({ not_json: 2, too_long: 1, none: 0 })).toEqual({ n: 3, what: "not json 2, too long 1" });
    for (const none of [null, undefined, {}, [], 0, "x"]) expect(howMany(none)).toEqual({ n: 0, what: "" });
  });
});

/** The training page's words and rules: the first sentence, why a run cannot start, targets, the form. */
import { describe, expect, it } from "vitest";
import type { Candidate, Label, Recipe, Run, Schedule, Settings, Statistics } from "../src/api/types";
import { applies, asked, body, emptyForm, problems } from "../src/pages/training/form";
import { whyNot } from "../src/pages/training/readiness";
import { lastLearned, newWords, nextTime, nextWords, sentence } from "../src/pages/training/sentence";
import { targets, warnings } from "../src/pages/training/targets";

const at = (text: string): string => new Date(text).toISOString(); // of the reader's own time zone
const NOON = new Date("2026-11-21T12:00:00");

describe("the first sentence", () => {
  it("says what is new, when the next run is and what is live, each only if it is known", () => {
    expect(sentence(["38 new labels since the last run", "next run tonight 03:00", "no live model yet"])).toBe(
      "38 new labels since the last run; next run tonight 03:00; no live model yet.",
    );
    expect(sentence(["", "no nightly run is switched on", ""])).toBe("No nightly run is switched on.");
    expect(sentence([])).toBe("");
  });

  it("counts labels that came after the last run, or all where there was none", () => {
    expect(newWords(38, 120, true)).toBe("38 new labels since the last run");
    expect(newWords(1, 120, true)).toBe("1 new label since the last run");
    expect(newWords(0, 120, true)).toBe("no new labels since the last run");
    expect(newWords(null, 22, false)).toBe("22 labels, no run yet");
    expect(newWords(null, 0, false)).toBe("no labels and no run yet");
    expect(newWords(null, null, false)).toBe("no run yet");
    expect(newWords(null, 22, true)).toBe("");
  });

  it.each([
    ["2026-11-22T03:00", "tonight 03:00"], ["2026-11-21T23:30", "tonight 23:30"], ["2026-11-21T18:00", "today 18:00"],
    ["2026-11-22T09:00", "tomorrow 09:00"], ["2026-11-24T03:00", "Tuesday 03:00"], ["2026-12-03T03:00", "3 Dec, 03:00"],
  ])("says %s as %s", (when, told) => expect(nextTime(at(when), NOON)).toBe(told));

  it("says tonight after midnight, too, and not of a night that is a day away", () => {
    expect(nextTime(at("2026-11-21T03:00"), new Date("2026-11-21T01:00:00"))).toBe("tonight 03:00");
    expect(nextTime(at("2026-11-22T03:00"), new Date("2026-11-21T04:00:00"))).toBe("tomorrow 03:00");
  });

  it("does not promise a night that nobody has switched on", () => {
    const off: Schedule = { where: "none", cron: null, timezone: null, active: false, next: null, last: [], help: "" };
    expect(nextWords(off)).toBe("no nightly run is switched on");
    expect(nextWords({ ...off, active: true, next: at("2026-11-22T03:00") }, NOON)).toBe("next run tonight 03:00");
    expect(nextWords(null)).toBe("");
  });

  it("takes a failed run for none that has learned", () => {
    const run = (id: number, outcome: string): Run => ({ id, outcome }) as Run;
    expect(lastLearned([run(9, "running"), run(8, "failed"), run(7, "cancelled"), run(6, "no_change"), run(5, "promoted")])?.id).toBe(6);
    expect(lastLearned([run(8, "failed")])).toBeNull();
  });
});

describe("why a run cannot start", () => {
  const settings: Settings = { fine_tuning_enabled: true, min_training_examples: 20, auto_train: false };
  const stats = { n_labelled: 30, by_label: { a: 20, b: 10 }, least: 20 } as unknown as Statistics;
  const recipe = { name: "job_mail", collection: "mail" } as Recipe;
  const all = { settings, stats, recipe, running: null };

  it("is nothing where one can", () => expect(whyNot(all)).toBeNull());

  it("is that there are too few labels, and how many are missing", () => {
    expect(whyNot({ ...all, stats: { ...stats, n_labelled: 14 } })).toMatchObject({ text: "14 of 20 labels: 6 more, and a run can start.", to: "/label" });
  });

  it("is that all labels are of one kind", () => {
    expect(whyNot({ ...all, stats: { ...stats, by_label: { a: 30, b: 0 } } })?.text).toMatch(/one kind/);
  });

  it("is that training is switched off, or that a run is at work, which it names", () => {
    expect(whyNot({ ...all, settings: { ...settings, fine_tuning_enabled: false } })).toMatchObject({ to: "/settings" });
    expect(whyNot({ ...all, running: { id: 12 } as Run })).toMatchObject({ text: "Run 12 is at work, and there is one at a time.", to: "/runs/12" });
  });

  it("asks no number of labels of a recipe that learns from files", () => {
    expect(whyNot({ ...all, recipe: { ...recipe, collection: null }, stats: { ...stats, n_labelled: 0 } })).toBeNull();
  });
});

describe("targets", () => {
  const label = (name: string, target: number | null): Label => ({ name, key: name[0]!, colour: "#000000", description: "", target });

  it("stand beside what there is, in the recipe's order; a label that it has not comes last", () => {
    const found = targets([label("new_lead", 30), label("digest", 30)], { digest: 45, new_lead: 12, old: 2 }, ["new_lead", "digest", "hired"]);
    expect(found.map((t) => [t.label, t.n, t.missing, t.known])).toEqual([
      ["new_lead", 12, 18, true],
      ["digest", 45, 0, true],
      ["hired", 0, 0, true],
      ["old", 2, 0, false],
    ]);
    expect(found[0]?.share).toBeCloseTo(0.4);
    expect(found[1]?.share).toBe(1);
  });

  it("warn of what cannot be learned, of what means little, and of what is lopsided", () => {
    const told = warnings(targets([label("a", 10), label("b", 10), label("c", 10)], { a: 60, b: 2, stranger: 1 }));
    expect(told).toEqual([
      "No mail yet: c. No model can learn it.",
      "Fewer than 3: b. Scores of it mean little.",
      "Lopsided: 60 mails of a for 2 of b. The queue can ask for rare ones first.",
    ]);
    expect(warnings(targets([label("a", 10), label("b", 10)], { a: 12, b: 9 }))).toEqual([]);
    expect(warnings([])).toEqual([]);
  });
});

describe("the form", () => {
  const candidates: Candidate[] = [
    { name: "tfidf", method: "tfidf", base: null },
    { name: "small", method: "full", base: "x" },
    { name: "lora", method: "lora", base: "x" },
  ];
  const form = (its: Partial<ReturnType<typeof emptyForm>>) => ({ ...emptyForm(), ...its });

  it("sends nothing that was left as the recipe says", () => {
    expect(body(emptyForm(), "job_mail", candidates)).toEqual({ recipe: "job_mail" });
    expect(asked(emptyForm(), "job_mail", candidates)).toEqual(["Models: all 3 candidates of job_mail", "Everything else as the recipe says"]);
  });

  it("sends what was chosen, and what means nothing for the chosen model is left out", () => {
    const its = { epochs: "3", rank: "16", learningRate: "2e-4", split: "70 / 15 / 15" };
    expect(body(form({ ...its, model: "lora" }), "r", candidates)).toEqual({
      recipe: "r", model: "lora", epochs: 3, rank: 16, learning_rate: 2e-4, shares: { validation: 0.15, holdout: 0.15 },
    });
    expect(body(form({ ...its, model: "tfidf" }), "r", candidates)).toEqual({ recipe: "r", model: "tfidf", shares: { validation: 0.15, holdout: 0.15 } });
    expect(applies(form({ model: "small" }), candidates)).toEqual({ epochs: true, rank: false });
  });

  it("refuses epochs and learning rates that are none", () => {
    for (const epochs of ["0", "21", "2.5", "-1"]) expect(problems(form({ epochs }))).toHaveProperty("epochs");
    for (const learningRate of ["0", "1", "abc", "-1e-4"]) expect(problems(form({ learningRate }))).toHaveProperty("learningRate");
    expect(problems(form({ epochs: "20", learningRate: "2e-5" }))).toEqual({});
    expect(problems(emptyForm())).toEqual({});
  });
});

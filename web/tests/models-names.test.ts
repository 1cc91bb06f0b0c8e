/** Names that a person can read, the board's order, and two models side by side. */
import { describe, expect, it } from "vitest";
import type { BenchmarkResults, Card, Model } from "../src/api/types";
import { board, first, labels } from "../src/pages/models/board";
import { lines, scoreLines } from "../src/pages/models/compare";
import { badges, contestant, option, readable } from "../src/pages/models/names";

const card = (name: string, macro_f1: number | null, more: Partial<Card> = {}): Card => ({
  name, candidate: name, role: "candidate", macro_f1, lo: null, hi: null, accuracy: null, ms_per_mail: null, size_bytes: null, engine: null,
  engine_why: null, n: 10, top_k: null, per_label: [], labels: [], confusion: [], calibration_error: null, error: null, ...more,
});
const model = (version: string, more: Partial<Model> = {}): Model =>
  ({ version, name: "avocet-minilm", timestamp: "2026-11-20T03:00:00Z", champion: false, was_champion: false, ...more }) as Model;

describe("a version's name", () => {
  it("is its candidate and its night", () => {
    expect(readable("deberta-small-20261120t120730z-19ac43")).toMatch(/^deberta-small of (19|20|21) Nov \d\d:\d\d$/);
    for (const odd of ["majority", "x-20261399t990000z-19ac43", ""]) expect(readable(odd)).toBe(odd);
  });

  it("says what it is in a list, and of a baseline its kind", () => {
    expect(option(model("a", { champion: true, was_champion: true }))).toBe("a (live)");
    expect(option(model("a", { was_champion: true }))).toBe("a (was live)");
    expect(option(model("a", { damaged: "weights are missing" }))).toBe("a (damaged)");
    expect(contestant(card("x", 0.5, { role: "baseline", candidate: "majority" }))).toBe("majority");
  });

  it("is on a badge once for each kind, the live one first, no damaged one", () => {
    const all = [
      model("new", { timestamp: "2026-11-21T03:00:00Z" }), model("live", { champion: true }), model("old", { timestamp: "2026-11-01T03:00:00Z" }),
      model("broken", { name: "avocet-head", damaged: "x" }), model("other", { name: "avocet-tfidf" }),
    ];
    expect(badges(all).map((m) => m.version)).toEqual(["live", "new", "other"]);
  });
});

describe("the board", () => {
  const cards = [card("a", 0.6, { role: "champion" }), card("b", null, { error: "no base" }), card("c", 0.7, { role: "challenger" })];
  const results = (models: Card[]) => ({ models }) as BenchmarkResults;

  it("is best first, marks the live one, and shows who could not be scored without a figure", () => {
    expect(board(cards, "a").map((bar) => [bar.name, bar.value, bar.mark, bar.note])).toEqual([
      ["c", 0.7, undefined, "challenger"],
      ["a", 0.6, "live", ""],
      ["b", null, undefined, "not scored"],
    ]);
    expect(board(cards, "c")[1]?.note).toBe("live that night");
  });

  it("looks into the live model first, else into the best", () => {
    expect(first(results(cards), "a")?.name).toBe("a");
    expect(first(results(cards), "b")?.name).toBe("c");
    expect(first(results([]), "a")).toBeNull();
    expect(first(null, null)).toBeNull();
  });

  it("has no F1 for a label that no mail was judged of", () => {
    const its = card("a", 0.6, { per_label: [{ label: "new_lead", precision: 0, recall: 0, f1: 0, lo: null, hi: null, n: 0 }] });
    expect(labels(its)).toEqual([{ name: "new lead", value: null, lo: null, hi: null, n: 0 }]);
  });
});

describe("two models side by side", () => {
  it("differ where their values do, not where a list is only another object", () => {
    const found = lines([
      { what: "method", a: "lpft", b: "blend" }, { what: "val_macro_f1", a: 0.7281, b: 0.7281 }, { what: "rows of new_lead", a: 3, b: 4 },
      { what: "train_s", a: null, b: 12.3456 }, { what: "odd", a: ["x"], b: ["x"] },
    ]);
    expect(found.map((l) => [l.name, l.a, l.b, l.differs])).toEqual([
      ["method", "lpft", "blend", true],
      ["validation macro-F1", "0.728", "0.728", false],
      ["mails of new lead", "3", "4", true],
      ["training time (s)", "–", "12.35", true],
      ["odd", '["x"]', '["x"]', false],
    ]);
  });

  it("show a label's F1 with its n, and a dash where nobody was judged", () => {
    const per = (f1: number, n: number) => [{ label: "hired", precision: f1, recall: f1, f1, lo: null, hi: null, n }];
    const found = scoreLines(card("a", 0.61, { labels: ["hired"], per_label: per(0.5, 2) }), card("b", 0.62, { labels: ["hired"], per_label: per(0, 0) }));
    expect(found.find((l) => l.name === "F1 of hired")).toEqual({ name: "F1 of hired", a: "0.500 (n 2)", b: "–", differs: true });
    expect(scoreLines(null, null).every((l) => !l.differs)).toBe(true);
  });
});

/** What a confusion matrix says, and where the marks of charts stand. */
import { describe, expect, it } from "vitest";
import { cellWords, mixUps, rightOf, rows, short } from "../src/pages/models/confusion";
import { apart, around, bar, path, percent, reach, ticks } from "../src/pages/models/geometry";

const LABELS = ["neutral", "digest", "new_lead"];
const MATRIX = [
  [8, 2, 0],
  [1, 4, 0],
  [0, 0, 0],
];

describe("a confusion matrix", () => {
  it("has shares of the true label, and none where it was never judged", () => {
    const [neutral, , lead] = rows(LABELS, MATRIX);
    expect(neutral).toMatchObject({ label: "neutral", total: 10 });
    expect(neutral?.cells.map((c) => [c.n, c.share, c.right, c.depth])).toEqual([
      [8, 0.8, true, 4],
      [2, 0.2, false, 1],
      [0, 0, false, 0],
    ]);
    expect(lead).toMatchObject({ total: 0 });
    expect(lead?.cells.every((c) => c.share === 0 && c.depth === 0)).toBe(true);
  });

  it("names its mix-ups, most mails first", () => {
    expect(mixUps(LABELS, MATRIX)).toEqual([
      { truth: "neutral", answer: "digest", n: 2, share: 0.2 },
      { truth: "digest", answer: "neutral", n: 1, share: 0.2 },
    ]);
    expect(mixUps(LABELS, [])).toEqual([]);
  });

  it("counts right answers", () => {
    expect(rightOf(MATRIX)).toEqual({ right: 12, total: 15 });
    expect(rightOf([])).toEqual({ right: 0, total: 0 });
  });

  it("is told cell by cell to who cannot see it", () => {
    const [neutral] = rows(LABELS, MATRIX);
    expect(cellWords("neutral", neutral!.cells[0]!)).toBe("neutral answered right: 8 mails, 80 % of neutral");
    expect(cellWords("neutral", neutral!.cells[1]!)).toBe("neutral answered as digest: 2 mails, 20 % of neutral");
  });

  it("has headings that stay apart when they are narrow", () => {
    const canonical = [
      "interview_scheduled",
      "offer_received",
      "rejected",
      "positive_response",
      "survey_received",
      "neutral",
      "event_rescheduled",
      "digest",
      "new_lead",
      "hired",
    ];
    expect(new Set(canonical.map(short)).size).toBe(canonical.length);
    expect(short("interview_scheduled")).toBe("int sch");
  });
});

describe("marks", () => {
  it("stay on their track", () => {
    expect(percent(0.71)).toBeCloseTo(71);
    expect([percent(-1), percent(2)]).toEqual([0, 100]);
    expect(bar(0.5, 0.4, 0.6)).toEqual({ end: 50, from: 40, to: 60, known: true });
    expect(bar(0.5, null, 0.6)).toEqual({ end: 50, from: 50, to: 50, known: false });
    expect(bar(null)).toMatchObject({ end: 0, known: false });
  });

  it("stand around a 0 in the middle", () => {
    expect([around(0, 0.1), around(0.05, 0.1), around(-0.1, 0.1), around(-9, 0.1)]).toEqual([50, 75, 0, 0]);
    expect([reach([]), reach([0.03, -0.04]), reach([-0.07]), reach([0.3]), reach([0.9])]).toEqual([0.05, 0.05, 0.1, 0.5, 1]);
  });

  it("have round figures beside them that hold the data", () => {
    for (const [lo, hi] of [
      [0.31, 0.74],
      [0, 1],
      [0.5, 0.5],
      [0.02, 2.4],
    ] as const) {
      const found = ticks(lo, hi);
      expect(found[0]).toBeLessThanOrEqual(lo);
      expect(found.at(-1)).toBeGreaterThanOrEqual(hi);
      expect(found.length).toBeLessThanOrEqual(7);
    }
    expect(ticks(0, 1)).toEqual([0, 0.5, 1]);
  });

  it("are joined to a line", () => {
    expect(
      path([
        { x: 0, y: 10 },
        { x: 5.123, y: 8 },
      ]),
    ).toBe("M0 10L5.12 8");
    expect(path([])).toBe("");
  });

  it("have names that do not stand on each other", () => {
    const found = apart([50, 52, 10, 99], 12, 100);
    const sorted = [...found].sort((a, b) => a - b);
    sorted.slice(1).forEach((y, i) => expect(y - sorted[i]!).toBeGreaterThanOrEqual(12 - 1e-9));
    expect(Math.max(...found)).toBeLessThanOrEqual(100);
    expect(found.indexOf(Math.min(...found))).toBe(2);
  });
});

/** How numbers, times and names are written. */
import { describe, expect, it } from "vitest";
import { ago, bytes, duration, interval, percent, several, titleOf, versionWords, words } from "../src/text";

describe("numbers", () => {
  it("have their words and units", () => {
    expect([several(1, "mail"), several(0, "mail"), several(1200, "mail"), several(2, "copy", "copies")]).toEqual(["1 mail", "0 mails", "1,200 mails", "2 copies"]);
    expect([bytes(0), bytes(999), bytes(1000), bytes(86_200_000), bytes(null)]).toEqual(["0 B", "999 B", "1.0 kB", "86.2 MB", "–"]);
    expect([duration(0.4), duration(59.6), duration(125), duration(7260)]).toEqual(["0 s", "1 min 00 s", "2 min 05 s", "2 h 01 min"]);
    expect([percent(0.314), percent(null), interval(0.66, 0.774), interval(null, 1)]).toEqual(["31 %", "–", "0.66–0.77", ""]);
  });
});

describe("times", () => {
  const now = new Date(2026, 10, 21, 14, 0);
  const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute).toISOString();

  it("are said as one says them", () => {
    expect([at(21, 14), at(21, 13, 55), at(21, 9, 5), at(20, 23, 59), at(2, 1), at(22, 3), at(21, 14, 20)].map((one) => ago(one, now))).toEqual([
      "just now", "5 min ago", "today 09:05", "yesterday 23:59", "2 Nov", "tomorrow 03:00", "in 20 min",
    ]);
  });

  it("leave alone what is no time", () => {
    expect([ago(null), ago("soon")]).toEqual(["–", "soon"]);
  });
});

describe("names", () => {
  it("of labels and versions are read by people", () => {
    expect(words("new_lead")).toBe("new lead");
    expect(versionWords("deberta-small-20261120t120000z-7c1f3a")).toBe("deberta-small, 20 Nov");
    expect(versionWords("from-elsewhere")).toBe("from-elsewhere");
  });

  it("of mails are the subject, or how they begin", () => {
    expect(titleOf({ subject: " Hello ", body: "x" })).toBe("Hello");
    expect(titleOf({ subject: "", body: "First line\nsecond" })).toBe("First line");
    expect(titleOf({ body: "y".repeat(200) })).toHaveLength(91);
    expect(titleOf({})).toBe("(no subject)");
  });
});

/** What settings are made of: cron lines, keys of labels, errors told at their field. */
import { describe, expect, it } from "vitest";
import type { Label } from "../src/api/types";
import { cronOf, timeOf } from "../src/pages/settings/cron";
import { placesOf, wrongKeys } from "../src/pages/settings/labelErrors";

const label = (name: string, key: string): Label => ({ name, key, colour: "#000000", description: "", target: null });

describe("a time of day and its cron line", () => {
  it("are each other's twin", () => {
    for (const time of ["00:00", "03:00", "23:59"]) expect(timeOf(cronOf(time))).toBe(time);
  });

  it("knows which lines are no time of day", () => {
    expect(["0 3 * * 1", "*/5 3 * * *", "0 25 * * *", "", null].map(timeOf)).toEqual(["", "", "", "", ""]);
  });
});

describe("keys of labels", () => {
  it("are one character each, distinct, and none that does something else", () => {
    const found = wrongKeys([label("a", "1"), label("b", "1"), label("c", "u"), label("d", "xy"), label("e", ""), label("f", "ä"), label("g", "U"), label("h", "Ä")]);
    expect([...found.keys()]).toEqual([1, 2, 3, 6, 7]);
    expect(found.get(1)).toContain("a");
  });

  it("finds the field that the API is about, however deep the list lies", () => {
    expect(placesOf([{ pointer: "/items/3/key", detail: "taken" }, { pointer: "/0/target", detail: "low" }, { pointer: "", detail: "all" }])).toEqual(
      new Map([["3 key", "taken"], ["0 target", "low"]]),
    );
  });
});

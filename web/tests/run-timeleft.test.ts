/** How long a training will still take. */
import { describe, expect, it } from "vitest";
import type { Progress } from "../src/pages/run/events";
import { about, between, earlier, secondsLeft } from "../src/pages/run/timeleft";

const progress = (samples: [number, number][], of: number | null = 100): Progress => ({
  candidate: "minilm",
  step: samples.at(-1)?.[1] ?? 0,
  of: of as number,
  fold: false,
  what: "",
  samples: samples.map(([at, step]) => ({ at: at * 1000, step })),
});

describe("seconds left", () => {
  it("follows from the pace of the last steps", () => {
    expect(
      secondsLeft(
        progress([
          [0, 10],
          [10, 30],
        ]),
        10_000,
      ),
    ).toBeCloseTo(35);
  });

  it("goes down while nothing new is heard, never below none, and is not known after a long silence", () => {
    const far = progress([[0, 10], [10, 30]]);
    expect(secondsLeft(far, 15_000)).toBeCloseTo(30);
    expect(secondsLeft(progress([[0, 10], [10, 95]]), 12_000)).toBe(0);
    expect(secondsLeft(far, 900_000)).toBeNull();
  });

  it("says nothing without a pace or a number of steps", () => {
    expect(secondsLeft(null, 0)).toBeNull();
    expect(secondsLeft(progress([[0, 10]]), 5000)).toBeNull();
    expect(
      secondsLeft(
        progress([
          [0, 10],
          [0.5, 11],
        ]),
        5000,
      ),
    ).toBeNull();
    expect(
      secondsLeft(
        progress(
          [
            [0, 10],
            [10, 30],
          ],
          null,
        ),
        5000,
      ),
    ).toBeNull();
  });

  it("forgets how slow the first steps were", () => {
    const found = secondsLeft(
      progress([
        [0, 1],
        [100, 2],
        [110, 12],
        [120, 22],
      ]),
      120_000,
    );
    expect(found).toBeCloseTo(78);
  });

  it("is none after the last step", () => {
    expect(
      secondsLeft(
        progress([
          [0, 10],
          [10, 100],
        ]),
        11_000,
      ),
    ).toBe(0);
  });
});

describe("in words", () => {
  it.each([
    [0, "less than 10 s"],
    [9.9, "less than 10 s"],
    [42, "about 40 s"],
    [58, "about 1 min"],
    [61, "about 1 min"],
    [200, "about 3 min"],
    [3580, "about 1 h"],
    [4200, "about 1 h 10 min"],
    [7190, "about 2 h"],
  ])("%d seconds are %s", (seconds, told) => expect(about(seconds)).toBe(told));
});

describe("earlier runs", () => {
  const run = (from: string, to: string | null) => ({ created_at: from, completed_at: to });

  it("are an expectation", () => {
    expect(earlier([])).toBeNull();
    expect(earlier([run("2026-11-20T03:00:00Z", null)])).toBeNull();
    expect(earlier([run("2026-11-20T03:00:00Z", "2026-11-20T03:04:05Z")])).toBe("the last run took 4 min 05 s");
    expect(earlier([run("2026-11-20T03:00:00Z", "2026-11-20T03:04:05Z"), run("2026-11-19T03:00:00Z", "2026-11-19T03:00:40Z")])).toBe(
      "the last 2 runs took 40 s to 4 min 05 s",
    );
  });

  it("time between is nothing where a time is missing or is none", () => {
    expect(between(null, "2026-11-20T03:00:00Z")).toBeNull();
    expect(between("yesterday", "2026-11-20T03:00:00Z")).toBeNull();
    expect(between("2026-11-20T03:00:10Z", "2026-11-20T03:00:00Z")).toBe(0);
  });
});

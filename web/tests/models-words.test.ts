/** Verdicts and differences in words: no more is claimed than an interval carries. */
import { describe, expect, it } from "vitest";
import { changedWords, conditionWords, outcomeWords, reasonWords, verdictHead } from "../src/pages/models/verdicts";
import { chanceWords, differenceWords, signed, withInterval } from "../src/pages/models/words";

const its = (macro_f1: number, lo: number, hi: number, p_better: number) => ({ macro_f1, lo, hi, p_better });

describe("a difference", () => {
  it("is clear only where its whole interval is on one side of 0", () => {
    expect(differenceWords("old", "new", its(0.04, 0.01, 0.07, 0.994))).toEqual({
      head: "new is better",
      text: "new against old: macro-F1 +0.040 (+0.010 to +0.070). Chance that new is the better one: over 99\u00a0%, as good as sure.",
      tone: "good",
    });
    expect(differenceWords("old", "new", its(-0.04, -0.07, -0.01, 0.01)).head).toBe("new is worse");
  });

  it("is not clear where its interval crosses or touches 0", () => {
    expect(differenceWords("old", "new", its(0.02, -0.01, 0.05, 0.87)).head).toBe("new is not clearly better");
    expect(differenceWords("old", "new", its(0.02, 0, 0.05, 0.97)).head).toBe("new is not clearly better");
    expect(differenceWords("old", "new", its(-0.02, -0.05, 0.01, 0.2)).head).toBe("new is not clearly worse");
    expect(differenceWords("old", "new", its(0, 0, 0, 0.5))).toMatchObject({ head: "new is as good as old", tone: "open" });
    expect(differenceWords("old", "new", its(0.02, -0.01, 0.05, 0.87)).text).toContain("The interval includes 0.");
  });

  it("is never told as certain", () => {
    expect(chanceWords(1)).toBe("over 99\u00a0%, as good as sure");
    expect(chanceWords(0)).toBe("under 1\u00a0%, as good as ruled out");
    expect(chanceWords(0.87)).toBe("87\u00a0%, perhaps");
    expect(chanceWords(0.5)).toBe("50\u00a0%, as good as tossing a coin");
  });
});

describe("figures", () => {
  it("carry a sign that is one", () => {
    expect([signed(0.041), signed(-0.041), signed(0.001), signed(-0.001)]).toEqual(["+0.04", "−0.04", "0.00", "0.00"]);
  });

  it("stand beside their interval, where there is one", () => {
    expect(withInterval(0.712, { lo: 0.656, hi: 0.771 })).toBe("0.71 (0.66–0.77)");
    expect(withInterval(0.712, null)).toBe("0.71");
    expect(withInterval(null, { lo: 0.1, hi: 0.2 })).toBe("–");
  });
});

describe("a night", () => {
  it("has an outcome with a sign of its own, so that nothing hangs on a colour", () => {
    const all = ["promoted", "refused", "no_change", "failed", "cancelled", "stopped", "running"].map(outcomeWords);
    expect(new Set(all.map((o) => o.sign)).size).toBe(all.length);
    expect(new Set(all.map((o) => o.word)).size).toBe(all.length);
    expect(outcomeWords("half_way")).toMatchObject({ word: "half way" });
  });

  it("has a verdict that says who stays", () => {
    expect(verdictHead(true, "better")).toBe("Promoted: it beats the live model");
    expect(verdictHead(true, "first_champion")).toBe("Promoted: the first live model");
    expect(verdictHead(false, "not_better")).toBe("Not promoted: the live model stays");
    expect(verdictHead(false, "already_champion")).toBe("Kept: the live model is still the best");
  });

  it("has a reason for every one of the gate's", () => {
    const gate = [
      "better",
      "first_champion",
      "not_better",
      "not_better_than_baseline",
      "not_better_crossfitted",
      "condition",
      "already_champion",
      "no_challenger",
      "holdout_too_small",
      "unscorable",
      "other_rows",
      "other_labels",
      "other_template",
      "learned_from_holdout",
      "non_finite",
      "gate_broken",
    ];
    expect(gate.filter((reason) => !reasonWords(reason))).toEqual([]);
    expect(reasonWords("unheard_of")).toBe("");
    expect(reasonWords(null)).toBe("");
  });

  it("has changed mails and conditions in words", () => {
    expect(changedWords(1, 0)).toBe("1 mail fixed, 0 broken");
    expect(changedWords(1204, 3)).toBe("1,204 mails fixed, 3 broken");
    expect(changedWords(0, 0)).toBe("no mail is answered differently");
    expect(conditionWords("worst label f1")).toBe("F1 of the worst label");
    expect(conditionWords("a new one")).toBe("a new one");
  });
});

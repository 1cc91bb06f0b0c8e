/** What was left out of a run: the API may tell it as a number, a list or counts by reason. */

export interface LeftOut {
  n: number;
  what: string;
}

/** How many, and of what; none where nothing was told. */
export function howMany(told: unknown): LeftOut {
  if (typeof told === "number") return { n: told, what: "" };
  if (Array.isArray(told)) return { n: told.length, what: told.filter((one) => typeof one === "string").join(", ") };
  if (typeof told !== "object" || told === null) return { n: 0, what: "" };
  const counts = Object.entries(told).filter((one): one is [string, number] => typeof one[1] === "number" && one[1] > 0);
  return {
    n: counts.reduce((sum, [, n]) => sum + n, 0),
    what: counts.map(([why, n]) => `${why.replaceAll("_", " ")} ${n}`).join(", "),
  };
}

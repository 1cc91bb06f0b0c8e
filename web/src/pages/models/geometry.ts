/** Where marks of a chart stand: positions in per cent or pixels, from figures; no drawing. */

/** `value` between 0 and `most` as per cent of a track, never outside it. */
export function percent(value: number, most = 1): number {
  return Math.min(100, Math.max(0, (value / most) * 100));
}

/** The bar and the whisker of a score on a track from 0 to 1, in per cent of its width. */
export function bar(score: number | null | undefined, lo?: number | null, hi?: number | null) {
  const end = percent(score ?? 0);
  const known = lo != null && hi != null;
  return { end, from: known ? percent(lo) : end, to: known ? percent(hi) : end, known };
}

/** A place on a track from -`most` to +`most`, in per cent; 0 is in the middle. */
export function around(value: number, most: number): number {
  return Math.min(100, Math.max(0, 50 + (value / most) * 50));
}

/** The reach of a track around 0 that holds all of `values`: the next of 0.05, 0.1, 0.2, 0.5, 1. */
export function reach(values: number[]): number {
  const most = Math.max(...values.map(Math.abs), 0);
  return [0.05, 0.1, 0.2, 0.5].find((r) => most <= r) ?? 1;
}

export interface Point {
  x: number;
  y: number;
}

/** "M0 10L5 8": a line through points; empty for none. */
export function path(points: Point[]): string {
  return points.map((p, i) => `${i ? "L" : "M"}${+p.x.toFixed(2)} ${+p.y.toFixed(2)}`).join("");
}

/** Round figures from at most `lo` to at least `hi`, three to six of them. */
export function ticks(lo: number, hi: number): number[] {
  const span = Math.max(hi - lo, 1e-9);
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough - 1e-12)!;
  const first = Math.floor(lo / step + 1e-9);
  const last = Math.ceil(hi / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => +((first + i) * step).toFixed(10));
}

/** Names beside line ends: moved apart so that each has `gap` to the next, within 0 to `height`, in their order. */
export function apart(ys: number[], gap: number, height: number): number[] {
  const order = ys.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y);
  order.forEach((one, k) => {
    if (k) one.y = Math.max(one.y, order[k - 1]!.y + gap);
  });
  for (let k = order.length - 1, most = height; k >= 0; k -= 1, most -= gap) order[k]!.y = Math.min(order[k]!.y, most);
  const found = [...ys];
  for (const one of order) found[one.i] = one.y;
  return found;
}

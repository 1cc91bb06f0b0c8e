/** Lines of a chart from a run's epochs: one a candidate, with its place, its dash and the name at its end. */
import { apart, path, ticks, type Point } from "../models/geometry";
import { byCandidate, type Epoch } from "./events";

export interface Box {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Curve {
  name: string;
  d: string;
  dots: Point[];
  dash: string;
  end: Point;
  nameY: number;
}

export interface Drawing {
  curves: Curve[];
  xs: { at: number; text: string }[];
  ys: { at: number; text: string }[];
}

/** Told apart by their dash, not only by their colour. */
const DASHES = ["", "7 4", "2 4", "10 3 2 3", "1 3", "14 4"];
const NAME_PX = 15;
const LEAST_SPAN = 0.05;

/** The curves of `figure` over the epochs; candidates without it are left out. */
export function curves(epochs: Epoch[], figure: (epoch: Epoch) => number | null | undefined, box: Box): Drawing {
  const its = [...byCandidate(epochs)]
    .map(([name, all]) => ({ name, points: all.flatMap((e) => ((y) => (y == null ? [] : [{ x: e.epoch, y }]))(figure(e))) }))
    .filter((one) => one.points.length);
  const all = its.flatMap((one) => one.points);
  if (!all.length) return { curves: [], xs: [], ys: [] };
  const most = Math.max(2, ...epochs.map((e) => Math.max(e.epoch, e.of || 0)));
  const [least, largest] = [Math.min(...all.map((p) => p.y)), Math.max(...all.map((p) => p.y))];
  const pad = largest - least < LEAST_SPAN ? LEAST_SPAN : 0; // one epoch alone has no span of its own
  const levels = ticks(least - pad, largest + pad);
  const [low, high] = [levels[0]!, levels.at(-1)!];
  const x = (epoch: number): number => box.left + ((epoch - 1) / (most - 1)) * (box.width - box.left - box.right);
  const y = (value: number): number => box.top + (1 - (value - low) / (high - low || 1)) * (box.height - box.top - box.bottom);
  const placed = its.map((one) => ({ name: one.name, dots: one.points.map((p) => ({ x: x(p.x), y: y(p.y) })) }));
  const names = apart(placed.map((one) => one.dots.at(-1)!.y), NAME_PX, box.height - box.bottom);
  const every = Math.ceil(most / 10);
  return {
    curves: placed.map((one, i) => ({
      ...one,
      d: path(one.dots),
      dash: DASHES[i % DASHES.length]!,
      end: one.dots.at(-1)!,
      nameY: names[i]!,
    })),
    xs: Array.from({ length: most }, (_, i) => i + 1)
      .filter((n) => n === 1 || n % every === 0)
      .map((n) => ({ at: x(n), text: String(n) })),
    ys: levels.map((value) => ({ at: y(value), text: String(value) })),
  };
}

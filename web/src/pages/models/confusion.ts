/** What a confusion matrix says: shares of each row, which labels are mixed up most, and how dark a cell is. */

import { percent, several, words } from "../../text";

export interface MixUp {
  truth: string;
  answer: string;
  n: number;
  share: number; // of the mails of that label
}

export interface Row {
  label: string;
  total: number;
  cells: Cell[];
}

export interface Cell {
  answer: string;
  n: number;
  share: number;
  right: boolean;
  depth: number; // 0: none, 1 to 5: how large the share is
}

/** Rows of true labels, cells of answers; labels without a judged mail have a total of 0. */
export function rows(labels: string[], confusion: number[][]): Row[] {
  return labels.map((label, i) => {
    const counts = confusion[i] ?? [];
    const total = counts.reduce((sum, n) => sum + n, 0);
    const cells = labels.map((answer, j) => {
      const n = counts[j] ?? 0;
      const share = total ? n / total : 0;
      return { answer, n, share, right: i === j, depth: depthOf(share) };
    });
    return { label, total, cells };
  });
}

function depthOf(share: number): number {
  return share <= 0 ? 0 : Math.min(5, Math.ceil(share * 5));
}

/** The answers that were wrong, most mails first; equal ones by their share of the label. */
export function mixUps(labels: string[], confusion: number[][]): MixUp[] {
  const found = rows(labels, confusion).flatMap((row) =>
    row.cells
      .filter((cell) => !cell.right && cell.n > 0)
      .map((cell) => ({ truth: row.label, answer: cell.answer, n: cell.n, share: cell.share })),
  );
  return found.sort((a, b) => b.n - a.n || b.share - a.share);
}

/** Right answers, and of how many. */
export function rightOf(confusion: number[][]): { right: number; total: number } {
  let [right, total] = [0, 0];
  confusion.forEach((row, i) =>
    row.forEach((n, j) => {
      total += n;
      if (i === j) right += n;
    }),
  );
  return { right, total };
}

/** What a screen reader says of a cell: "neutral answered as digest: 7 mails, 12 % of neutral". */
export function cellWords(truth: string, cell: Cell): string {
  const what = cell.right ? `${words(truth)} answered right` : `${words(truth)} answered as ${words(cell.answer)}`;
  return `${what}: ${several(cell.n, "mail")}, ${percent(cell.share)} of ${words(truth)}`;
}

/** A few letters that tell labels apart in a narrow heading: "interview_scheduled" -> "int sch". */
export function short(label: string): string {
  const words = label.split(/[_\s-]+/).filter(Boolean);
  return words.length > 1 ? words.map((w) => w.slice(0, 3)).join(" ") : label.slice(0, 9);
}

/** What is wrong with labels as they are being edited, told at the field it is about. */

import type { FieldError } from "../../api/client";
import type { Label } from "../../api/types";

export const RESERVED: ReadonlySet<string> = new Set(["u", "s", "d", "h", "j", "k", "?", "/", " "]);

/** Place of the label -> what is wrong with its key. */
export function wrongKeys(labels: readonly Label[]): Map<number, string> {
  const found = new Map<number, string>();
  labels.forEach((label, i) => {
    const key = label.key.toLowerCase();
    const first = labels.findIndex((other) => other.key.toLowerCase() === key);
    if (!key) return;
    if ([...label.key].length !== 1) found.set(i, "A key is one character.");
    else if (RESERVED.has(key)) found.set(i, `${label.key === " " ? "Space" : label.key} does something else already.`);
    else if (first < i) found.set(i, `It is the key of ${labels[first]?.name ?? "another label"}, too.`);
  });
  return found;
}

/** "/items/3/key" or "/3/key" -> "3 key". */
export function placesOf(errors: readonly FieldError[]): Map<string, string> {
  return new Map(
    errors.flatMap(({ pointer, detail }) => {
      const [, at, field] = /(\d+)\/(\w+)$/.exec(pointer) ?? [];
      return at && field ? [[`${at} ${field}`, detail] as const] : [];
    }),
  );
}

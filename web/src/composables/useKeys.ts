/** Keys that work on a page: outside fields, without modifiers, and not behind an open dialog. */

import { onBeforeUnmount, onMounted } from "vue";

export type Keys = Record<string, (event: KeyboardEvent) => void>;

const FIELDS = "input, textarea, select, [contenteditable]";
const PRESSED_BY_ENTER = "button, a[href], summary, [role=button]";

/** Whether a key is meant for the page, not for the field, button or dialog that has the focus. */
export function isForPage(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.isComposing || event.repeat) return false;
  if (event.ctrlKey || event.altKey || event.metaKey) return false;
  if (document.querySelector("dialog[open]")) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest(FIELDS)) return false;
  return !((event.key === "Enter" || event.key === " ") && target?.closest(PRESSED_BY_ENTER));
}

/** Listen while the component is there; `keys()` is asked at each key, so that it may change. Caps Lock does not matter. */
export function useKeys(keys: () => Keys): void {
  const listen = (event: KeyboardEvent): void => {
    if (!isForPage(event)) return;
    const its = keys();
    const does = its[event.key] ?? (event.key.length === 1 ? (its[event.key.toLowerCase()] ?? its[event.key.toUpperCase()]) : undefined);
    if (!does) return;
    event.preventDefault();
    does(event);
  };
  onMounted(() => window.addEventListener("keydown", listen));
  onBeforeUnmount(() => window.removeEventListener("keydown", listen));
}

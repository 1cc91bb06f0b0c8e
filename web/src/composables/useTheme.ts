/** Light, dark, or as the system has it; remembered in this browser. */

import { readonly, ref } from "vue";

export type Theme = "auto" | "light" | "dark";
export const THEMES: readonly Theme[] = ["auto", "light", "dark"];
const KEY = "avocet-theme"; // public/theme.js reads it, too

/** Storage may be shut to us: then the choice lasts as long as the page. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Not remembered, and nothing else is lost.
  }
}

const first = remembered(KEY);
const theme = ref<Theme>(first === "light" || first === "dark" ? first : "auto");

function choose(next: Theme): void {
  theme.value = next;
  if (next === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  remember(KEY, next === "auto" ? null : next);
}

export function useTheme() {
  return { theme: readonly(theme), choose };
}

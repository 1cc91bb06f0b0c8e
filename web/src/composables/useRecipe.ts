/** Which recipe the pages are about, and which of its models is live. */

import { computed, readonly, ref, shallowRef } from "vue";
import { get, inWords } from "../api/client";
import type { ModelInfo, Recipe } from "../api/types";
import { remember, remembered } from "./useTheme";

const KEY = "avocet-recipe";
const recipes = shallowRef<Recipe[]>([]);
const name = ref("");
const live = shallowRef<ModelInfo | null>(null);
const trouble = ref("");
const AGAIN_MS = 2000;
let again: ReturnType<typeof setTimeout> | undefined;
let loading: Promise<void> | null = null;

/** The recipes and the one that was chosen last; asked once, however many pages ask. */
function ready(): Promise<void> {
  loading ??= load().catch((error: unknown) => {
    loading = null;
    trouble.value = inWords(error);
    throw error;
  });
  return loading;
}

async function load(): Promise<void> {
  const [list, usual] = await Promise.all([get<{ items: Recipe[] }>("/api/recipes"), get<ModelInfo>("/api/model-info")]);
  recipes.value = list.items;
  const wished = new URLSearchParams(window.location.search).get("recipe") ?? remembered(KEY);
  name.value = list.items.some((one) => one.name === wished) ? String(wished) : usual.recipe;
  trouble.value = "";
  if (name.value === usual.recipe) take(usual);
  else await refreshLive();
}

/** A champion that is still being loaded answers within moments: who has just promoted it waits for that. */
function take(info: ModelInfo): void {
  live.value = info;
  clearTimeout(again);
  if (info.coming) again = setTimeout(() => void refreshLive().catch(() => undefined), AGAIN_MS);
}

/** Ask again which model is live: after a promotion, a rollback, a run, a night. */
async function refreshLive(): Promise<void> {
  const asked = name.value;
  const info = await get<ModelInfo>("/api/model-info", { recipe: asked });
  if (name.value === asked) take(info);
}

function choose(next: string): void {
  if (next === name.value) return;
  name.value = next;
  remember(KEY, next);
  live.value = null;
  refreshLive().catch((error: unknown) => (trouble.value = inWords(error)));
}

export function useRecipe() {
  return {
    /** The name of the chosen recipe; empty until `ready()`. */
    name: readonly(name),
    recipe: computed(() => recipes.value.find((one) => one.name === name.value) ?? null),
    recipes: readonly(recipes),
    live: readonly(live),
    /** The version that the champion pointer names, whether it is loaded by now or not. */
    champion: computed(() => live.value?.coming ?? live.value?.version ?? null),
    trouble: readonly(trouble),
    ready,
    refreshLive,
    choose,
  };
}

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
  live.value = name.value === usual.recipe ? usual : null;
  trouble.value = "";
  if (live.value === null) await refreshLive();
}

/** Ask again which model is live: after a promotion, a rollback, a run, a night. */
async function refreshLive(): Promise<void> {
  const asked = name.value;
  const info = await get<ModelInfo>("/api/model-info", { recipe: asked });
  if (name.value === asked) live.value = info;
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
    trouble: readonly(trouble),
    ready,
    refreshLive,
    choose,
  };
}

/** Which address shows which page; the documents' addresses are aliases. */

import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";
import { get } from "./api/client";
import type { Statistics } from "./api/types";
import { useRecipe } from "./composables/useRecipe";
import Data from "./pages/Data.vue";
import Label from "./pages/Label.vue";
import Models from "./pages/Models.vue";
import NotHere from "./pages/NotHere.vue";
import Run from "./pages/Run.vue";
import Settings from "./pages/Settings.vue";
import Training from "./pages/Training.vue";
import Welcome from "./pages/Welcome.vue";

declare module "vue-router" {
  interface RouteMeta {
    title: string;
  }
}

/** A home without a single mail is welcomed; any other starts with labelling. */
async function firstPage(): Promise<string> {
  try {
    const { name, ready } = useRecipe();
    await ready();
    const { n_rows } = await get<Statistics>("/api/stats", { recipe: name.value });
    return n_rows ? "/label" : "/welcome";
  } catch {
    return "/label"; // which tells the error
  }
}

export const routes: RouteRecordRaw[] = [
  { path: "/", component: Label, meta: { title: "Label" }, beforeEnter: firstPage },
  { path: "/welcome", component: Welcome, meta: { title: "Welcome" } },
  { path: "/label", component: Label, meta: { title: "Label" } },
  { path: "/training", alias: "/admin/training", component: Training, meta: { title: "Training" } },
  { path: "/runs/:id", component: Run, meta: { title: "Run" }, props: true },
  { path: "/models", alias: "/benchmark", component: Models, meta: { title: "Models" } },
  { path: "/data", alias: "/admin/training-data", component: Data, meta: { title: "Data" } },
  { path: "/settings", component: Settings, meta: { title: "Settings" } },
  { path: "/:other(.*)*", component: NotHere, meta: { title: "Not here" } },
];

export const router = createRouter({
  history: createWebHistory(),
  routes,
  scrollBehavior: (to, _from, saved) => saved ?? (to.hash ? { el: to.hash } : { top: 0 }),
});

router.afterEach((to) => {
  document.title = `${to.meta.title} · Avocet`;
});

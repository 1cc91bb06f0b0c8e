// @vitest-environment jsdom
/** The badge of the live model: a champion that is being loaded is named at once, and told as live once it answers. */
import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import LiveBadge from "../src/components/LiveBadge.vue";
import { useRecipe } from "../src/composables/useRecipe";

const info = (more: object) => ({ type: "finetuned", version: "tfidf-1", recipe: "mail", metrics: { macro_f1: 0.68, lo: 0.6, hi: 0.7, n: 80 }, problem: null, coming: null, ...more });
let now: object;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", async (url: string) => {
    const body = url.startsWith("/api/recipes") ? { items: [{ name: "mail", labels: [], candidates: [] }] } : now;
    return new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } });
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("names the champion that is being loaded, then what it scored", async () => {
  now = info({ coming: "joint-2" });
  await useRecipe().ready();
  const badge = mount(LiveBadge, { global: { stubs: { RouterLink: { template: "<a><slot /></a>" } } } });
  expect(badge.text()).toContain("joint-2");
  expect(badge.text()).toContain("is loading");
  expect(badge.text()).not.toContain("0.68");
  expect(useRecipe().champion.value).toBe("joint-2");
  now = info({ version: "joint-2", metrics: { macro_f1: 0.76, lo: 0.7, hi: 0.8, n: 80 } });
  await vi.advanceTimersByTimeAsync(2500);
  await flushPromises();
  expect(badge.text()).toContain("joint-2");
  expect(badge.text()).toContain("0.76");
});

// @vitest-environment jsdom
/** What a person should look at: rules that did not hold lead to their mails, or to the mails of their label. */
import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, expect, it, vi } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";
import Review from "../src/pages/data/Review.vue";

const ANSWERS: Record<string, unknown> = {
  "/api/suspects?recipe=mail": { items: [], total: 0, next_cursor: null },
  "/api/labels?recipe=mail": { items: [{ name: "new_lead", key: "1", colour: "#000000", description: "", target: null }] },
  "/api/checks?recipe=mail": {
    n_lines: 9, n_kept: 9, n_rules: 2, stopped: false, label_counts: { new_lead: 1 }, other_labels: {},
    findings: [
      { rule: "rare", severity: "warning", message: "label new_lead is rare", n: 1, where: ["new_lead"] },
      { rule: "copies", severity: "info", message: "1 row repeats another", n: 1, where: ["mail-7"] },
    ],
  },
};

afterEach(() => vi.unstubAllGlobals());

it("leads from a rule about a label to its mails, from one about mails to each", async () => {
  vi.stubGlobal("fetch", async (url: string) => new Response(JSON.stringify(ANSWERS[url]), { headers: { "content-type": "application/json" } }));
  const page = { template: "<div />" };
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/:any(.*)*", component: page }] });
  const wrapper = mount(Review, { props: { recipe: "mail" }, global: { plugins: [router] } });
  await flushPromises();
  const [label, mail] = wrapper.findAll(".findings details");
  expect(label?.find("a").attributes("href")).toBe("/data?label=new_lead");
  expect(label?.find("button").exists()).toBe(false);
  expect(mail?.find("button").text()).toBe("mail-7");
});

// @vitest-environment jsdom
/** A mail's words are text: strangers write them. */
import { mount } from "@vue/test-utils";
import { expect, it } from "vitest";
import MailText from "../src/components/MailText.vue";
import MailView from "../src/pages/label/MailView.vue";
import { mail } from "./fakeDesk";

const EVIL = `<script>window.hit = 1</script><img src=x onerror="window.hit = 1"><b>bold</b>`;

it("shows markup as it is written, in the subject, the sender and the body", () => {
  const wrapper = mount(MailView, { props: { mail: mail("1", { fields: { subject: EVIL, body: EVIL }, headers: { from: EVIL } }) } });
  expect(wrapper.findAll("script, img, b")).toHaveLength(0);
  expect(wrapper.get("h1").text()).toBe(EVIL);
  expect(wrapper.get(".words").text()).toBe(EVIL);
  expect(wrapper.get("dd").text()).toBe(EVIL);
});

it("cuts a long text until it is asked for", async () => {
  const wrapper = mount(MailText, { props: { fields: { body: "x".repeat(5000) } } });
  expect(wrapper.get(".words").text()).toHaveLength(2201);
  await wrapper.get("button").trigger("click");
  expect(wrapper.get(".words").text()).toHaveLength(5000);
});

it("shows each field that is no head, and says so when there is none", () => {
  const two = mount(MailText, { props: { fields: { title: "t", question: "a", answer: "b" } } });
  expect(two.findAll("h2").map((one) => one.text())).toEqual(["question", "answer"]);
  expect(mount(MailText, { props: { fields: { subject: "s", body: " " } } }).text()).toContain("nothing in it");
});

// @vitest-environment jsdom
/** Keys work on the page, not in fields, not with modifiers, not behind a dialog. */
import { mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineComponent, h } from "vue";
import { useKeys } from "../src/composables/useKeys";

let pressed: string[];
let wrapper: ReturnType<typeof mount>;

const Page = defineComponent({
  setup() {
    useKeys(() => ({ a: () => pressed.push("a"), Enter: () => pressed.push("Enter"), "?": () => pressed.push("?") }));
    return () => h("div", [h("input"), h("button", "b"), h("p", "text"), h("dialog")]);
  },
});

beforeEach(() => {
  pressed = [];
  wrapper = mount(Page, { attachTo: document.body });
});
afterEach(() => wrapper.unmount());

const press = (on: string, key: string, more: KeyboardEventInit = {}) =>
  wrapper.get(on).element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));

describe("useKeys", () => {
  it("hears a key on the page, and one that needs Shift", () => {
    press("p", "a");
    press("p", "?", { shiftKey: true });
    expect(pressed).toEqual(["a", "?"]);
  });

  it("hears it with Caps Lock, too", () => {
    press("p", "A");
    expect(pressed).toEqual(["a"]);
  });

  it("leaves fields alone", () => {
    press("input", "a");
    expect(pressed).toEqual([]);
  });

  it("leaves the browser's own shortcuts alone", () => {
    for (const held of ["ctrlKey", "altKey", "metaKey"] as const) press("p", "a", { [held]: true });
    expect(pressed).toEqual([]);
  });

  it("labels one mail for one press, however long the key is held", () => {
    press("p", "a");
    press("p", "a", { repeat: true });
    expect(pressed).toEqual(["a"]);
  });

  it("lets Enter press the button that has the focus", () => {
    press("button", "Enter");
    press("button", "a");
    press("p", "Enter");
    expect(pressed).toEqual(["a", "Enter"]);
  });

  it("is silent behind an open dialog", () => {
    wrapper.get("dialog").element.setAttribute("open", "");
    press("p", "a");
    expect(pressed).toEqual([]);
  });

  it("is silent once the page is gone", () => {
    wrapper.unmount();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
    expect(pressed).toEqual([]);
  });
});

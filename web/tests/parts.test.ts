// @vitest-environment jsdom
/** What pages are put together from: tables that sort, charts with their twin, dialogs that ask first. */
import { flushPromises, mount } from "@vue/test-utils";
import { describe, expect, it } from "vitest";
import BarChart from "../src/components/BarChart.vue";
import ConfirmButton from "../src/components/ConfirmButton.vue";
import ErrorLine from "../src/components/ErrorLine.vue";
import DataTable from "../src/components/DataTable.vue";
import StatusLine from "../src/components/StatusLine.vue";
import { useStatus } from "../src/composables/useStatus";

describe("a table", () => {
  const rows = [{ id: 1, f1: 0.5 }, { id: 2, f1: null }, { id: 3, f1: 0.9 }];
  const columns = [
    { key: "id", label: "Model", text: (row: (typeof rows)[0]) => row.id },
    { key: "f1", label: "F1", text: (row: (typeof rows)[0]) => row.f1, sort: (row: (typeof rows)[0]) => row.f1, number: true },
  ];
  const ids = (wrapper: ReturnType<typeof mount>) => wrapper.findAll("tbody tr").map((tr) => tr.get("td").text());

  it("sorts by a head, the largest number first, what has none last, and says so", async () => {
    const wrapper = mount(DataTable as never, { props: { caption: "Models", columns, rows, rowKey: (row: { id: number }) => row.id } as never });
    expect(ids(wrapper)).toEqual(["1", "2", "3"]);
    await wrapper.get("th button").trigger("click");
    expect(ids(wrapper)).toEqual(["3", "1", "2"]);
    expect(wrapper.findAll("th").at(1)?.attributes("aria-sort")).toBe("descending");
    await wrapper.get("th button").trigger("click");
    expect(ids(wrapper)).toEqual(["1", "3", "2"]);
    expect(wrapper.get("caption").text()).toBe("Models");
  });
});

describe("a chart", () => {
  const bars = [{ name: "minilm", value: 0.71, lo: 0.66, hi: 0.77, n: 98, mark: "live" }, { name: "broken", value: null }];

  it("says in its table what it draws, live model, interval, n and all", () => {
    const wrapper = mount(BarChart, { props: { title: "Macro-F1", bars } });
    expect(wrapper.findAll("tbody tr").map((tr) => tr.text())).toEqual(["minilm (live)0.710.66–0.7798", "broken–––"]);
    expect(wrapper.get("svg").attributes("aria-label")).toBe("Macro-F1: minilm (live) 0.71, broken –");
    expect(wrapper.findAll(".whisker")).toHaveLength(1);
  });
});

describe("a button that asks first", () => {
  const build = (action: () => Promise<unknown>) =>
    mount(ConfirmButton, { props: { label: "Remove", title: "Remove it?", yes: "Yes", action }, attachTo: document.body });

  it("does nothing when one says no", async () => {
    let n = 0;
    const wrapper = build(async () => (n += 1));
    await wrapper.get("button").trigger("click");
    expect(wrapper.get("dialog").text()).toContain("Remove it?");
    await wrapper.findAll("footer button")[0]?.trigger("click");
    expect([n, wrapper.find("footer").exists()]).toEqual([0, false]);
  });

  it("stays open with the reason when it was refused", async () => {
    const wrapper = build(() => Promise.reject(new Error("It is the champion.")));
    await wrapper.get("button").trigger("click");
    await wrapper.findAll("footer button")[1]?.trigger("click");
    await flushPromises();
    expect(wrapper.get("dialog [role=alert]").text()).toContain("It is the champion.");
    expect(wrapper.emitted("done")).toBeUndefined();
  });
});

it("commands in a sentence of the API are set apart, and a lonely tick is none", () => {
  const shown = (text: string) => {
    const wrapper = mount(ErrorLine, { props: { message: text } }).get("p");
    return [wrapper.text(), wrapper.findAll("code").map((one) => one.text())];
  };
  expect(shown("run `avocet <x>` or `y`")).toEqual(["! run avocet <x> or y", ["avocet <x>", "y"]]);
  expect(shown("it`s")).toEqual(["! it`s", []]);
});

it("the status line is there before there is something to say, or it would not be read out", async () => {
  const wrapper = mount(StatusLine);
  const region = wrapper.get("[aria-live=polite]");
  expect(region.text()).toBe("");
  useStatus().say("Saved.", "good");
  await flushPromises();
  expect(wrapper.get("[aria-live=polite]").element).toBe(region.element);
  expect(region.text()).toContain("Saved.");
});

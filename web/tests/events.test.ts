// @vitest-environment jsdom
/** A stream of events: each line once, whatever is cut, and over after its last one. */
import { mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineComponent, h } from "vue";
import { useEvents } from "../src/composables/useEvents";

type Said = { type: string };

class Source {
  static readonly CLOSED = 2;
  static made: Source[] = [];
  readyState = 1;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string; lastEventId: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  constructor(readonly url: string) {
    Source.made.push(this);
  }
  close() {
    this.readyState = 2;
  }
  say(id: number, type: string) {
    this.onmessage?.({ data: JSON.stringify({ type }), lastEventId: String(id) });
  }
}

let seen: string[];
let gone: boolean;
let stream: ReturnType<typeof useEvents<Said>>;
let wrapper: ReturnType<typeof mount>;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", Source);
  Source.made = [];
  seen = [];
  gone = false;
  const Page = defineComponent({
    setup() {
      stream = useEvents<Said>({ onEvent: (event, id) => seen.push(`${id} ${event.type}`), isLast: (event) => event.type === "end", onGone: () => (gone = true) });
      return () => h("div");
    },
  });
  wrapper = mount(Page);
  stream.follow("/api/runs/1/events");
});
afterEach(() => {
  wrapper.unmount();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
const latest = () => Source.made.at(-1) as Source;

describe("useEvents", () => {
  it("sees each line once when the browser comes back and gets some again", () => {
    latest().say(1, "status");
    latest().say(2, "log");
    latest().onerror?.();
    expect(stream.state.value).toBe("cut");
    latest().say(2, "log");
    latest().say(3, "log");
    expect(seen).toEqual(["1 status", "2 log", "3 log"]);
  });

  it("opens anew when the browser has given up, and still doubles nothing", () => {
    latest().say(1, "status");
    latest().readyState = 2;
    latest().onerror?.();
    vi.advanceTimersByTime(2000);
    expect(Source.made).toHaveLength(2);
    latest().say(1, "status");
    latest().say(2, "end");
    expect(seen).toEqual(["1 status", "2 end"]);
  });

  it("is over after the last event and does not come back", () => {
    latest().say(1, "end");
    latest().onerror?.();
    vi.advanceTimersByTime(60_000);
    expect(stream.state.value).toBe("ended");
    expect(Source.made).toHaveLength(1);
  });

  it("says when the stream is gone for good", () => {
    for (let n = 0; n <= 150; n += 1) {
      latest().readyState = 2;
      latest().onerror?.();
      vi.advanceTimersByTime(2000);
    }
    expect(gone).toBe(true);
  });

  it("closes with its page", () => {
    wrapper.unmount();
    expect(latest().readyState).toBe(2);
  });
});

/** A stream of events that survives a cut line, a reload and a restart of the API; each line is seen once. */

import { onBeforeUnmount, ref } from "vue";

export type StreamState = "idle" | "connecting" | "open" | "cut" | "ended";

export interface Following<T> {
  onEvent: (event: T, id: number) => void;
  /** The event after which nothing comes. */
  isLast?: (event: T) => boolean;
  /** The stream ended without a last event, or is gone. */
  onGone?: () => void;
}

const AGAIN_MS = 2000;
const TRIES = 150; // five minutes: a restart of the machine, too

/** `follow(url)` opens it, `stop()` ends it; it ends with the component. */
export function useEvents<T>(following: Following<T>) {
  const state = ref<StreamState>("idle");
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;
  let tries = 0;

  function stop(): void {
    clearTimeout(timer);
    source?.close();
    source = null;
    if (state.value !== "ended") state.value = "idle";
  }

  function follow(url: string): void {
    stop();
    last = 0;
    tries = 0;
    open(url);
  }

  function open(url: string): void {
    state.value = last ? "cut" : "connecting";
    const mine = new EventSource(url);
    source = mine;
    mine.onopen = () => {
      state.value = "open";
      tries = 0;
    };
    mine.onmessage = (message: MessageEvent<string>) => take(message);
    mine.onerror = () => {
      if (source !== mine || state.value === "ended") return;
      state.value = "cut";
      // The browser tries again by itself after a cut line; not after an answer such as 502 or 204.
      if (mine.readyState === EventSource.CLOSED) again(url);
    };
  }

  function take(message: MessageEvent<string>): void {
    const id = Number(message.lastEventId) || last + 1;
    if (id <= last) return;
    last = id;
    const event = JSON.parse(message.data) as T;
    if (following.isLast?.(event)) {
      state.value = "ended";
      source?.close();
      source = null;
    }
    following.onEvent(event, id);
  }

  function again(url: string): void {
    source?.close();
    tries += 1;
    if (tries > TRIES) {
      state.value = "ended";
      following.onGone?.();
      return;
    }
    timer = setTimeout(() => open(url), AGAIN_MS);
  }

  onBeforeUnmount(stop);
  return { state, follow, stop };
}

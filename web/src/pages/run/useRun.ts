/** One run as a page follows it: its record, its events, and a clock while it is at work. */
import { computed, onBeforeUnmount, reactive, ref, shallowRef, watch } from "vue";
import { get, inWords, part } from "../../api/client";
import type { RunDetail } from "../../api/types";
import { useEvents } from "../../composables/useEvents";
import { emptyView, take, type RunView, type Told } from "./events";

/** Follow run `id()`, none while that is empty; `onEnd` is called when it ends before one's eyes, not for one that had ended. */
export function useRun(id: () => string, onEnd: (run: RunDetail | null) => void) {
  const run = shallowRef<RunDetail | null>(null);
  const view = ref<RunView>(reactive(emptyView()));
  const error = ref("");
  const now = ref(Date.now());
  const running = computed(() => run.value?.outcome === "running" && !view.value.end);
  const { state, follow, stop } = useEvents<Told>({ onEvent: hear, isLast: (event) => event.type === "end", onGone: load });
  const clock = setInterval(() => running.value && (now.value = Date.now()), 1000);
  onBeforeUnmount(() => clearInterval(clock));

  function hear(event: Told, line: number): void {
    const wasRunning = running.value;
    if (take(view.value, line, event, Date.now()) && event.type === "end" && wasRunning) load().then(() => onEnd(run.value));
  }

  async function load(): Promise<void> {
    const asked = id();
    try {
      const found = await get<RunDetail>(`/api/runs/${part(asked)}`);
      if (asked !== id()) return;
      run.value = found;
      error.value = "";
    } catch (thrown) {
      if (asked === id()) error.value = inWords(thrown);
    }
  }

  async function begin(): Promise<void> {
    const asked = id();
    stop();
    run.value = null;
    view.value = reactive(emptyView());
    error.value = "";
    if (asked) await load();
    // A run that is not there has no events to wait for.
    if (asked === id() && run.value) follow(`/api/runs/${part(asked)}/events`);
  }

  watch(id, begin, { immediate: true });
  return { run, view, error, now, running, state, begin, load };
}

/** Sends what was said in the order in which it was said, one after the other, while the page goes on. */

import { computed, ref } from "vue";

export type SaveState = "saved" | "saving" | "unsaved";

export function useSaver() {
  const waiting = ref(0);
  const failed = ref(0);
  let chain: Promise<void> = Promise.resolve();

  /** `does` is called when everything before it is through; what it throws goes to `fails`, and the next one is sent. */
  function send(does: () => Promise<void>, fails: (error: unknown) => Promise<void> | void): Promise<void> {
    waiting.value += 1;
    chain = chain.then(async () => {
      try {
        await does();
      } catch (error) {
        await fails(error);
      } finally {
        waiting.value -= 1;
      }
    });
    return chain;
  }

  const state = computed<SaveState>(() => (failed.value ? "unsaved" : waiting.value ? "saving" : "saved"));
  return { waiting, failed, state, send };
}

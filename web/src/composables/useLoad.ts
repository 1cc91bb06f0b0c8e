/** Something asked of the API for a page: what came, whether it is still coming, what went wrong. */

import { ref, shallowRef, watch, type WatchSource } from "vue";
import { inWords } from "../api/client";

/** Ask at once and whenever `when` changes; an answer that was overtaken is dropped. */
export function useLoad<T>(ask: () => Promise<T>, when: WatchSource[] = []) {
  const data = shallowRef<T | null>(null);
  const error = ref("");
  const busy = ref(false);
  let turn = 0;

  async function load(): Promise<void> {
    const mine = ++turn;
    busy.value = true;
    try {
      const found = await ask();
      if (mine !== turn) return;
      data.value = found;
      error.value = "";
    } catch (thrown) {
      if (mine === turn) error.value = inWords(thrown);
    } finally {
      if (mine === turn) busy.value = false;
    }
  }

  watch(when, load, { immediate: true });
  return { data, error, busy, load };
}

/** The one line that tells what just happened, to eyes and to screen readers. */

import { readonly, ref } from "vue";

export type Tone = "calm" | "good" | "bad";

const line = ref({ text: "", tone: "calm" as Tone, n: 0 });
let timer: ReturnType<typeof setTimeout> | undefined;

/** Say one sentence. A bad one stays until the next; the others go after a while. */
function say(text: string, tone: Tone = "calm"): void {
  clearTimeout(timer);
  line.value = { text, tone, n: line.value.n + 1 };
  if (text && tone !== "bad") timer = setTimeout(() => say(""), 6000);
}

export function useStatus() {
  return { line: readonly(line), say };
}

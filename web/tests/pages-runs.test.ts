// @vitest-environment jsdom
/** What a person does on Training, Run and Models: starting, going past the gate with a reason, seeing the end. */
import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";
import type { Candidate, Model } from "../src/api/types";
import DeployModel from "../src/pages/models/DeployModel.vue";
import Models from "../src/pages/Models.vue";
import Run from "../src/pages/Run.vue";
import RunLog from "../src/pages/run/RunLog.vue";
import StartForm from "../src/pages/training/StartForm.vue";

type Said = { status?: number; body: unknown };
let answers: Record<string, Said>;
let asked: { line: string; body: unknown; headers: Record<string, string> }[];

class Source {
  static made: Source[] = [];
  readyState = 1;
  onmessage: ((message: { data: string; lastEventId: string }) => void) | null = null;
  constructor(readonly url: string) {
    Source.made.push(this);
  }
  close() {
    this.readyState = 2;
  }
  say(id: number, event: object) {
    this.onmessage?.({ data: JSON.stringify(event), lastEventId: String(id) });
  }
}

beforeEach(() => {
  [answers, asked, Source.made] = [{}, [], []];
  vi.stubGlobal("EventSource", Source);
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const line = `${init.method} ${url}`;
    asked.push({ line, body: init.body ? JSON.parse(String(init.body)) : null, headers: init.headers as Record<string, string> });
    const said = answers[line] ?? { status: 404, body: { title: "Not Found", detail: `nothing at ${line}` } };
    return new Response(JSON.stringify(said.body), { status: said.status ?? 200, headers: { "content-type": "application/json" } });
  });
});
afterEach(() => vi.unstubAllGlobals());

const page = { template: "<div />" };
const router = () => createRouter({ history: createMemoryHistory(), routes: [{ path: "/:any(.*)*", component: page }] });
const candidates: Candidate[] = [{ name: "small", method: "full", base: "x" }];
const button = (wrapper: ReturnType<typeof mount>, text: string) => wrapper.findAll("button").find((one) => one.text() === text)!;

describe("starting a run", () => {
  const form = (refusal: { text: string } | null) => {
    const its = router();
    return { its, wrapper: mount(StartForm, { props: { recipe: "job_mail", candidates, refusal }, global: { plugins: [its] } }) };
  };

  it("is not possible, and says why, while something is in the way", async () => {
    const { wrapper } = form({ text: "14 of 20 labels: 6 more, and a run can start." });
    expect(button(wrapper, "Start …").attributes("disabled")).toBeDefined();
    expect(wrapper.text()).toContain("14 of 20 labels");
    await wrapper.find("form").trigger("submit");
    expect(wrapper.find("dialog").text()).toBe("");
  });

  it("asks first, sends one key, and goes to the run", async () => {
    answers["POST /api/runs"] = { status: 202, body: { id: 15 } };
    const { its, wrapper } = form(null);
    await wrapper.find("form").trigger("submit");
    expect(asked).toEqual([]);
    await button(wrapper, "Start the run").trigger("click");
    await flushPromises();
    expect(asked[0]).toMatchObject({ line: "POST /api/runs", body: { recipe: "job_mail" } });
    expect(asked[0]?.headers["Idempotency-Key"]).toMatch(/^page-/);
    expect(its.currentRoute.value.path).toBe("/runs/15");
  });

  it("tells the API's reason where it is refused", async () => {
    answers["POST /api/runs"] = { status: 409, body: { detail: "run 12 is at work", type: "busy" } };
    const { wrapper } = form(null);
    await wrapper.find("form").trigger("submit");
    await button(wrapper, "Start the run").trigger("click");
    await flushPromises();
    expect(wrapper.find("[role=alert]").text()).toContain("run 12 is at work");
  });
});

describe("deploying a model", () => {
  const model = { version: "minilm-x" } as Model;
  const POST = "POST /api/models/minilm-x/deploy";

  it("asks the gate, and takes a reason to go past its no", async () => {
    answers[POST] = { status: 409, body: { detail: "the gate refused it", type: "not_promoted", errors: [{ pointer: "", detail: "P(better): asked for 0.95, found 0.6" }] } };
    answers[`${POST}?force=true`] = { body: { sentence: "you made it champion" } };
    const wrapper = mount(DeployModel, { props: { model } });
    await button(wrapper, "Deploy …").trigger("click");
    await button(wrapper, "Deploy").trigger("click");
    await flushPromises();
    expect(wrapper.text()).toContain("P(better): asked for 0.95, found 0.6");
    const anyway = () => button(wrapper, "Deploy without the gate");
    expect(anyway().attributes("disabled")).toBeDefined();
    await wrapper.find("textarea").setValue("we need it today");
    await anyway().trigger("click");
    await flushPromises();
    expect(asked.at(-1)).toMatchObject({ line: `${POST}?force=true`, body: { reason: "we need it today" } });
    expect(wrapper.emitted("done")).toEqual([["you made it champion"]]);
  });

  it("says a reason once that the refusal has said already", async () => {
    const reason = "macro-F1 0.64 against 0.65";
    answers[POST] = { status: 409, body: { detail: `not promoted: ${reason}`, type: "not_promoted", errors: [{ pointer: "", detail: reason }] } };
    const wrapper = mount(DeployModel, { props: { model } });
    await button(wrapper, "Deploy …").trigger("click");
    await button(wrapper, "Deploy").trigger("click");
    await flushPromises();
    expect(wrapper.text().split(reason)).toHaveLength(2);
  });

  it("offers no way past another run", async () => {
    answers[POST] = { status: 409, body: { detail: "another run is at work", type: "busy" } };
    const wrapper = mount(DeployModel, { props: { model } });
    await button(wrapper, "Deploy …").trigger("click");
    await button(wrapper, "Deploy").trigger("click");
    await flushPromises();
    expect(wrapper.find("[role=alert]").text()).toContain("another run is at work");
    expect(wrapper.find("textarea").exists()).toBe(false);
  });
});

describe("a server that is away", () => {
  it("is told once on the page Models", async () => {
    vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("refused")));
    const wrapper = mount(Models, { global: { plugins: [router()] } });
    await flushPromises();
    expect(wrapper.findAll("[role=alert]").map((its) => its.text())).toEqual(["! Avocet does not answer. Is avocet ui still running?Try again"]);
  });
});

describe("watching a run", () => {
  const run = {
    id: 15, run: "run-15", recipe: "job_mail", created_at: "2026-11-21T03:00:00Z", status: "training", outcome: "running", live: true, stages: [],
    num_training_examples: null, num_validation_examples: null, num_test_examples: null, training_config: {}, results: null, model_path: null,
    improvement_over_baseline: null, completed_at: null, sentence: null, flow_run_url: null, verdict: null, data: null,
  };
  const open = async () => {
    const wrapper = mount(Run, { props: { id: "15" }, global: { plugins: [router()] } });
    await flushPromises();
    return wrapper;
  };

  it("shows what it does and offers to cancel it, then its end, in the title, too", async () => {
    answers["GET /api/runs/15"] = { body: run };
    const wrapper = await open();
    expect(document.title).toBe("● Run 15: Training · Avocet");
    expect(wrapper.text()).toContain("Cancel run");
    const source = Source.made.at(-1)!;
    source.say(1, { type: "stage", stage: "finetune", n: 3, of: 5, at: "2026-11-21T03:00:01Z" });
    source.say(2, { type: "oom", candidate: "minilm", message: "it goes on with 8 at once" });
    await flushPromises();
    expect(wrapper.text()).toContain("3 of 5");
    expect(wrapper.text()).toContain("minilm ran out of memory. it goes on with 8 at once");
    const sentence = "memory ran out: stop what holds it";
    answers["GET /api/runs/15"] = { body: { ...run, status: "failed", outcome: "failed", live: false, sentence, completed_at: "2026-11-21T03:01:00Z" } };
    source.say(3, { type: "end", status: "failed", outcome: "failed", sentence, at: "2026-11-21T03:01:00Z" });
    await flushPromises();
    expect(document.title).toBe("✕ Run 15: Failed · Avocet");
    expect(wrapper.find(".banner").text()).toContain(sentence);
    expect(wrapper.find(".banner").text()).toContain("The memory of this machine ran out (minilm).");
    expect(wrapper.text()).not.toContain("Cancel run");
  });

  it("waits for no events of a run that is not there", async () => {
    const wrapper = await open();
    expect(wrapper.find("[role=alert]").text()).toContain("nothing at GET /api/runs/15");
    expect(Source.made).toEqual([]);
  });
});

describe("the log", () => {
  const line = (id: number) => ({ id, at: null, tone: "plain" as const, text: `line ${id}` });

  it("follows the newest line until the person scrolls up, and says what is new then", async () => {
    const wrapper = mount(RunLog, { props: { lines: [line(1)], state: "open" }, attachTo: document.body });
    const box = wrapper.find(".lines").element as HTMLElement;
    Object.defineProperties(box, { scrollHeight: { value: 1000 }, clientHeight: { value: 200 } });
    await wrapper.setProps({ lines: [line(1), line(2)] });
    await flushPromises();
    expect(box.scrollTop).toBe(1000);
    box.scrollTop = 100;
    await wrapper.find(".lines").trigger("scroll");
    await wrapper.setProps({ lines: [line(1), line(2), line(3), line(4)] });
    await flushPromises();
    expect(box.scrollTop).toBe(100);
    expect(wrapper.find(".jump").text()).toContain("2 new lines");
    await wrapper.find(".jump").trigger("click");
    expect(box.scrollTop).toBe(1000);
    expect(wrapper.find(".jump").exists()).toBe(false);
    wrapper.unmount();
  });

  it("says that the connection is cut", () => {
    expect(mount(RunLog, { props: { lines: [], state: "cut" } }).find("[role=status]").text()).toContain("no line will be lost");
  });
});

/** Invented runs, their events and the schedule. A run that is started plays through in about a minute; POST /dev/world {"pace": 0.1} hurries it. */
import { LIVE, NEW } from "./board.mjs";
import { VERDICT } from "./models.mjs";
import { before, full, paged, Problem } from "./problem.mjs";
import { LABELS } from "./settings.mjs";

const BY_LABEL = [42, 24, 71, 30, 15, 128, 27, 139, 14, 11];
const STAGES = ["validate", "split", "finetune", "benchmark", "promote"];
const STATUS = { validate: "preparing", split: "preparing", finetune: "training", benchmark: "evaluating", promote: "evaluating" };

const record = (id, minutes, lasted, outcome, sentence, more = {}) => ({
  id,
  run: `run-${id}`,
  recipe: "job_mail",
  created_at: before(minutes),
  status: outcome === "running" ? "preparing" : outcome === "failed" ? "failed" : "completed",
  num_training_examples: 351,
  num_validation_examples: 51,
  num_test_examples: 99,
  training_config: { name: "job_mail", candidates: { tfidf: { method: "tfidf" }, minilm: { method: "lpft", epochs: 5 } }, gate: { metric: "macro_f1", margin: 0 } },
  results: null,
  model_path: null,
  improvement_over_baseline: null,
  completed_at: outcome === "running" ? null : before(minutes - lasted),
  sentence,
  outcome,
  live: outcome === "running",
  flow_run_url: null,
  ...more,
});
const results = (macro_f1, promoted) => ({ results: { promoted, macro_f1, accuracy: 0.83, precision: 0.76, recall: 0.74 } });

function past() {
  const old = "macro-F1 0.71 against 0.63 of tfidf (champion); 12 mails fixed, 4 broken, of 96 judged; P(better) 0.97";
  return [
    record(14, 60 * 20, 6.4, "refused", VERDICT.sentence, { ...results(0.77, false), model_path: `models/${NEW}`, improvement_over_baseline: 0.12, flow_run_url: "http://127.0.0.1:4200/runs/flow-run/0b1c", verdict: VERDICT }),
    record(13, 60 * 44, 7.1, "promoted", `promoted minilm: ${old}`, { ...results(0.713, true), model_path: `models/${LIVE}`, improvement_over_baseline: 0.08, verdict: { promoted: true, reason: "better", sentence: `promoted minilm: ${old}`, conditions: [{ name: "worst label f1", wanted: ">= 0.3", found: "0.44", held: true }] } }),
    record(12, 60 * 68, 0.3, "no_change", "nothing new since run 11: same mails, recipe and code", { num_training_examples: null, num_validation_examples: null, num_test_examples: null }),
    record(11, 60 * 92, 2.2, "failed", "bge-m3 does not fit into memory at the smallest setting (1 x 16): 7.6 GiB are needed, 2.1 of 8.0 GiB of the GPU are free; python (pid 4121) holds 5.7 GiB. Stop it, or take a smaller base", { oom: true }),
    record(10, 60 * 116, 0.2, "stopped", "label hired has 1 row, and 2 are needed; label more mails", { num_training_examples: null, num_test_examples: null, num_validation_examples: null }),
    record(9, 60 * 140, 1.2, "cancelled", "cancelled by mara"),
  ];
}

/** The lines of a run that plays: [seconds since the last one, event]. */
function* script(run) {
  const at = () => before(0);
  const stage = (name, more = {}) => ({ type: "stage", stage: name, n: STAGES.indexOf(name) + 1, of: 5, at: at(), ...more });
  const names = run.model ? [run.model] : ["tfidf", "minilm", "blend"];
  yield [0, { type: "status", status: "waiting", at: at() }];
  yield [0.4, { type: "status", status: "preparing", at: at() }];
  yield [0.1, stage("validate")];
  yield [0.5, { type: "log", level: "info", message: "501 rows, 499 kept, 2 in quarantine (data/quarantine/run.jsonl says why)" }];
  yield [0.2, { type: "log", level: "warning", message: "hired has 11 rows: its score will mean little" }];
  yield [0.4, stage("split")];
  yield [0.4, { type: "log", level: "info", message: "351 to learn from, 51 to tune on, 99 to judge on; leak gap 0.03" }];
  yield [0.2, { type: "status", status: "training", at: at() }];
  yield [0.1, stage("finetune", { candidates: names })];
  for (const name of names) {
    yield [0.3, { type: "attempt", candidate: name, attempt: 0, setting: "16 x 1", at: at() }];
    if (name === "tfidf" || name === "blend") {
      yield [1.2, { type: "note", candidate: name, message: "alpha 0.3, chosen out of fold" }];
      continue;
    }
    yield [0.8, { type: "oom", candidate: name, message: "16 rows at once are too many for 2.1 GiB; it goes on with 8 at once, which learns the same." }];
    yield [0.3, { type: "attempt", candidate: name, attempt: 1, setting: "8 x 2", at: at() }];
    const epochs = run.epochs ?? 5;
    for (let e = 1; e <= epochs; e += 1) {
      for (let s = 1; s <= 12; s += 1) yield [0.28, { type: "progress", candidate: name, step: (e - 1) * 12 + s, of: epochs * 12 }];
      yield [0.3, { type: "metrics", candidate: name, epoch: e, of: epochs, macro_f1: 0.74 - 0.42 / (e + 0.4), accuracy: 0.86 - 0.3 / (e + 0.4), loss: 1.9 / (e + 0.35) }];
    }
  }
  yield [0.2, { type: "status", status: "evaluating", at: at() }];
  yield [0.1, stage("benchmark")];
  yield [1.8, { type: "log", level: "info", message: "7 contestants judged on the same 99 rows" }];
  yield [0.5, stage("promote")];
  yield [0.8, { type: "verdict", promoted: false, reason: "condition", sentence: VERDICT.sentence }];
  yield [0.3, { type: "end", status: "completed", outcome: "refused", sentence: VERDICT.sentence, at: at() }];
}

/** The lines of a run that is over, with the times that they had. */
function replayed(run) {
  const all = [...script(run)].filter(([, e]) => e.type !== "end" && e.type !== "verdict");
  const whole = all.reduce((sum, [wait]) => sum + wait, 0);
  const [from, to] = [run.created_at, run.completed_at].map((t) => Date.parse(t));
  let passed = 0;
  return all.map(([wait, event]) => {
    passed += wait;
    return event.at === undefined ? event : { ...event, at: new Date(from + ((to - from) * passed) / whole).toISOString().replace(/\.\d+Z$/, "Z") };
  });
}

/** What an ended run told. */
function toldBy(run) {
  const end = { type: "end", status: run.outcome === "failed" ? "failed" : run.outcome === "cancelled" ? "cancelled" : "completed", outcome: run.outcome, sentence: run.sentence, at: run.completed_at };
  if (["refused", "promoted"].includes(run.outcome)) return [...replayed(run), end];
  const oom = run.oom ? [{ type: "stage", stage: "finetune", n: 3, of: 5, at: run.created_at }, { type: "oom", candidate: "bge-m3", message: run.sentence }] : [];
  return [{ type: "stage", stage: "validate", n: 1, of: 5, at: run.created_at }, ...oom, end];
}

function stagesOf(run, told) {
  const begun = told.filter((e) => e.type === "stage");
  const end = told.find((e) => e.type === "end");
  return STAGES.map((name) => {
    const i = begun.findIndex((e) => e.stage === name);
    if (i < 0) return { name, status: end ? "skipped" : "waiting", began_at: null, ended_at: null };
    const next = begun[i + 1]?.at ?? (end ? end.at : null);
    const broken = end && end.status !== "completed" && i === begun.length - 1;
    return { name, status: broken ? "failed" : next ? "done" : "running", began_at: begun[i].at, ended_at: next };
  });
}

export const runRoutes = (world) => {
  const runs = world.empty ? [] : past();
  const lines = new Map(); // id -> its events
  const linesOf = (run) => lines.get(run.id) ?? lines.set(run.id, toldBy(run)).get(run.id);
  const find = (id) => {
    const found = runs.find((r) => String(r.id) === id || r.run === id);
    if (!found) throw new Problem(404, `there is no run ${id}; \`avocet runs\` lists what there is`);
    return found;
  };
  const shown = ({ verdict: _v, model: _m, epochs: _e, oom: _o, ...run }) => run;
  const data = (run) => (run.num_training_examples === null ? null : { n_rows: 501, by_label: Object.fromEntries(LABELS.map((l, i) => [l, BY_LABEL[i]])), dropped: [], quarantined: 2 });

  async function play(run) {
    const told = [];
    lines.set(run.id, told);
    for (const [wait, event] of script(run)) {
      await new Promise((done) => setTimeout(done, wait * 1000 * (world.pace ?? 1)));
      if (run.cancelled) {
        const sentence = "cancelled by you; the champion stayed as it was";
        Object.assign(run, { live: false, outcome: "cancelled", status: "failed", completed_at: before(0), sentence });
        told.push({ type: "end", status: "cancelled", outcome: "cancelled", sentence, at: before(0) });
        return;
      }
      if (event.type === "stage" && event.stage === "finetune") Object.assign(run, { num_training_examples: 351, num_validation_examples: 51, num_test_examples: 99 });
      if (event.type === "stage") run.status = STATUS[event.stage];
      if (event.type === "end") world.judged = run.run;
      if (event.type === "end") Object.assign(run, { live: false, outcome: "refused", status: "completed", completed_at: before(0), sentence: event.sentence, ...results(0.77, false), model_path: `models/${NEW}`, improvement_over_baseline: 0.12, verdict: VERDICT });
      told.push(event.at === undefined ? event : { ...event, at: before(0) });
    }
  }

  function start(body) {
    const busy = runs.find((r) => r.outcome === "running");
    if (busy) throw new Problem(409, `run ${busy.id} is at work; wait for it, or stop it`);
    if (body.epochs !== undefined && !(body.epochs >= 1 && body.epochs <= 20)) throw new Problem(422, "epochs is a number from 1 to 20", [{ pointer: "/epochs", detail: "1 to 20" }]);
    const none = { num_training_examples: null, num_validation_examples: null, num_test_examples: null };
    const run = record((runs[0]?.id ?? 0) + 1, 0, 0, "running", null, { ...none, model: body.model, epochs: body.epochs });
    runs.unshift(run);
    play(run);
    return full(shown(run), 202, { location: `/api/runs/${run.id}` });
  }

  async function events({ params, headers, response, request }) {
    const told = linesOf(find(params.id));
    let n = Number(headers["last-event-id"] ?? 0);
    if (n >= told.length && told.at(-1)?.type === "end") {
      response.writeHead(204).end();
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    let open = true;
    request.on("close", () => (open = false));
    while (open) {
      for (; n < told.length; n += 1) response.write(`id: ${n + 1}\ndata: ${JSON.stringify(told[n])}\n\n`);
      if (told.at(-1)?.type === "end") break;
      await new Promise((done) => setTimeout(done, 60));
    }
    response.end();
  }

  return [
    ["POST", "/api/runs", ({ body }) => start(body)],
    ["GET", "/api/runs", ({ query }) => paged(query.get("recipe") === "demo_mail" ? [] : runs.map(shown), query)],
    ["GET", "/api/runs/{id}", ({ params }) => {
      const run = find(params.id);
      return { ...shown(run), stages: stagesOf(run, linesOf(run)), progress: 0.5, verdict: run.verdict ?? null, data: data(run) };
    }],
    ["GET", "/api/runs/{id}/events", events],
    ["POST", "/api/runs/{id}/cancel", ({ params }) => {
      const run = find(params.id);
      if (run.outcome !== "running") throw new Problem(409, `run ${run.id} has ended already`);
      run.cancelled = true;
      return full(shown(run), 202);
    }],
    ["GET", "/api/schedule", () => schedule(runs, world)],
    ["PUT", "/api/schedule", ({ body }) => Object.assign((world.schedule ??= {}), body) && schedule(runs, world)],
  ];
};

function schedule(runs, world) {
  const next = new Date();
  next.setDate(next.getDate() + 1);
  next.setHours(3, 0, 0, 0);
  const nights = runs.filter((r) => r.outcome !== "running").slice(0, 7);
  return {
    where: world.empty ? "none" : "prefect",
    cron: "0 3 * * *",
    timezone: "Europe/Berlin",
    active: !world.empty,
    next: world.empty ? null : next.toISOString(),
    last: nights.map((r) => ({ id: r.id, at: r.created_at, outcome: r.outcome, sentence: r.sentence })),
    help: world.empty ? "`avocet schedule on` makes the nightly deployment; it needs a Prefect server" : null,
    ...world.schedule,
  };
}

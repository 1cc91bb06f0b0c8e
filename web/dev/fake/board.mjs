/** Invented contestants of one night: their cards, the mails behind a cell, what differs between two of them. */
import { dice } from "./problem.mjs";
import { LABELS } from "./settings.mjs";

const N_OF = [8, 5, 14, 6, 3, 25, 5, 28, 3, 2]; // judged mails of each label
const N = N_OF.reduce((a, b) => a + b);
const SUBJECTS = {
  interview_scheduled: ["Invitation to a call on Thursday", "Your interview: Tuesday 10:30", "Next step: meet the team"],
  offer_received: ["Your offer from Larkspur Software", "Contract for signature"],
  rejected: ["Your application at Nordlicht", "An update on your application", "We decided otherwise"],
  positive_response: ["We would like to know more", "Re: your portfolio"],
  survey_received: ["How was it to apply with us?", "Two questions, one minute"],
  neutral: ["Your password was changed", "Minutes of Monday", "Invoice 2291", "Welcome to the portal"],
  event_rescheduled: ["Moved: our call is on Friday now", "New time for your interview"],
  digest: ["12 new jobs for you", "Your weekly jobs in Hamburg", "Jobs near you: 9 new"],
  new_lead: ["A role that may interest you", "Are you open to talk?"],
  hired: ["Welcome on board!", "Your first day"],
};

/** Predictions of one contestant: right with chance `skill`, otherwise mostly the large labels. */
function answers(seed, skill) {
  const roll = dice(seed);
  return LABELS.flatMap((label, i) =>
    Array.from({ length: N_OF[i] }, (_, k) => {
      const hard = N_OF[i] < 6 ? 0.72 : 1;
      const pred = roll() < skill * hard ? label : roll() < 0.55 ? "neutral" : LABELS[Math.floor(roll() * LABELS.length)];
      return { id: `${label}-${k}`, true: label, predicted: pred, confidence: Math.round((0.4 + roll() * 0.59) * 100) / 100 };
    }),
  );
}

const spread = (f1, n) => 1.96 * Math.sqrt(Math.max(f1 * (1 - f1), 0.02) / Math.max(n, 1));
const clip = (x) => Math.round(Math.min(1, Math.max(0, x)) * 1e4) / 1e4;

function perLabel(rows) {
  return LABELS.map((label) => {
    const n = rows.filter((r) => r.true === label).length;
    const said = rows.filter((r) => r.predicted === label).length;
    const right = rows.filter((r) => r.true === label && r.predicted === label).length;
    const f1 = n + said ? (2 * right) / (n + said) : 0;
    const half = spread(f1, n);
    return { label, precision: said ? right / said : 0, recall: n ? right / n : 0, f1, lo: n ? clip(f1 - half) : null, hi: n ? clip(f1 + half) : null, n };
  });
}

function cardOf({ name, candidate, role, seed, skill, ms, size, error = null }) {
  const base = { name, candidate, role, engine: error ? null : "onnx", engine_why: error ? null : "the fastest of three on this machine", n: N, labels: LABELS, error };
  const none = { macro_f1: null, lo: null, hi: null, accuracy: null, ms_per_mail: null, size_bytes: null, top_k: null, per_label: [], confusion: [], calibration_error: null };
  if (error) return { ...base, ...none };
  const rows = answers(seed, skill);
  const labels = perLabel(rows);
  const f1 = labels.reduce((sum, l) => sum + l.f1, 0) / labels.length;
  const accuracy = rows.filter((r) => r.true === r.predicted).length / N;
  return {
    ...base,
    macro_f1: f1,
    lo: clip(f1 - 0.062),
    hi: clip(f1 + 0.058),
    accuracy,
    ms_per_mail: ms,
    size_bytes: size,
    top_k: { 1: accuracy, 2: Math.min(1, accuracy + 0.09), 3: Math.min(1, accuracy + 0.13) },
    per_label: labels,
    confusion: LABELS.map((t) => LABELS.map((p) => rows.filter((r) => r.true === t && r.predicted === p).length)),
    calibration_error: role === "baseline" ? null : 0.061,
  };
}

export const LIVE = "minilm-20261120t030512z-7c1f3a";
export const NEW = "blend-20261121t030841z-b81d22";
const WHO = [
  { name: NEW, candidate: "blend", role: "challenger", seed: 10, skill: 0.86, ms: 5.1, size: 92_400_000 },
  { name: LIVE, candidate: "minilm", role: "champion", seed: 7, skill: 0.87, ms: 4.2, size: 90_100_000 },
  { name: "minilm-20261121t030730z-19ac43", candidate: "minilm", role: "candidate", seed: 5, skill: 0.78, ms: 4.3, size: 90_100_000 },
  { name: "tfidf-20261121t030601z-52e0aa", candidate: "tfidf", role: "candidate", seed: 3, skill: 0.76, ms: 0.4, size: 2_300_000 },
  { name: "deberta-small-20261121t030612z-0c11ff", candidate: "deberta-small", role: "candidate", seed: 1, skill: 0, error: "its base is not on this machine" },
  { name: "tfidf + logistic regression", candidate: "tfidf + logistic regression", role: "baseline", seed: 4, skill: 0.7, ms: 0.3, size: 1_900_000 },
  { name: "majority", candidate: "majority", role: "baseline", seed: 2, skill: 0.05, ms: 0, size: 0 },
];

export const cards = WHO.map(cardOf);
const rowsOf = (name) => {
  const who = WHO.find((w) => w.name === name && !w.error);
  return who ? answers(who.seed, who.skill) : null;
};
const title = (id) => {
  const [label, k] = [id.slice(0, id.lastIndexOf("-")), Number(id.slice(id.lastIndexOf("-") + 1))];
  return SUBJECTS[label][k % SUBJECTS[label].length] + (k >= SUBJECTS[label].length ? ` (${k})` : "");
};

export function mailsBehind(name, truth, pred) {
  const found = (rowsOf(name) ?? []).filter((r) => (!truth || r.true === truth) && (!pred || r.predicted === pred));
  return found.map((r) => ({ ...r, fields: { subject: title(r.id), body: `Hello,\n\nthis is the invented text of mail ${r.id}. Nobody wrote it, and <b>nothing</b> in it is markup.\n\nKind regards\nSomebody` } }));
}

/** Difference, fixed and broken mails of two contestants. */
export function between(a, b, run = "run-14") {
  const [one, two] = [rowsOf(a), rowsOf(b)];
  if (!one || !two) return { difference: null, fixed: [], broken: [], together: null };
  const changed = one.map((r, i) => ({ id: r.id, title: title(r.id), true: r.true, a: r.predicted, b: two[i].predicted }));
  const [f, g] = [a, b].map((name) => cards.find((c) => c.name === name));
  const apart = g.macro_f1 - f.macro_f1;
  return {
    difference: { macro_f1: apart, lo: apart - 0.035, hi: apart + 0.04, p_better: Math.min(0.999, Math.max(0.001, 0.5 + apart * 14)) },
    fixed: changed.filter((c) => c.b === c.true && c.a !== c.true),
    broken: changed.filter((c) => c.a === c.true && c.b !== c.true),
    together: [f, g].map((c) => ({ run, n_rows: N, macro_f1: c.macro_f1, accuracy: c.accuracy })),
  };
}

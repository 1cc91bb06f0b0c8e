/** Invented mails: the queue, the labels, the history. */

export const mailRoutes = () => [["GET", "/api/stats", () => ({ n_rows: 62, n_labelled: 22, by_label: {}, corrections: 5, confirmations: 17, copies: 1, conflicts: 2, used: 12, least: 20, ready: true })]];

/** How the invented API refuses, pages a list, and says more than a body. */

export class Problem extends Error {
  constructor(status, detail, errors = []) {
    super(detail);
    this.status = status;
    this.errors = errors;
  }
}

/** An answer with a status or headers of its own. */
export const full = (body, status = 200, headers = {}) => ({ $: { body, status, headers } });

export function paged(all, query, usual = 50) {
  const limit = Number(query.get("limit") ?? usual);
  const from = Number(query.get("cursor") ?? 0);
  const next = from + limit < all.length ? String(from + limit) : null;
  return { items: all.slice(from, from + limit), total: all.length, next_cursor: next };
}

/** The same numbers on every start. */
export function dice(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

export const before = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString().replace(/\.\d+Z$/, "Z");

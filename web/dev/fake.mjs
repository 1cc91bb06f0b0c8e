/**
 * A small invented API for working on the pages without Python: everything lives in memory.
 * node dev/fake.mjs [--port 8765] [--delay 50] [--empty]; it serves the built pages, too, under the real security policy.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { parseArgs } from "node:util";
import { dataRoutes } from "./fake/data.mjs";
import { mailRoutes } from "./fake/mails.mjs";
import { modelRoutes } from "./fake/models.mjs";
import { Problem } from "./fake/problem.mjs";
import { runRoutes } from "./fake/runs.mjs";
import { settingRoutes } from "./fake/settings.mjs";

const { values: asked } = parseArgs({
  options: { port: { type: "string", default: "8765" }, delay: { type: "string", default: "0" }, empty: { type: "boolean", default: false } },
});
const STATIC = join(import.meta.dirname, "../../app/static");
const KINDS = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html; charset=utf-8" };
const world = { empty: asked.empty, delay: Number(asked.delay), fail: 0 };

/** Each route: [method, pattern, ({params, query, body, headers, raw, response, world}) => answer]. */
const routes = [
  ...settingRoutes(world),
  ...mailRoutes(world),
  ...dataRoutes(world),
  ...runRoutes(world),
  ...modelRoutes(world),
  // For tests: how slow the API is, how many of the next writes fail.
  ["POST", "/dev/world", ({ body }) => Object.assign(world, body)],
];

function match(method, path) {
  for (const [its, pattern, does] of routes) {
    const names = [];
    const regex = new RegExp(`^${pattern.replace(/\{(\w+)\}/g, (_, name) => (names.push(name), "([^/]+)"))}$`);
    const found = its === method && regex.exec(path);
    if (found) return { does, params: Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(found[i + 1])])) };
  }
  throw new Problem(404, `There is nothing at ${path}.`);
}

async function read(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

async function answer(request, response) {
  const url = new URL(request.url, "http://fake");
  if (!/^\/(api|admin\/api|dev)\//.test(url.pathname)) return page(url.pathname, response);
  const raw = await read(request);
  const json = (request.headers["content-type"] ?? "").includes("json");
  await new Promise((done) => setTimeout(done, world.delay));
  if (world.fail > 0 && request.method !== "GET" && !url.pathname.startsWith("/dev/")) {
    world.fail -= 1;
    throw new Problem(503, "The store is busy.");
  }
  const { does, params } = match(request.method, url.pathname);
  const said = await does({ params, query: url.searchParams, body: json && raw.length ? JSON.parse(raw) : {}, raw, headers: request.headers, response, request, world });
  if (response.headersSent) return undefined; // a stream, or a file
  const { status = 200, headers = {}, ...rest } = said?.$ ? said.$ : {};
  const body = said?.$ ? rest.body : said;
  response.writeHead(body === undefined ? 204 : status, { "content-type": "application/json", ...headers });
  return response.end(body === undefined ? undefined : JSON.stringify(body));
}

async function page(path, response) {
  const file = extname(path) ? normalize(path) : "/index.html";
  const policy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
  const bytes = await readFile(join(STATIC, file)).catch(() => {
    throw new Problem(404, `There is no file ${file}.`);
  });
  response.writeHead(200, { "content-type": KINDS[extname(file)] ?? "application/octet-stream", "content-security-policy": policy });
  response.end(bytes);
}

createServer((request, response) => {
  answer(request, response).catch((error) => {
    const status = error instanceof Problem ? error.status : 500;
    if (status === 500) console.error(error);
    if (response.headersSent) return response.end();
    response.writeHead(status, { "content-type": "application/problem+json" });
    return response.end(JSON.stringify({ type: "about:blank", title: "Refused", status, detail: error.message, instance: request.url, errors: error.errors ?? [] }));
  });
}).listen(Number(asked.port), "127.0.0.1", () => console.log(`http://127.0.0.1:${asked.port}/`));

/** Makes src/api/schema.d.ts from ../openapi.json; its first line says from which, so that a test without node can tell whether it is the latest. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import openapi, { astToString } from "openapi-typescript";

const from = new URL("../../openapi.json", import.meta.url);
const digest = createHash("sha256").update(readFileSync(from)).digest("hex");
const types = astToString(await openapi(from));
writeFileSync(new URL("../src/api/schema.d.ts", import.meta.url), `/* The API's shapes; made by \`npm run types\` from openapi.json, sha256 ${digest} */\n${types}`);

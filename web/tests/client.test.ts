/** The client: addresses, problems as typed errors, versions and uploads. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { address, ApiError, get, part, put, request } from "../src/api/client";

const answers = (body: unknown, status = 200, headers: Record<string, string> = { "content-type": "application/json" }) =>
  vi.fn(async (_url: string, _init: RequestInit) => new Response(body === undefined ? null : JSON.stringify(body), { status, headers }));

afterEach(() => vi.unstubAllGlobals());

describe("address", () => {
  it("leaves out what is not said and repeats what is said twice", () => {
    expect(address("/api/mails", { q: "a&b", label: "", used: null, column: ["x=y", "z=w"], limit: 0 })).toBe(
      "/api/mails?q=a%26b&column=x%3Dy&column=z%3Dw&limit=0",
    );
  });

  it("keeps an id in one part of the path", () => {
    expect(part("<a/b@c>?d")).toBe("%3Ca%2Fb%40c%3E%3Fd");
  });
});

describe("request", () => {
  it("sends the version one has seen and gives back the new one", async () => {
    const fetched = answers({ version: 4 }, 200, { "content-type": "application/json", etag: '"4"' });
    vi.stubGlobal("fetch", fetched);
    const answer = await request("PUT", "/api/mails/1/label", { json: { label: "x" }, ifMatch: 3 });
    expect(answer.etag).toBe('"4"');
    expect(fetched.mock.calls[0]?.[1].headers).toMatchObject({ "If-Match": '"3"', "Content-Type": "application/json" });
  });

  it("tells a problem in the API's own words, with the fields it is about", async () => {
    const errors = [{ pointer: "/items/0/key", detail: "u is taken" }];
    vi.stubGlobal("fetch", answers({ title: "Unprocessable", detail: "Two labels have the key u.", type: "keys", errors }, 422, { "content-type": "application/problem+json" }));
    const thrown = await put("/api/labels", []).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(ApiError);
    expect(thrown).toMatchObject({ status: 422, message: "Two labels have the key u.", type: "keys", errors });
  });

  it("says so when nobody answers", async () => {
    vi.stubGlobal("fetch", vi.fn().mockRejectedValue(new TypeError("Failed to fetch")));
    const thrown = await get("/api/stats").catch((error: unknown) => error);
    expect(thrown).toMatchObject({ status: 0, unreachable: true });
  });

  it("reads no body from a 204", async () => {
    vi.stubGlobal("fetch", answers(undefined, 204, {}));
    expect((await request("DELETE", "/api/mails/1")).data).toBeUndefined();
  });

  it("sends a file as it is", async () => {
    const fetched = answers({ id: "1" }, 202);
    vi.stubGlobal("fetch", fetched);
    const file = new Blob(["From x"]);
    await request("POST", "/api/imports", { raw: file });
    expect(fetched.mock.calls[0]?.[1].body).toBe(file);
  });
});

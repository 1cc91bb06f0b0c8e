/** Shapes that are written by hand are those of openapi.json; the types are compared, nothing runs. */
import { expectTypeOf, it } from "vitest";
import type { components } from "../src/api/schema";
import type { Order, RunEvent } from "../src/api/types";
import type { paths } from "../src/api/schema";

type Schemas = components["schemas"];

it("an event of a run is read as it is told", () => {
  expectTypeOf<Schemas["StatusEvent" | "StageEvent" | "LogEvent" | "NoteEvent" | "OomEvent" | "VerdictEvent" | "EndEvent"]>().toExtend<RunEvent>();
  expectTypeOf<Schemas["ProgressEvent"]>().toExtend<RunEvent>();
  expectTypeOf<Schemas["MetricsEvent"]>().toExtend<RunEvent>();
});

it("an order of the queue is one that the API knows", () => {
  expectTypeOf<Order>().toEqualTypeOf<NonNullable<NonNullable<paths["/api/queue"]["get"]["parameters"]["query"]>["order"]>>();
});

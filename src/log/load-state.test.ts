import { describe, expect, it } from "vitest";
import { planHash } from "../core/plan/plan-hash.ts";
import { planOf } from "../core/run/fixtures/plan.fixture.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { loadPlan } from "./load-state.ts";
import type { LogSource } from "./store.ts";
import { StoreDamage } from "./store-damage.ts";

const plan = planOf([{ id: "a" }]);
const logWith = (document: unknown): Pick<LogSource, "document"> => ({ document: () => document as JsonValue });

describe("loadPlan", () => {
  it("gives the plan that its hash names", () => {
    expect(loadPlan(logWith(plan), planHash(plan))).toEqual(plan);
  });

  it("refuses another one in its place: what goes on after a crash is what was approved (I1)", () => {
    expect(() => loadPlan(logWith({ ...plan, summary: "another" }), planHash(plan))).toThrow(StoreDamage);
  });

  it("refuses one with a field of a later release, whose hash is right", () => {
    const later = { ...plan, deadlineMs: 5 };

    expect(() => loadPlan(logWith(later), planHash(later))).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ code: "E_SCHEMA_UNKNOWN_FIELD" }) }),
    );
  });
});

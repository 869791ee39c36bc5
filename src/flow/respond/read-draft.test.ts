import { describe, expect, it } from "vitest";
import { damagesOf, type Full } from "../../../test/support/damage-document.ts";
import { digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { type ReportDraft, readDraft } from "./read-draft.ts";

const some = digest("interlock.test/1", "some");
const draft: Full<ReportDraft> = {
  format: "interlock.response/2",
  incidentId: "inc_1",
  alert: { key: "slow", name: "Slow", summary: "it is slow" },
  situation: { id: "slow", digest: some },
  belief: [{ context: "busy", before: 0.5, after: 0.75 }],
  observations: [{ step: "look", outcome: "busy" }],
  proposed: { kind: "scored", response: "scale", value: 1, risk: 0.01 },
  chosen: { response: "scale", value: 1, risk: 0.01 },
  averagePlan: { response: "wait", value: 0.5, risk: 0 },
  outcome: "waiting",
  world: "unknown",
  reason: "under way",
  code: "E_ESCALATED",
  runIds: ["run_1"],
  planHash: some,
  riskTable: some,
  approvedBy: "ada",
  wrote: ["a"],
  waitingFor: [{ stepId: "a", owner: "ada", reason: "in doubt" }],
  handover: null,
  durationMs: 12,
  testimony: [{ by: "witness", about: "!alarm.checkout.firing", says: "unknown", why: "" }],
};

function stored(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

describe("readDraft", () => {
  it.each(["interlock.response/1", "interlock.response/2"])("reads a draft of %s whole", (format) => {
    expect(readDraft(stored({ ...draft, format }))).toEqual({ ok: true, value: { ...draft, format } });
  });

  it("refuses every single field more or less and every other type, and says where", () => {
    const wrong = [...damagesOf(stored(draft))].filter(({ document, pointer }) => {
      const read = readDraft(document);
      return read.ok || !read.error.some((found) => found.pointer === pointer);
    });

    // What a witness said is absent where none was asked.
    expect(wrong.map(({ name }) => name)).toEqual(["missing field /testimony"]);
  });

  it("refuses a version that it does not know", () => {
    expect(readDraft(stored({ ...draft, format: "interlock.response/3" }))).toMatchObject({
      ok: false,
      error: [{ code: "E_SCHEMA_VERSION", pointer: "/format" }],
    });
  });
});

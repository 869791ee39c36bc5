import { describe, expect, it } from "vitest";
import { damagesOf } from "../../../../test/support/damage-document.ts";
import { fullEvents, isFreeInEvent } from "../../../../test/support/full-events.ts";
import { canonicalText } from "../../value/canonical.ts";
import type { JsonValue } from "../../value/json-value.ts";
import type { Event } from "./event.ts";
import { readEvent } from "./read-event.ts";

function stored(event: unknown): JsonValue {
  return JSON.parse(JSON.stringify(event)) as JsonValue;
}

const codeOf = {
  "unknown field": "E_SCHEMA_UNKNOWN_FIELD",
  "missing field": "E_SCHEMA_MISSING_FIELD",
  "another type": "E_SCHEMA",
} as const;

describe("readEvent", () => {
  it.each(fullEvents.map((event) => [event.kind, event] as const))("reads %s with the same bytes", (_, event) => {
    const read = readEvent(stored(event));

    expect(read.ok ? canonicalText(read.value) : read.error).toBe(canonicalText(event));
  });

  it("refuses every single field more or less and every other type, and says where", () => {
    const optional: string[] = [];
    const wrong: string[] = [];
    for (const event of fullEvents) {
      for (const { name, kind, pointer, document } of damagesOf(stored(event), isFreeInEvent)) {
        const read = readEvent(document);
        if (read.ok && kind === "missing field") optional.push(name.replace("missing field ", `${event.kind} `));
        else if (read.ok || !read.error.some((found) => found.code === codeOf[kind] && found.pointer === pointer))
          wrong.push(`${event.kind}: ${name}`);
      }
    }

    expect(wrong).toEqual([]);
    expect(optional.filter((name) => !/\/(?:problem\/next|facts\/\d+\/why)$/.test(name))).toEqual([
      "step_intent /changed",
      "attempt_settled /reply/output",
      "reply_ignored /reply/output",
      "step_settled /reason",
      "step_settled /signed",
      "step_failed /facts",
      "step_failed /foreign",
      "step_failed /onWordOf",
      "run_draining /reason",
      "compensation_started /covered",
      "step_compensated /onWordOf",
      "run_ended /failed",
      "run_ended /unacknowledged",
      "run_ended /overwrote",
      "pack_trusted /site",
      "engine_opened /by",
    ]);
  });

  it("refuses a kind that it does not know: nobody knows what it does to a state", () => {
    const read = readEvent({ kind: "run_merged", runId: "run_1" });

    expect(read).toMatchObject({ ok: false, error: [{ code: "E_SCHEMA", pointer: "/kind" }] });
  });

  it("keeps a code of another release, and leaves out a next step of one: nothing is decided by them", () => {
    const problem = { code: "E_LATER", pointer: "", message: "m", hint: "h" };
    const refused = { kind: "input_refused", runId: null, input: "start", by: null };

    const read = readEvent(stored({ ...refused, problem: { ...problem, next: { do: "witness" } } }));

    expect(read).toEqual({ ok: true, value: { ...refused, problem } });
  });

  it("refuses a code that is none", () => {
    const event = { kind: "step_held", runId: "run_1", stepId: "a", untilMs: null } satisfies Partial<Event>;
    const problem = { code: "later", pointer: "", message: "m", hint: "h" };

    expect(readEvent(stored({ ...event, problem }))).toMatchObject({ ok: false, error: [{ pointer: "/problem" }] });
  });
});

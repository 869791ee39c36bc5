import { describe, expect, it } from "vitest";
import type { Event } from "../words/event.ts";
import { outputOfStep } from "./step-output.ts";

const problem = { code: "E_TARGET_LOST", pointer: "", message: "m", hint: "" } as const;

function settled(stepId: string, n: number, reply: Extract<Event, { readonly kind: "attempt_settled" }>["reply"]) {
  const attempt = { runId: "run_1", stepId, direction: "do", n, epoch: 1 } as const;
  return { atMs: n, event: { kind: "attempt_settled", runId: "run_1", attempt, reply } as const };
}

describe("the output of a step", () => {
  it("is what each try gave, also one that failed or came too late; other steps and silent tries are left out", () => {
    const late = settled("a", 3, { kind: "applied", output: "late", outputBytes: 4, outcome: null });
    const events: readonly { readonly atMs: number; readonly event: Event }[] = [
      settled("a", 1, { kind: "unknown", problem, retryable: false, output: { exitCode: 5, stdout: "half" } }),
      settled("b", 1, { kind: "applied", output: "other", outputBytes: 5, outcome: null }),
      { atMs: 2, event: { kind: "step_released", runId: "run_1", stepId: "a" } },
      settled("a", 2, { kind: "not_sent", problem, retryable: true }),
      { atMs: 3, event: { ...late.event, kind: "reply_ignored", reason: "late" } },
    ];

    expect(outputOfStep("a", events)).toEqual({
      stepId: "a",
      attempts: [
        { direction: "do", n: 1, atMs: 1, reply: "unknown", output: { exitCode: 5, stdout: "half" } },
        { direction: "do", n: 3, atMs: 3, reply: "applied", output: "late" },
      ],
    });
  });
});

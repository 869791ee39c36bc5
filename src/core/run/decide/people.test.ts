import { describe, expect, it } from "vitest";
import { digest } from "../../value/digest.ts";
import { attempt, begin, replies } from "../fixtures/course.fixture.ts";
import { alice, give } from "../fixtures/driver.fixture.ts";

const agent = { kind: "agent", id: "robot", keyId: null } as const;

describe("what only a person may do", () => {
  it("is refused from an agent: to answer, to resolve, to close (I17)", () => {
    const asking = begin([{ id: "q", kind: "approve" }]);
    const doubtful = begin([{ id: "a", idempotency: "none" }]);
    attempt(doubtful, "a", replies.unknown);
    const killed = begin([{ id: "a", idempotency: "none" }]);
    attempt(killed, "a", replies.unknown);
    give(killed, { kind: "kill", atMs: 1_000, runId: "run_1", by: alice, reason: "" });

    const codes = [
      give(asking, { kind: "answer", atMs: 1_000, runId: "run_1", stepId: "q", answer: "approved", by: agent }),
      give(doubtful, {
        kind: "resolve",
        atMs: 1_000,
        runId: "run_1",
        stepId: "a",
        as: "applied",
        by: agent,
        reason: "",
      }),
      give(killed, { kind: "close", atMs: 1_000, runId: "run_1", by: agent, reason: "" }),
    ].map((decision) => (decision.kind === "refused" ? decision.problem.code : "accepted"));

    expect(codes).toEqual(["E_PERSON_REQUIRED", "E_PERSON_REQUIRED", "E_PERSON_REQUIRED"]);
  });

  it("comes too late after the question expired", () => {
    const driver = begin([{ id: "q", kind: "approve", forMs: 500 }]);

    give(driver, { kind: "answer", atMs: 1_500, runId: "run_1", stepId: "q", answer: "approved", by: alice });

    expect(
      driver.records.flatMap(({ event }) => (event.kind === "step_settled" ? [[event.outcome, event.by]] : [])),
    ).toEqual([["expired", null]]);
  });

  it("is settled with the digest of the answer as it was signed", () => {
    const driver = begin([{ id: "q", kind: "approve", forMs: 500 }]);
    const signed = { payloadType: "application/vnd.in-toto+json", payload: "e30=", signatures: [] } as const;

    give(driver, { kind: "answer", atMs: 1_000, runId: "run_1", stepId: "q", answer: "approved", by: alice, signed });

    expect(driver.records.flatMap(({ event }) => (event.kind === "step_settled" ? [event.signed] : []))).toEqual([
      digest("interlock.envelope/1", signed),
    ]);
  });

  it("means nothing about a step that is not in doubt, or that does not exist", () => {
    const driver = begin([{ id: "a" }]);
    const resolve = { kind: "resolve", atMs: 1_000, runId: "run_1", as: "applied", by: alice, reason: "" } as const;

    expect(give(driver, { ...resolve, stepId: "a" })).toMatchObject({ problem: { code: "E_INPUT_UNEXPECTED" } });
    expect(give(driver, { ...resolve, stepId: "z" })).toMatchObject({ problem: { code: "E_INPUT_UNEXPECTED" } });
  });
});

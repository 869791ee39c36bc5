import { describe, expect, it } from "vitest";
import { problem } from "../../value/codes.ts";
import { digest } from "../../value/digest.ts";
import { give, runToRest, startOf, testDriver } from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";
import { creditsOf } from "./credits.ts";

describe("who did what for a run", () => {
  it("names proposer, approver and the connections over which calls were sent", () => {
    const plan = planOf([{ id: "a" }]);
    const driver = testDriver();
    give(driver, startOf(plan, driver));
    runToRest(driver);

    const credits = creditsOf(plan, driver.records, []);

    expect(credits.proposedBy).toEqual(plan.proposer);
    expect(credits.decidedBy).toEqual({ situation: null });
    expect(credits.approvedBy).toMatchObject({ kind: "approval" });
    expect(credits.executedBy).toEqual([{ connection: "boxes", connector: "test" }]);
    expect(credits.times).toMatchObject({ decidedInMs: null, approvedInMs: null, startedInMs: null });
  });

  it("counts the wait for an approval from the last time that the plan was made before it", () => {
    const plan = planOf([{ id: "a" }]);
    const driver = testDriver();
    const start = startOf(plan, driver);
    const { authorization, planHash } = start;
    if (authorization.kind !== "approval") return expect.unreachable();
    give(driver, start);
    const by = { kind: "person", id: "alice", keyId: null } as const;
    const made = { kind: "plan_recorded", runId: null, planHash, proposalDigest: null, by } as const;
    const { approvalId } = authorization;
    const approved = { kind: "approval_recorded", runId: null, approvalId, planHash, envelope: planHash, by } as const;
    const at = (beforeMs: number): number => (driver.records[0]?.atMs ?? 0) - beforeMs;

    const { times } = creditsOf(plan, driver.records, [
      { atMs: at(9_000), event: made },
      { atMs: at(800), event: made },
      { atMs: at(500), event: approved },
    ]);

    expect(times).toMatchObject({ approvedInMs: 300, startedInMs: 500 });
  });

  it("credits no connection where no call was sent, and nobody with an approval that was not given", () => {
    const plan = planOf([{ id: "a" }]);

    expect(creditsOf(plan, [], [])).toMatchObject({ executedBy: [], approvedBy: null });
  });

  it("tells the times of deciding, waiting, calling and holding apart", () => {
    const plan = planOf([{ id: "a" }]);
    const driver = testDriver();
    give(driver, startOf(plan, driver));
    const [started] = driver.records;
    if (started === undefined) return expect.unreachable();
    const hash = digest("interlock.test/1", {});
    const by = { kind: "person", id: "alice", keyId: null } as const;
    const attempt = { runId: "run_1", stepId: "a", direction: "do", n: 1, epoch: 1 } as const;
    const intent = { idempotencyKey: "k", access: "write", pace: null, args: [], baseline: [] } as const;
    const reply = { kind: "applied", output: null, outputBytes: 0, outcome: null } as const;
    const settled = { outcome: "done", facts: [], left: null, problem: null, by: null } as const;
    const at = (laterMs: number): number => started.atMs + laterMs;

    const { times } = creditsOf(
      plan,
      [
        started,
        { atMs: at(100), event: { kind: "step_intent", runId: "run_1", attempt, ...intent } },
        { atMs: at(350), event: { kind: "attempt_settled", runId: "run_1", attempt, reply } },
        { atMs: at(1_350), event: { kind: "step_settled", runId: "run_1", stepId: "a", ...settled } },
      ],
      [
        {
          atMs: at(-900),
          event: { kind: "incident_opened", runId: null, incidentId: "i", key: "k", situation: hash, by },
        },
        {
          atMs: at(-700),
          event: { kind: "plan_recorded", runId: null, planHash: hash, proposalDigest: null, by },
        },
      ],
    );

    expect(times).toEqual({
      decidedInMs: 200,
      approvedInMs: null,
      startedInMs: 700,
      executedInMs: 250,
      heldForMs: 1_000,
      pausedMs: 0,
      askedMs: 0,
      awayMs: 0,
    });
  });

  it("count no call, no reading and no pause while no engine worked on the run, and name that time", () => {
    const plan = planOf([{ id: "a" }]);
    const runId = "run_1";
    const attempt = (stepId: string) => ({ runId, stepId, direction: "do", n: 1, epoch: 1 }) as const;
    const intent = { idempotencyKey: "k", access: "write", pace: null, args: [], baseline: [] } as const;
    const lost = { kind: "unknown", problem: problem("E_ENGINE_LOST", "", "lost"), retryable: false } as const;
    const applied = { kind: "applied", output: null, outputBytes: 0, outcome: null } as const;
    const settled = { outcome: "done", facts: [], left: null, problem: null, by: null } as const;
    const hourMs = 3_600_000;

    const { times } = creditsOf(
      plan,
      [
        { atMs: 0, event: { kind: "step_intent", runId, attempt: attempt("a"), ...intent } },
        { atMs: 100, event: { kind: "attempt_settled", runId, attempt: attempt("a"), reply: applied } },
        { atMs: 200, event: { kind: "retry_scheduled", runId, stepId: "c", direction: "do", atMs: 700 } },
        { atMs: 300, event: { kind: "step_intent", runId, attempt: attempt("b"), ...intent } },
        // Its engine is killed here, and an hour later another one takes it over.
        { atMs: 300 + hourMs, event: { kind: "epoch_changed", runId, epoch: 2 } },
        { atMs: 300 + hourMs, event: { kind: "attempt_settled", runId, attempt: attempt("b"), reply: lost } },
        { atMs: 400 + hourMs, event: { kind: "step_settled", runId, stepId: "a", ...settled } },
        { atMs: 500 + hourMs, event: { kind: "step_intent", runId, attempt: attempt("c"), ...intent } },
      ],
      [],
    );

    expect(times).toMatchObject({ executedInMs: 100, heldForMs: 300, pausedMs: 300, awayMs: hourMs });
  });

  it("tell the wait that a target asks for, a person's answer, the approval and the start apart", () => {
    const plan = planOf([{ id: "a" }]);
    const driver = testDriver();
    give(driver, startOf(plan, driver));
    const [started] = driver.records;
    if (started?.event.kind !== "run_started" || started.event.authorization.kind !== "approval")
      return expect.unreachable();
    const { approvalId, planHash } = started.event.authorization;
    const { principal: by } = started.event.authorization;
    const runId = "run_1";
    const at = (laterMs: number): number => started.atMs + laterMs;
    const intent = (n: number) => ({
      kind: "step_intent" as const,
      runId,
      attempt: { runId, stepId: "a", direction: "do" as const, n, epoch: 1 },
      idempotencyKey: "k",
      access: "write" as const,
      pace: null,
      args: [],
      baseline: [],
    });
    const settled = { outcome: "done", facts: [], left: null, problem: null, by: null } as const;
    const held = { untilMs: null, problem: problem("E_FROZEN", "", "frozen") } as const;

    const { times } = creditsOf(
      plan,
      [
        started,
        { atMs: at(10), event: { kind: "approval_asked", runId, stepId: "q", question: "go on?", untilMs: at(9_000) } },
        { atMs: at(3_010), event: { kind: "step_settled", runId, stepId: "q", ...settled } },
        { atMs: at(3_020), event: { kind: "step_held", runId, stepId: "a", ...held } },
        { atMs: at(3_220), event: { kind: "step_released", runId, stepId: "a" } },
        { atMs: at(3_230), event: intent(1) },
        {
          atMs: at(3_240),
          event: { kind: "retry_scheduled", runId, stepId: "a", direction: "do", atMs: at(7_240) },
        },
        { atMs: at(7_240), event: intent(2) },
      ],
      [
        { atMs: at(-900), event: { kind: "plan_recorded", runId: null, planHash, proposalDigest: null, by } },
        {
          atMs: at(-300),
          event: { kind: "approval_recorded", runId: null, approvalId, planHash, envelope: planHash, by },
        },
      ],
    );

    expect(times).toMatchObject({ approvedInMs: 600, startedInMs: 300, pausedMs: 4_200, askedMs: 3_000 });
    const unapproved = { ...started.event, authorization: { kind: "read_only", policies: null } as const };
    expect(creditsOf(plan, [{ ...started, event: unapproved }], []).times.approvedInMs).toBeNull();
  });

  it("count nothing for what the log has only a part of, as after an upgrade in the middle of a run", () => {
    const plan = planOf([{ id: "a" }]);
    const attempt = { runId: "run_1", stepId: "a", direction: "do", n: 1, epoch: 1 } as const;
    const reply = { kind: "unknown", problem: problem("E_TIMEOUT", "", "no answer"), retryable: false } as const;
    const settled = { outcome: "done", facts: [], left: null, problem: null, by: null } as const;

    const { times } = creditsOf(
      plan,
      [
        { atMs: 50, event: { kind: "attempt_settled", runId: "run_1", attempt, reply } },
        { atMs: 90, event: { kind: "step_settled", runId: "run_1", stepId: "a", ...settled } },
      ],
      [],
    );

    expect(times).toMatchObject({ executedInMs: 0, heldForMs: 0 });
  });
});

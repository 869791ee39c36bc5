import { describe, expect, it } from "vitest";
import type { ObservedFact } from "../../plan/compile/read-object.ts";
import type { Compensation, Plan } from "../../plan/plan.ts";
import { attempt, begin, beginPlan, phaseOf, replies } from "../fixtures/course.fixture.ts";
import { dueFor, eventKinds, give, read, seeBox, type TestDriver } from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";
import type { ObserveCommand } from "../words/command.ts";

const why = "found the text `8` at `/level`, expected a whole number from 0 to 9";

const type = { kind: "integer", min: 0, max: 9 } as const;

/** A plan that sets box `a`, with these arguments of its way back. */
function withUndo(args: Compensation["args"]): Plan {
  const plan = planOf([{ id: "a", level: 5 }]);
  const steps = plan.steps.map((step) =>
    step.kind === "act" && step.compensation !== null
      ? { ...step, compensation: { ...step.compensation, args } }
      : step,
  );
  return { ...plan, steps };
}

/** Answers a reading of box `a` that shows this in place of its level. */
function readAs(driver: TestDriver, command: ObserveCommand, fact: Omit<ObservedFact, "name" | "value">): void {
  give(driver, {
    kind: "observed",
    atMs: driver.nowMs,
    runId: "run_1",
    commandId: command.id,
    standing: { kind: "permitted" },
    result: {
      kind: "seen",
      objects: [{ ...seeBox(driver, "a"), facts: [{ name: "box.a.level", value: null, ...fact }] }],
      heldMs: 0,
      waitedMs: command.quietMs,
    },
  });
}

/** The message of the last step that failed. */
function failure(driver: TestDriver): string | undefined {
  return driver.records
    .flatMap(({ event }) => (event.kind === "step_failed" ? [`${event.problem.code} ${event.problem.message}`] : []))
    .at(-1);
}

describe("a fact that a reading does not show", () => {
  it("keeps a write from being sent whose way back would put it back, and tells what was read instead", () => {
    const told = [{ why }, {}].map((fact) => {
      const driver = beginPlan(withUndo([{ name: "level", type, from: "before", fact: "box.a.level" }]));
      readAs(driver, dueFor(driver, "observe", "a"), fact);
      return { failure: failure(driver), wasSent: eventKinds(driver).includes("step_intent"), phase: phaseOf(driver) };
    });

    const unseen = "`a` was not sent: its way back needs `box.a.level`, which could not be read";
    expect(told).toEqual([
      { failure: `E_FACT_TYPE ${unseen}, ${why}`, wasSent: false, phase: "escalated" },
      { failure: `E_FACT_UNSEEN ${unseen}`, wasSent: false, phase: "escalated" },
    ]);
  });

  it("keeps a write from being sent that is proven undone by it, though the undo itself does not put it back", () => {
    const driver = beginPlan(withUndo([]));

    readAs(driver, dueFor(driver, "observe", "a"), { why });

    expect(failure(driver)).toContain("E_FACT_TYPE `a` was not sent: its way back needs `box.a.level`");
    expect(eventKinds(driver)).not.toContain("step_intent");
  });

  it("keeps a write without a target from being sent whose way back would need one", () => {
    const plan = withUndo([{ name: "level", type, from: "before", fact: "box.a.level" }]);
    const steps = plan.steps.map((step) => (step.kind === "act" ? { ...step, target: null } : step));
    const driver = beginPlan({ ...plan, steps });

    read(driver, dueFor(driver, "observe", "a"));

    expect(failure(driver)).toContain("E_FACT_UNSEEN");
  });

  it("does not keep an irreversible write from being sent", () => {
    const driver = begin([{ id: "a", level: 5, irreversible: true }]);

    readAs(driver, dueFor(driver, "observe", "a"), { why });

    expect(eventKinds(driver)).toContain("step_intent");
  });

  it("is told with what was read instead where a precondition or a post-condition needs it", () => {
    const early = begin([{ id: "a", level: 5, irreversible: true, pre: "box.a.level == 0" }]);
    readAs(early, dueFor(early, "observe", "a"), { why });
    const late = begin([{ id: "a", level: 5, irreversible: true }]);
    attempt(late, "a", replies.applied);
    const command = dueFor(late, "observe", "a");
    late.nowMs = command.untilMs;
    readAs(late, command, { why });

    expect(failure(early)).toBe(
      `E_STEP_PRECONDITION \`a\` needs \`box.a.level == 0\`; found \`box.a.level\` = unknown (${why})`,
    );
    expect(late.records.at(-1)?.event).toMatchObject({
      kind: "step_in_doubt",
      problem: {
        code: "E_EFFECT_UNSEEN",
        message:
          "`a` was acknowledged, and its effect is not seen and may still come: " +
          `\`box.a.level\` = unknown (${why})`,
      },
    });
  });

  it("settles no doubt, neither that the write happened nor that it did not, and tells once why", () => {
    const driver = begin([{ id: "a", level: 5, idempotency: "natural", landsWithinMs: 1_000 }]);
    attempt(driver, "a", replies.unknown);
    const command = dueFor(driver, "observe", "a");
    driver.nowMs = command.untilMs;
    readAs(driver, command, { why });
    const told = driver.records.flatMap(({ event }) => (event.kind === "step_in_doubt" ? [event.problem.message] : []));
    readAs(driver, dueFor(driver, "observe", "a"), { why });
    readAs(driver, dueFor(driver, "observe", "a"), {});
    const doubtCount = eventKinds(driver).filter((kind) => kind === "step_in_doubt").length;
    read(driver, dueFor(driver, "observe", "a"), { waitedMs: 1_000 });

    expect(told.at(-1)).toBe(`\`box.a.level\` would say whether it happened, and is unknown: ${why}`);
    expect(doubtCount).toBe(2);
    expect(eventKinds(driver)).toContain("step_resolved");
  });
});

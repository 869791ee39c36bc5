import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalText } from "../../value/canonical.ts";
import { applyRun, createRun } from "../apply/apply.ts";
import { due } from "../due/due.ts";
import {
  alice,
  answer,
  dueNow,
  give,
  land,
  read,
  refold,
  runToRest,
  startOf,
  type TestDriver,
  tell,
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { planOf, type StepSketch } from "../fixtures/plan.fixture.ts";
import type { RunState } from "../words/state.ts";

/*
 * One property for each invariant, over random plans and random courses of events. The simulation goes further; here
 * each claim is tested alone and fails under its own name.
 */

const stepCount = { min: 1, max: 8 } as const;

/** A random acyclic plan of writes. */
const planArbitrary = fc
  .array(
    fc.record({
      idempotency: fc.constantFrom("keyed" as const, "natural" as const, "none" as const),
      parents: fc.array(fc.nat(), { maxLength: 2 }),
    }),
    { minLength: stepCount.min, maxLength: stepCount.max },
  )
  .map((list) =>
    planOf(
      list.map(
        ({ idempotency, parents }, index): StepSketch => ({
          id: `s${index}`,
          idempotency,
          after: index === 0 ? [] : [...new Set(parents.map((parent) => `s${parent % index}`))],
        }),
      ),
    ),
  );

/** The answers to what is due, one number each. */
const courseArbitrary = fc.array(fc.nat({ max: 9 }), { maxLength: 60 });

const failed = { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" } as const;

/** Follows a course: mostly well, sometimes a timeout, a refusal, or an operator's stop. */
function follow(driver: TestDriver, course: readonly number[]): void {
  for (const turn of course) {
    const commands = dueNow(driver).filter((command) => command.kind !== "timer");
    const command = commands[turn % Math.max(1, commands.length)];
    if (command === undefined) return;
    if (command.kind === "observe") read(driver, command);
    else if (command.kind === "ask")
      tell(driver, command, {
        status: turn === 9 ? "failed" : turn === 8 ? "cancelled" : turn === 7 ? "running" : "done",
      });
    else if (turn === 9) answer(driver, command, { kind: "rejected", problem: failed, retryable: false });
    else {
      if (turn !== 8) land(driver, command);
      answer(
        driver,
        command,
        turn >= 7
          ? { kind: "unknown", problem: failed }
          : { kind: "applied", output: null, outputBytes: 0, outcome: null },
      );
    }
    if (turn === 6 && driver.records.length > 12)
      give(driver, { kind: "rollback", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "test" });
  }
}

function withoutPlan(run: RunState | null): string {
  if (run === null) return "null";
  const { prepared: _, entered: __, ...rest } = run;
  return canonicalText(JSON.parse(JSON.stringify(rest)) as object);
}

describe("invariants", () => {
  it("I7: every prefix of a journal folds to the state that was decided on", () => {
    fc.assert(
      fc.property(planArbitrary, courseArbitrary, (plan, course) => {
        const driver = testDriver();
        give(driver, startOf(plan, driver));
        follow(driver, course);

        let state = createRun(plan, driver.run?.prepared.planHash ?? startOf(plan, driver).planHash, "run_1");
        for (const decision of driver.decisions) {
          for (const event of decision.events) state = applyRun(state, event, decision.atMs);
          expect(withoutPlan(state)).toBe(withoutPlan(decision.run));
        }
        expect(withoutPlan(refold(driver, plan))).toBe(withoutPlan(driver.run));
      }),
      { numRuns: 60 },
    );
  });

  it("I3: nothing is sent under two keys, and nothing without a key is sent twice while it may have happened", () => {
    fc.assert(
      fc.property(planArbitrary, courseArbitrary, (plan, course) => {
        const driver = testDriver();
        give(driver, startOf(plan, driver));
        follow(driver, course);

        const keys = new Map<string, Set<string>>();
        const open = new Map<string, string>();
        for (const { event } of driver.records) {
          if (event.kind === "attempt_settled")
            open.set(`${event.attempt.stepId} ${event.attempt.direction}`, event.reply.kind);
          if (event.kind !== "step_intent") continue;
          const name = `${event.attempt.stepId} ${event.attempt.direction}`;
          keys.set(name, (keys.get(name) ?? new Set()).add(event.idempotencyKey));
          const step = plan.steps.find((candidate) => candidate.id === event.attempt.stepId);
          const last = open.get(name);
          if (step?.kind === "act" && step.idempotency !== "keyed")
            expect(last === undefined || last === "rejected" || last === "not_sent").toBe(true);
        }
        for (const set of keys.values()) expect(set.size).toBe(1);
      }),
      { numRuns: 60 },
    );
  });

  it("I4: what is undone is what was touched, each once, and nothing before what came after it", () => {
    fc.assert(
      fc.property(planArbitrary, courseArbitrary, (plan, course) => {
        const driver = testDriver();
        give(driver, startOf(plan, driver));
        follow(driver, course);
        runToRest(driver);

        const touched = driver.records.flatMap(({ event }) =>
          event.kind === "step_settled" && event.left !== null
            ? [event.stepId]
            : event.kind === "step_failed" && event.touched
              ? [event.stepId]
              : [],
        );
        const undone = driver.records.flatMap(({ event }) => (event.kind === "step_compensated" ? [event.stepId] : []));
        if (driver.run?.phase.kind !== "ended" || driver.run.phase.outcome !== "compensated") return;
        expect(undone).toEqual(touched.toReversed());
        for (const step of plan.steps)
          for (const before of step.after)
            if (undone.includes(step.id) && undone.includes(before))
              expect(undone.indexOf(step.id)).toBeLessThan(undone.indexOf(before));
      }),
      { numRuns: 60 },
    );
  });

  it("I5: a run holds all its locks until the commit of its end", () => {
    fc.assert(
      fc.property(planArbitrary, courseArbitrary, (plan, course) => {
        const driver = testDriver();
        give(driver, startOf(plan, driver));
        follow(driver, course);

        for (const decision of driver.decisions)
          expect(decision.site.locks.size).toBe(decision.run?.phase.kind === "ended" ? 0 : plan.pins.targets.length);
      }),
      { numRuns: 60 },
    );
  });

  it("I8: what is due is a function of the state: a run folded from its log has the same due", () => {
    fc.assert(
      fc.property(planArbitrary, courseArbitrary, (plan, course) => {
        const driver = testDriver();
        give(driver, startOf(plan, driver));
        follow(driver, course);

        expect(due(refold(driver, plan))).toEqual(dueNow(driver));
      }),
      { numRuns: 60 },
    );
  });

  it("keeps at most 16 calls in flight, whatever the plan's width", () => {
    const driver = testDriver();
    give(driver, startOf(planOf(Array.from({ length: 60 }, (_, index) => ({ id: `s${index}` }))), driver));

    expect(dueNow(driver).filter((command) => command.kind !== "timer")).toHaveLength(16);
    runToRest(driver);
    expect(driver.run?.phase).toMatchObject({ kind: "ended", outcome: "succeeded" });
  });
});

import { describe, expect, it } from "vitest";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { CallStep } from "../../plan/plan.ts";
import { begin, beginPlan, codesOf, order, phaseOf, replies, resolve, stateOf } from "../fixtures/course.fixture.ts";
import {
  answer,
  dueFor,
  eventKinds,
  give,
  read,
  runToRest,
  seeBox,
  type TestDriver,
  tell,
} from "../fixtures/driver.fixture.ts";
import { planOf, type StepSketch } from "../fixtures/plan.fixture.ts";
import type { Reply } from "../words/input.ts";

// A write was acknowledged and is still in the air, and somebody else changes its object meanwhile. What they changed
// is no proof that the write has landed: the way back would begin, and the write would land after it (I11).

/** Sends a step's call and acknowledges it. It does not land. */
function acknowledge(driver: TestDriver, stepId: string, reply: Reply = replies.applied): void {
  if (stateOf(driver, stepId).kind !== "sent") read(driver, dueFor(driver, "observe", stepId));
  answer(driver, dueFor(driver, "send", stepId), reply);
}

/** A run whose write was acknowledged and has not landed. Somebody else has set its box to 7 since. */
function mistaken(sketch: Partial<StepSketch> = {}): TestDriver {
  const driver = begin([{ id: "a", ...sketch }]);
  acknowledge(driver, "a");
  driver.levels.set("a", 7);
  return driver;
}

/** Reads when the time of that reading is over. `objects`: what it shows, if not the boxes as they are. */
function readAtLast(
  driver: TestDriver,
  shown: {
    readonly objects?: readonly ObservedObject[];
    readonly held?: readonly ObservedObject[];
    readonly waitedMs?: number;
  } = {},
): void {
  const command = dueFor(driver, "observe", "a");
  driver.nowMs = Math.max(driver.nowMs, command.untilMs);
  const { objects = [seeBox(driver, "a")], waitedMs = command.quietMs, held } = shown;
  const result = { kind: "seen", objects, heldMs: 0, waitedMs, ...(held === undefined ? {} : { held }) } as const;
  const { runId, id: commandId } = command;
  give(driver, { kind: "observed", atMs: driver.nowMs, runId, commandId, standing: { kind: "permitted" }, result });
}

function lastMessage(driver: TestDriver): string | undefined {
  return driver.records
    .flatMap(({ event }) => ("problem" in event && event.problem !== null ? [event.problem.message] : []))
    .at(-1);
}

/** How a run stands whose write is in doubt and may land: nothing has failed and nothing is undone. */
const standing = (driver: TestDriver): unknown => [
  stateOf(driver, "a").kind,
  codesOf(driver),
  eventKinds(driver).filter((kind) => kind === "step_failed" || kind === "compensation_started"),
];

const stillInDoubt = ["in_doubt", ["E_EFFECT_UNSEEN"], []];
const failedTouched = ["E_POST_FAILED", "E_POST_FAILED"];

describe("a change by somebody else while an acknowledged write is in the air", () => {
  it("leaves the write in doubt, and nothing is undone until it has landed (I11)", () => {
    const driver = mistaken();
    readAtLast(driver);
    order(driver, "rollback");
    readAtLast(driver);
    expect(standing(driver)).toEqual(stillInDoubt);

    driver.levels.set("a", 1);
    runToRest(driver);

    expect([phaseOf(driver), driver.levels.get("a")]).toEqual(["compensated", 0]);
  });

  it("is told with what was there before", () => {
    const driver = mistaken();
    readAtLast(driver);

    expect(lastMessage(driver)).toBe(
      "`a` was acknowledged, and its effect is not seen and may still come: " +
        "`box.a.level` = 7; before the write it was `box.a.level` = 0",
    );
  });

  it("does not begin the way back for a sibling either, as long as the write may land (I11)", () => {
    const driver = begin([{ id: "a" }, { id: "b" }]);
    acknowledge(driver, "a");
    acknowledge(driver, "b");
    driver.levels.set("a", 7);
    driver.levels.set("b", 1);
    read(driver, dueFor(driver, "observe", "b"));
    readAtLast(driver);
    order(driver, "rollback");

    expect(eventKinds(driver)).not.toContain("compensation_started");
  });

  it("takes no branch for failures, which could write again", () => {
    const driver = begin([
      { id: "a", onFailure: "branch" },
      { id: "b", after: ["a"], when: "a == 'failed'" },
    ]);
    acknowledge(driver, "a");
    driver.levels.set("a", 7);
    readAtLast(driver);

    expect([stateOf(driver, "a").kind, stateOf(driver, "b").kind]).toEqual(["in_doubt", "pending"]);
  });

  it("counts as touched once the target's own bound has passed, and the end names what was overwritten", () => {
    const driver = mistaken({ landsWithinMs: 20_000 });
    readAtLast(driver, { waitedMs: 19_999 });
    expect(standing(driver)).toEqual(stillInDoubt);
    readAtLast(driver, { waitedMs: 20_000 });
    runToRest(driver);

    expect(phaseOf(driver)).toBe("compensated");
    expect(driver.records.at(-1)?.event).toMatchObject({
      reason: expect.stringMatching(/over values that this run did not write: `box\.a\.level` = 7$/),
    });
  });

  it("counts as touched if the fence has moved that the target compares: the write is refused if it arrives", () => {
    const driver = mistaken({ fenced: true });
    readAtLast(driver);

    expect(codesOf(driver)).toEqual(failedTouched);
  });

  it.each([
    ["before", [null, "9"]],
    ["after", ["9", null]],
  ] as const)("leaves the write in doubt if no reading showed the fence %s it", (_, [before, now]) => {
    const driver = begin([{ id: "a", fenced: true }]);
    give(driver, {
      kind: "observed",
      atMs: driver.nowMs,
      runId: "run_1",
      commandId: dueFor(driver, "observe", "a").id,
      standing: { kind: "permitted" },
      result: { kind: "seen", objects: [{ ...seeBox(driver, "a"), fence: before }], heldMs: 0, waitedMs: 0 },
    });
    acknowledge(driver, "a");
    driver.levels.set("a", 7);
    readAtLast(driver, { objects: [{ ...seeBox(driver, "a"), fence: now }] });

    expect(standing(driver)).toEqual(stillInDoubt);
  });

  it("does not say with a fence that moved that the write never comes: its own may have moved it", () => {
    const driver = begin([{ id: "a", fenced: true }]);
    acknowledge(driver, "a");
    readAtLast(driver, { objects: [{ ...seeBox(driver, "a"), fence: "9" }] });

    expect(standing(driver)).toEqual(stillInDoubt);
  });

  it("counts as touched after an operation that has ended: its system says that nothing more comes of it", () => {
    const driver = begin([{ id: "a", operation: {} }]);
    acknowledge(driver, "a", { kind: "applied", output: { operation: "a-do" }, outputBytes: 1, outcome: null });
    driver.nowMs += 1_000;
    tell(driver, dueFor(driver, "ask", "a"), { status: "done" });
    driver.levels.set("a", 7);
    readAtLast(driver);

    expect(codesOf(driver)).toEqual(failedTouched);
  });

  it("counts as touched if a person says that the write happened, and answers for that", () => {
    const driver = mistaken();
    readAtLast(driver);
    resolve(driver, "a", "applied");
    readAtLast(driver);

    expect(codesOf(driver).slice(1)).toEqual(failedTouched);
  });
});

/** A plan whose one write changes a level and a size. */
function twoFacts(change: Partial<CallStep> = {}): TestDriver {
  const plan = planOf([{ id: "a" }]);
  const effect = [
    { fact: "box.a.level", value: 1 },
    { fact: "box.a.size", value: 1 },
  ];
  const steps = plan.steps.map((step) => (step.kind === "act" ? { ...step, effect, ...change } : step));
  return beginPlan({ ...plan, steps });
}

function box(driver: TestDriver, level: number | null, size: number | null): readonly ObservedObject[] {
  const facts = [
    { name: "box.a.level", value: level },
    { name: "box.a.size", value: size },
  ];
  return [{ ...seeBox(driver, "a"), facts }];
}

/** Sends the write, after a reading of these values. */
function send(driver: TestDriver, level: number | null, size: number | null): void {
  const { id: commandId, runId } = dueFor(driver, "observe", "a");
  const result = { kind: "seen", objects: box(driver, level, size), heldMs: 0, waitedMs: 0 } as const;
  give(driver, { kind: "observed", atMs: driver.nowMs, runId, commandId, standing: { kind: "permitted" }, result });
  acknowledge(driver, "a");
}

describe("an acknowledged write that changes several facts", () => {
  const post = { expect: "box.a.level == 1 && box.a.size == 9", reads: [], withinMs: 5_000, everyMs: 100, holdMs: 0 };

  const whole = { ...post, expect: "box.a.level == 1 && box.a.size == 1" };

  it("has failed once all of its effect is seen and the post-condition still does not hold", () => {
    const driver = twoFacts({ post });
    send(driver, 0, 0);
    readAtLast(driver, { objects: box(driver, 1, 1) });

    expect(codesOf(driver)[0]).toBe("E_POST_FAILED");
  });

  it.each([
    ["a part of its effect", 1, 0],
    ["a value that its action shows meanwhile", 3, 0],
    ["a part of its effect, and the rest unknown", 1, null],
  ])("may still land the rest of it after a reading of %s", (_, level, size) => {
    const driver = twoFacts({ post: whole, during: [{ fact: "box.a.level", value: 3 }] });
    send(driver, 0, 0);
    readAtLast(driver, { objects: box(driver, level, size) });

    expect(standing(driver)).toEqual(stillInDoubt);
  });

  it("is not seen in a fact of which nobody knows what it was before", () => {
    const driver = twoFacts({ post });
    send(driver, 0, null);
    readAtLast(driver, { objects: box(driver, 0, 1) });

    expect(standing(driver)).toEqual(stillInDoubt);
  });
});

describe("a post-condition that held and was broken", () => {
  it("shows that the write had landed if it did not hold before", () => {
    const driver = mistaken({ holdMs: 250 });
    const now = seeBox(driver, "a");
    readAtLast(driver, { held: [{ ...now, facts: [{ name: "box.a.level", value: 1 }] }], objects: [now] });

    expect(codesOf(driver)[0]).toBe("E_POST_FAILED");
  });

  const post = { expect: "box.a.size == 0", reads: [], withinMs: 5_000, everyMs: 100, holdMs: 250 };
  const effect = [{ fact: "box.a.level", value: 1 }];

  it("shows that too if it held before, but the effect was read with it", () => {
    const driver = twoFacts({ post, effect });
    send(driver, 0, 0);
    readAtLast(driver, { held: box(driver, 1, 0), objects: box(driver, 7, 2) });

    expect(codesOf(driver)[0]).toBe("E_POST_FAILED");
  });

  it("shows nothing of the write if it held before, and the effect was not read with it", () => {
    const driver = twoFacts({ post, effect });
    send(driver, 0, 0);
    readAtLast(driver, { held: box(driver, 0, 0), objects: box(driver, 0, 2) });

    expect(standing(driver)).toEqual(stillInDoubt);
  });
});

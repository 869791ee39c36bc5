import { describe, expect, it } from "vitest";
import { begin, beginPlan, finish, replies } from "../fixtures/course.fixture.ts";
import { answer, dueFor, give, land, read, startOf, type TestDriver, testDriver } from "../fixtures/driver.fixture.ts";
import { boxFingerprint, planOf } from "../fixtures/plan.fixture.ts";
import { describeTargetChange } from "./target-change.ts";

/** A plan whose boxes say how they are read: their fingerprint covers these parts of the output. */
function planCovering(fingerprint: readonly string[]): ReturnType<typeof planOf> {
  const plan = planOf([{ id: "a" }, { id: "b", after: ["a"] }], { invariants: { some: "box.a.level < 9" } });
  return { ...plan, observations: plan.observations.map((observation) => ({ ...observation, fingerprint })) };
}

/** The message of the last problem that was recorded or refused. */
function messageOf(driver: TestDriver): string {
  const { event } = driver.records.findLast(({ event: one }) => "problem" in one && one.problem !== null) ?? {};
  return event !== undefined && "problem" in event && event.problem !== null ? event.problem.message : "";
}

function startedAt(level: number, fingerprint: readonly string[]): string {
  const driver = testDriver();
  driver.levels.set("a", level);
  give(driver, startOf(planCovering(fingerprint), driver));
  return messageOf(driver);
}

describe("a target whose fingerprint changed", () => {
  it("is told with the facts that the fingerprint covers, as they were and as they are", () => {
    const said = "`box/a` changed since the plan was made: `box.a.level` was 0 and is 5";

    expect(startedAt(5, ["/level"])).toBe(said);
    expect(startedAt(5, [""])).toBe(said);
  });

  it("is told with the places that no fact shows, if no fact shows the change", () => {
    expect(startedAt(5, ["/serial", "/firmware"])).toBe(
      "`box/a` changed since the plan was made: " +
        "its facts are as they were, and its fingerprint covers `/serial`, `/firmware` as well",
    );
  });

  it("is told without more if the plan does not say how it is read", () => {
    const driver = testDriver();
    driver.levels.set("a", 5);
    give(driver, startOf(planOf([{ id: "a" }]), driver));

    expect(messageOf(driver)).toBe("`box/a` changed since the plan was made");
  });

  it("is told before a later write as well, as the run knew it", () => {
    const driver = beginPlan(planCovering(["/level"]));
    finish(driver, "a");
    driver.levels.set("b", 3);
    read(driver, dueFor(driver, "observe", "b"));

    expect(messageOf(driver)).toContain("and not as this run left it: `box.b.level` was 0 and is 3");
  });

  it("is told without a value if nobody knows how the run left it", () => {
    const driver = begin([
      { id: "a", onFailure: "branch" },
      { id: "a2", box: "a", level: 2, after: ["a"] },
    ]);
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");
    land(driver, command);
    answer(driver, command, replies.applied);
    const after = dueFor(driver, "observe", "a");
    driver.levels.set("a", 7);
    driver.nowMs = after.untilMs;
    const fact = { name: "box.a.level", value: 1 };
    read(driver, after, { held: [{ object: "box/a", fingerprint: boxFingerprint(1), fence: "1", facts: [fact] }] });
    read(driver, dueFor(driver, "observe", "a2"));

    expect(messageOf(driver)).toBe("`box/a` is not as it was planned for, and not as this run left it");
  });

  it("shows no more than three facts", () => {
    const [observation, ...rest] = planCovering([""]).observations;
    const [shown] = observation?.facts ?? [];
    if (observation === undefined || shown === undefined) return expect.fail();
    const names = ["p", "q", "r", "s", "t"];
    const facts = (value: number | null) => names.map((name) => ({ name: `box.a.${name}`, value }));
    const observations = [{ ...observation, facts: names.map((fact) => ({ ...shown, fact })) }, ...rest];
    const now = { object: "box/a", fingerprint: boxFingerprint(1), fence: null, facts: facts(2) } as const;

    expect(describeTargetChange({ observations }, facts(null), now)).toBe(
      ": `box.a.p` was unknown and is 2, `box.a.q` was unknown and is 2, `box.a.r` was unknown and is 2, " +
        "and 2 more of its facts changed",
    );
    const level = { ...observation, fingerprint: ["/level"] };
    expect(describeTargetChange({ observations: [level] }, [], now)).toBe("");
  });
});

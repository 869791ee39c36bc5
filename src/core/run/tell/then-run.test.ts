import { describe, expect, it } from "vitest";
import { attempt, begin, finish, replies, resolve, runOf } from "../fixtures/course.fixture.ts";
import { dueFor, forgetBefore, give, read, runToRest, type TestDriver } from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";
import { editAndReload, goingBack } from "../fixtures/then-run.fixture.ts";
import { explainRun } from "./explain-run.ts";
import { proposeRollback } from "./propose-rollback.ts";

describe("the explanation of a way back", () => {
  const statuses = (driver: TestDriver): readonly string[] =>
    explainRun(planOf(editAndReload), driver.records).wayBack.map(({ stepId, status }) => `${stepId} ${status}`);

  it("says what the way back has not come to, and what failed", () => {
    const driver = goingBack();
    expect(statuses(driver)).toEqual(["edit not_reached", "edit.then1 not_reached"]);
    finish(driver, "edit");
    attempt(driver, "edit.then1", replies.rejected);

    expect(statuses(driver)).toEqual(["edit done", "edit.then1 failed"]);
  });

  it("says what was as before already, and what stands on a person's word", () => {
    const driver = goingBack();
    driver.levels.set("f", 0);
    read(driver, dueFor(driver, "observe", "edit"));
    attempt(driver, "edit.then1", replies.rejected);
    resolve(driver, "edit.then1", "restored");
    const command = dueFor(driver, "observe", "edit.then1");
    driver.nowMs = command.untilMs;
    give(driver, {
      kind: "observed",
      atMs: driver.nowMs,
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "failed", problem: { code: "E_TIMEOUT", pointer: "", message: "silent", hint: "" } },
    });

    expect(statuses(driver)).toEqual(["edit nothing_to_undo", "edit.then1 as_told"]);
  });

  it("is empty for a run that has begun none", () => {
    const driver = begin(editAndReload);
    runToRest(driver);

    expect(explainRun(planOf(editAndReload), driver.records).wayBack).toEqual([]);
  });
});

describe("the rollback of an ended run", () => {
  it("leaves what an action after an undo would put right, where the older step stays", () => {
    const driver = begin(editAndReload.slice(0, 2));
    runToRest(driver);
    forgetBefore(driver, (fact, stepId) => fact === "box.f.level" && stepId === "edit");

    const proposed = proposeRollback(runOf(driver));
    expect(proposed.ok ? [] : proposed.error.map(({ message }) => message)).toEqual([
      "`edit`: `box.f.level` was not seen before the write, so it cannot be put back",
      "`reload`: box.set, which would put it right, runs after `edit`",
    ]);
  });

  it("leaves it too where nobody saw what the action would put back", () => {
    const driver = begin(editAndReload.slice(0, 2));
    runToRest(driver);
    forgetBefore(driver, (fact, stepId) => fact === "box.s.level" && stepId === "edit");

    const proposed = proposeRollback(runOf(driver));
    expect(proposed).toMatchObject({
      ok: true,
      value: {
        steps: [{ id: "undo_edit" }],
        assumptions: [
          expect.stringMatching(/^reload on box\/s is not undone and stays as it is: `box.s.level` was not seen/),
        ],
      },
    });
  });
});

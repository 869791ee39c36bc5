import { expect, it } from "vitest";
import { give, runToRest, startOf, testDriver } from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";
import { explainRun } from "./explain-run.ts";

it("an explanation names the invariant that broke, where it was read, its condition and its values", () => {
  const plan = planOf([{ id: "a" }], {
    levels: { c: 5, d: 6 },
    invariants: { low: "box.c.level <= 3", one_is_free: "box.a.level == 9 || box.d.level == 6" },
  });
  const driver = testDriver({ c: 5, d: 6 });
  const start = startOf(plan, driver);
  const targets = start.current.targets.map((target) =>
    target.object === "box/c" ? { ...target, facts: [{ name: "box.c.level", value: 2 }] } : target,
  );
  give(driver, { ...start, current: { ...start.current, targets } });
  driver.levels.set("d", 1);
  runToRest(driver);

  const { invariants, stoppedBy } = explainRun(plan, driver.records);

  expect(invariants).toEqual([
    {
      name: "low",
      status: "restored",
      at: null,
      stepId: null,
      stepName: null,
      atMs: 0,
      holds: "box.c.level <= 3",
      facts: [{ name: "box.c.level", value: 2 }],
    },
    {
      name: "one_is_free",
      status: "broken",
      at: "before",
      stepId: "a",
      stepName: "box.set on box/a (a)",
      atMs: 0,
      holds: "box.a.level == 9 || box.d.level == 6",
      facts: [
        { name: "box.a.level", value: 0 },
        { name: "box.d.level", value: 1 },
      ],
    },
  ]);
  expect(stoppedBy).toMatchObject({ stepId: "a", problem: { code: "E_INVARIANT_BROKEN" } });
});

it("a step's prediction is set beside what was read of an object that is not its target", () => {
  const plan = planOf([{ id: "a" }], { invariants: { any: "box.a.level <= 9 || box.c.level <= 9" } });
  const steps = plan.steps.map((step) =>
    step.kind === "act" ? { ...step, effect: [...step.effect, { fact: "box.c.level", value: 3 }] } : step,
  );
  const driver = testDriver();
  give(driver, startOf({ ...plan, steps }, driver));
  runToRest(driver);

  const { steps: told, firstDivergence } = explainRun({ ...plan, steps }, driver.records);

  expect(told[0]).toMatchObject({
    predicted: [
      { fact: "box.a.level", value: 1 },
      { fact: "box.c.level", value: 3 },
    ],
    observed: [
      { fact: "box.a.level", value: 1 },
      { fact: "box.c.level", value: 0 },
    ],
  });
  expect(firstDivergence).toEqual({ stepId: "a", fact: "box.c.level", predicted: 3, observed: 0 });
});

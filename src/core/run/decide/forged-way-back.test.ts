import { describe, expect, it } from "vitest";
import { applyRun } from "../apply/apply.ts";
import { begin, finish } from "../fixtures/course.fixture.ts";
import type { Event } from "../words/event.ts";

// Ways back that no kernel writes: whatever wrote one, a run that it would harm stops here.

const draining: Event = { kind: "run_draining", runId: "run_1", then: "compensated", by: null, problem: null };

describe("the fold of a run refuses a way back that", () => {
  it("misses what must run after an undo, or runs it early or twice, or puts something else right (I4)", () => {
    const driver = begin([
      { id: "e", box: "f", thenRun: ["s"] },
      { id: "r", box: "s", after: ["e"] },
      { id: "x", after: ["r"] },
      { id: "y", after: ["x"] },
    ]);
    for (const id of ["e", "r", "x"]) finish(driver, id);
    if (driver.run === null) throw new Error("a run was started");
    const drained = applyRun(driver.run, draining, driver.nowMs);
    const begun = (list: readonly string[], covered: readonly string[] = ["r"]): Event => ({
      kind: "compensation_started",
      runId: "run_1",
      order: list,
      covered: [{ by: "e.then1", steps: covered }],
    });
    const refused: readonly (readonly [string, Event])[] = [
      [
        "what must run after an undo runs (I4)",
        { kind: "compensation_started", runId: "run_1", order: ["x", "r", "e"] },
      ],
      ["what must run after an undo runs (I4)", begun(["x", "e"])],
      ["what runs after an undo runs behind it (I4)", begun(["x", "e.then1", "e"])],
      ["nothing of a way back runs twice (I4)", begun(["x", "e", "e.then1", "e.then1"])],
      ["a step is covered only by what its plan says puts it right (I4)", begun(["r", "e", "e.then1"], ["x"])],
      ["a step that another one covers is touched, and covered once (I4)", begun(["x", "e", "e.then1"], ["r", "r"])],
      ["a step that another one covers is touched, and covered once (I4)", begun(["x", "e", "e.then1"], ["r", "y"])],
    ];

    for (const [claim, event] of refused) expect(() => applyRun(drained, event, 1_000)).toThrow(claim);
    const started = applyRun(drained, begun(["x", "e", "e.then1"]), 1_000);
    expect(started.phase).toMatchObject({ order: [2, 0, 5], covered: [{ by: 5, steps: [1] }] });
    const early: Event = {
      kind: "step_compensated",
      runId: "run_1",
      stepId: "r",
      how: "covered",
      facts: [],
      left: null,
    };
    expect(() => applyRun(started, early, 1_000)).toThrow("a step is covered by what has just run (I4)");
  });
});

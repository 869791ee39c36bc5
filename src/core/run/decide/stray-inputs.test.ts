import { describe, expect, it } from "vitest";
import { acknowledged, attempt, begin, replies } from "../fixtures/course.fixture.ts";
import { give } from "../fixtures/driver.fixture.ts";
import { decide } from "./decide.ts";

const failed = { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" } as const;

describe("inputs that come to nobody", () => {
  it("are refused: for a run that does not exist, a step that does not exist, an epoch that is known", () => {
    const driver = begin([{ id: "a" }]);
    const stray = { runId: "run_1", stepId: "z", direction: "do", n: 1, epoch: 1 } as const;

    expect(decide(driver.site, null, { kind: "tick", atMs: 1_000, runId: "run_9" })).toMatchObject({
      problem: { code: "E_RUN_UNKNOWN" },
    });
    expect(
      give(driver, { kind: "reply", atMs: 1_000, runId: "run_1", attempt: stray, reply: replies.unknown }),
    ).toMatchObject({
      problem: { code: "E_INPUT_STALE" },
    });
    expect(
      give(driver, { kind: "epoch", atMs: 1_000, runId: "run_1", epoch: 1, standing: { kind: "permitted" } }),
    ).toMatchObject({ problem: { code: "E_INPUT_STALE" } });
    expect(
      give(driver, {
        kind: "observed",
        atMs: 1_000,
        runId: "run_1",
        commandId: "run_1/z/before/0",
        standing: { kind: "permitted" },
        result: { kind: "failed", problem: failed },
      }),
    ).toMatchObject({ problem: { code: "E_INPUT_STALE" } });
  });

  it("are kept and change nothing: a reply to an attempt that was never made, or was settled", () => {
    const driver = begin([{ id: "a" }]);
    attempt(driver, "a", acknowledged(null));
    const made = { runId: "run_1", stepId: "a", direction: "do", n: 1, epoch: 1 } as const;

    for (const sent of [made, { ...made, n: 2 }, { ...made, direction: "undo" as const }]) {
      const before = driver.run;
      expect(
        give(driver, { kind: "reply", atMs: 1_000, runId: "run_1", attempt: sent, reply: replies.unknown }).events.map(
          (event) => event.kind,
        ),
      ).toEqual(["reply_ignored"]);
      expect(driver.run?.steps).toBe(before?.steps);
    }
  });
});

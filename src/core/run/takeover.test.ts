import { describe, expect, it } from "vitest";
import { problem } from "../value/codes.ts";
import { answer, dueFor, dueNow, give, land, read, startOf, testDriver } from "./driver.fixture.ts";
import { planOf } from "./plan.fixture.ts";

describe("an engine that takes a run over on a site that is not the plan's any more", () => {
  const withdrawn = { kind: "withdrawn", problem: problem("E_CONNECTION_CHANGED", "", "it leads elsewhere") } as const;

  it.each(["sent", "backing_off"] as const)("does not send a key again that was %s: it is in doubt, and a person's (I12)", (state) => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a", attemptsMax: 3 }]), driver));
    read(driver, dueFor(driver, "observe", "a"));
    const sent = dueFor(driver, "send", "a");
    land(driver, sent);
    if (state === "backing_off") answer(driver, sent, { kind: "unknown", problem: problem("E_TIMEOUT", "", "no answer") });

    give(driver, { kind: "epoch", atMs: 2_000, runId: "run_1", epoch: 2, standing: withdrawn });
    give(driver, { kind: "tick", atMs: 60_000, runId: "run_1" });

    expect(dueNow(driver).filter(({ kind }) => kind === "send")).toEqual([]);
    expect(driver.run?.doubtCount).toBe(1);
    expect(driver.records.at(-1)?.event).toMatchObject({ kind: "step_in_doubt", owner: "alice", problem: { code: "E_CONNECTION_CHANGED" } });
  });
});

import { describe, expect, it } from "vitest";
import type { FaultName } from "../contract/faults.ts";
import { scoreEpisode } from "../contract/score.ts";
import { POLICIES } from "../policies/index.ts";
import { runTwinEpisode } from "./episode.ts";
import { brierScoreOf, type PolicyRow, renderPolicies, summarisePolicy } from "./policy-table.ts";
import { runWaitTwin } from "./responses.ts";

function rowOf(name: string, faults: readonly FaultName[]): PolicyRow {
  const policy = POLICIES.find((entry) => entry.name === name);
  if (policy === undefined) throw new Error(`no policy ${name}`);
  return summarisePolicy(
    name,
    faults.map((fault, index) => {
      const seed = 300 + index;
      const { episode } = runTwinEpisode({ fault, seed, policy });
      return { score: scoreEpisode(episode, runWaitTwin(fault, seed)), belief: episode.decision.belief };
    }),
  );
}

const FOUR: readonly FaultName[] = ["LOAD", "DB", "BUG", "CIRCUIT"];

describe("a policy's row", () => {
  it("tells the oracle from the average plan: everything restored without catastrophe, against one in four", () => {
    const [oracle, average] = [rowOf("oracle", FOUR), rowOf("scale-out", FOUR)];

    expect([oracle.restoredRate, oracle.catastropheRate, oracle.rightResponseRate]).toEqual([1, 0, 1]);
    expect([average.restoredRate, average.rightResponseRate]).toEqual([0.25, 0.25]);
    expect(average.catastropheRate).toBeGreaterThanOrEqual(0.5);
  });

  it("of always waiting is the zero of harm", () => {
    const { badAnswerHarm, duplicateRowHarm, billingErrorHarm, needlessRestartCount, wrongSessionCount } = rowOf(
      "always-wait",
      FOUR,
    );

    expect([badAnswerHarm, duplicateRowHarm, billingErrorHarm, needlessRestartCount, wrongSessionCount]).toEqual([
      0, 0, 0, 0, 0,
    ]);
  });

  it("counts an escalation as right where no named response is: one of these two", () => {
    const row = rowOf("always-escalate", ["DISK", "LOAD"]);

    expect([row.escalationRate, row.escalationPrecision]).toEqual([1, 0.5]);
  });

  it("has no precision without an escalation and no Brier score without a belief", () => {
    const { escalationPrecision, brierScore, timeToRestoreMs } = rowOf("always-wait", ["DISK"]);

    expect([escalationPrecision, brierScore, timeToRestoreMs]).toEqual([null, null, null]);
  });

  it("is one line of Markdown below two of heading", () => {
    expect(renderPolicies([rowOf("always-wait", ["DISK"])]).split("\n")).toHaveLength(3);
  });
});

describe("the Brier score", () => {
  it.each([
    [{ LOAD: 1, DB: 0, BUG: 0, CIRCUIT: 0 }, 0],
    [{ LOAD: 0, DB: 1, BUG: 0, CIRCUIT: 0 }, 2],
    [{ LOAD: 0.25, DB: 0.25, BUG: 0.25, CIRCUIT: 0.25 }, 0.75],
  ])("of %o when LOAD is true is %d", (belief, score) => {
    expect(brierScoreOf(belief, "LOAD")).toBeCloseTo(score, 12);
  });

  it("says nothing of a truth the belief has no name for", () => {
    expect(brierScoreOf({ LOAD: 1 }, "DISK")).toBeUndefined();
  });
});

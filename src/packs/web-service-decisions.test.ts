import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decideAfter } from "../core/belief/explain/after.ts";
import { type Decision, firstMoveOf, type Observation } from "../core/belief/policy.ts";
import type { Situation } from "../core/belief/situation/situation.ts";
import { decideSituation } from "../core/belief/solve/solve-limited.ts";
import { readSituation } from "./read-situation.ts";

function packSituation(): Situation {
  const path = new URL("../../packs/web-service/situations/latency-spike.yaml", import.meta.url);
  const file = readSituation(readFileSync(path));
  if (!file.ok) throw new Error(JSON.stringify(file.error));
  return file.value.situation;
}

/** What is decided after answers written as `probe=outcome`. */
function decidedAfter(situation: Situation, ...answers: readonly string[]): Extract<Decision, { kind: "decided" }> {
  const seen = answers.map((answer): Observation => {
    const [step = "", outcome = ""] = answer.split("=");
    return { step, outcome };
  });
  const after = decideAfter(situation, seen);
  if (!after.ok || after.value.decision.kind !== "decided") throw new Error("was not decided");
  return after.value.decision;
}

const healthy = ["integrity=still", "locks=clean", "traffic=normal", "deploy=old", "breaker=closed", "nightly=none"];

describe("the situation of the pack web-service", () => {
  it("hands over where every probe of a healthy system says that all is well", () => {
    const situation = { ...packSituation(), horizon: 6 };

    const { chosen, handover } = decidedAfter(situation, ...healthy);

    expect(firstMoveOf(chosen.policy)).toBe("escalate");
    expect(["surprise", "unknown", "conflict"]).toContain(handover?.kind);
  });

  it("gives one answer to the same five observations, in whatever order they came", () => {
    const rest = ["traffic=normal", "deploy=recent", "breaker=opening"];
    const pair = ["integrity=still", "locks=clean"];

    const one = decidedAfter(packSituation(), ...pair, ...rest);
    const other = decidedAfter(packSituation(), ...rest, ...pair);

    expect(JSON.stringify(one.chosen)).toBe(JSON.stringify(other.chosen));
    expect(firstMoveOf(one.chosen.policy)).toBe("escalate");
  });

  it("never forbids handing over, however small the limit", () => {
    const decided = decideSituation({ ...packSituation(), limit: 1e-9, limitGivenEvidence: 1e-9 });

    if (!decided.ok || decided.value.kind !== "decided") throw new Error("was not decided");
    expect(firstMoveOf(decided.value.chosen.policy)).toBe("escalate");
    expect(decided.value.handover).toEqual({ kind: "nothing_keeps_limit" });
  });

  it("has for `unknown` nothing but the defaults", () => {
    const situation = packSituation();
    const unknown = situation.contexts.length - 1;

    const rows = situation.steps.flatMap((step) =>
      step.kind === "try" ? [] : [step.outcomes.map(({ likelihoodByContext }) => likelihoodByContext[unknown])],
    );

    expect(rows.length).toBe(6);
    for (const row of rows) expect(new Set(row).size).toBe(1);
  });
});

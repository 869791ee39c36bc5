import { describe, expect, it } from "vitest";
import { invariant } from "../../value/invariant.ts";
import type { JsonObject, JsonValue } from "../../value/json-value.ts";
import { situationAfter } from "../belief.ts";
import { decideAfter } from "../explain/after.ts";
import { listAlternatives } from "../explain/alternatives.ts";
import { renderAlternatives } from "../explain/render.ts";
import { firstMoveOf, type Observation } from "../policy.ts";
import { decideSituation } from "../solve/solve-limited.ts";
import { parseSituation } from "./parse-situation.ts";

/** A restart may settle it, and it wipes the heap that tells a leak from a poisoned message. */
const restart = { id: "restart", kind: "try", cost: 3, pFixed: { DEADLOCK: 0.8, LEAK: 0.5 }, fixedUtility: 0 };
const dump = {
  id: "heap_dump",
  kind: "probe",
  cost: 6,
  outcomes: ["locks", "growth", "one_message"],
  likelihood: { DEADLOCK: [0.94, 0.04, 0.02], LEAK: [0.04, 0.94, 0.02], POISON: [0.02, 0.02, 0.96] },
};
const drop = {
  id: "drop_head_message",
  utility: { POISON: -1, "*": -60 },
  catastrophe: { POISON: 0, "*": 0.3 },
};
const hanging = {
  format: "interlock.situation/1",
  id: "hanging",
  contexts: [
    { id: "DEADLOCK", prior: 0.4 },
    { id: "LEAK", prior: 0.25 },
    { id: "POISON", prior: 0.35 },
    { id: "unknown", prior: 0 },
  ],
  catastropheUtility: -600,
  limit: 0.01,
  horizon: 3,
  steps: [restart, dump],
  responses: [
    drop,
    { id: "roll_back", utility: { LEAK: -8, DEADLOCK: -12, "*": -60 } },
    { id: "page_owner", kind: "escalate", utility: -35 },
  ],
} as const satisfies JsonValue;

const spoiling = { ...hanging, steps: [{ ...restart, spoils: ["heap_dump"] }, dump] };

function parsed(document: JsonValue) {
  const situation = parseSituation(document);
  invariant(situation.ok, situation.ok ? "" : JSON.stringify(situation.error));
  return situation.value;
}

function decided(document: JsonValue, seen: readonly Observation[] = []) {
  const after = decideAfter(parsed(document), seen);
  invariant(after.ok && after.value.decision.kind === "decided", "the situation is decided");
  return { ...after.value, decision: after.value.decision };
}

const firstMove = (document: JsonValue, seen: readonly Observation[] = []): string =>
  firstMoveOf(decided(document, seen).decision.chosen.policy);

describe("a remedy that destroys evidence", () => {
  it("comes after the look that it spoils, and not before", () => {
    expect(firstMove(hanging)).toBe("restart");

    const { chosen } = decided(spoiling).decision;

    expect(firstMoveOf(chosen.policy)).toBe("heap_dump");
    expect(chosen.value).toBeCloseTo(-13, 1);
    expect(chosen.risk).toBeCloseTo(0.00123, 5);
  });

  it("leaves nothing to look at once it was done, whatever it answered", () => {
    for (const outcome of ["not_fixed", "no_answer"]) {
      const left = situationAfter(parsed(spoiling), [{ step: "restart", outcome }]);
      invariant(left.ok, "the observation is possible");

      expect(left.value.steps.map(({ id }) => id)).toEqual([]);
    }
  });

  it("does not take back what was seen before it", () => {
    const look = { step: "heap_dump", outcome: "one_message" };
    const tried = { step: "restart", outcome: "not_fixed" };

    expect(firstMove(spoiling, [look, tried])).toBe("drop_head_message");
    expect(firstMove(spoiling, [tried, look])).toBe("drop_head_message");
  });
});

describe("an act that needs something", () => {
  const needs = [{ step: "heap_dump", outcomes: ["one_message"] }];
  const needing = { ...hanging, responses: [{ ...drop, needs }, ...hanging.responses.slice(1)] };

  it("is only in policies where that was seen", () => {
    const { chosen } = decided({ ...needing, limit: 1, catastropheUtility: -60 }).decision;
    const actsWithout = (policy: typeof chosen.policy, hasSeen: boolean): boolean =>
      policy.kind === "commit"
        ? policy.response === "drop_head_message" && !hasSeen
        : policy.on.some(({ outcome, then }) =>
            actsWithout(then, hasSeen || (policy.step === "heap_dump" && outcome === "one_message")),
          );

    expect(actsWithout(chosen.policy, false)).toBe(false);
  });

  it("can be chosen once it was seen", () => {
    const tried = { step: "restart", outcome: "not_fixed" };

    expect(firstMove(needing, [{ step: "heap_dump", outcome: "one_message" }, tried])).toBe("drop_head_message");
    expect(firstMove(needing, [tried])).not.toBe("drop_head_message");
  });

  it("is listed with what it needs, and without figures", () => {
    const situation = parsed(needing);
    const decision = decideSituation(situation);
    invariant(decision.ok, "the situation is decided");
    const alternatives = listAlternatives(situation, decision.value);

    expect(alternatives.find(({ move }) => move === "drop_head_message")).toMatchObject({
      withinLimit: null,
      unlimited: null,
      minimumRisk: null,
      verdict: { kind: "not_yet", needs: [{ step: "heap_dump", outcomes: ["one_message"], times: 1 }] },
    });
    expect(renderAlternatives(alternatives).join("\n")).toMatch(
      /drop_head_message {2}act +– +– +not before heap_dump = one_message/,
    );
  });

  it("is not done at once as the average plan", () => {
    expect(parsed(needing).averagePlan).not.toBe("drop_head_message");
  });
});

describe("what is needed or spoilt is refused, with its place,", () => {
  const withDump = (fields: JsonObject): JsonValue => ({ ...hanging, steps: [restart, { ...dump, ...fields }] });
  const withDrop = (fields: JsonObject): JsonValue => ({
    ...hanging,
    responses: [{ ...drop, ...fields }, ...hanging.responses.slice(1)],
  });
  const page = { id: "page_owner", kind: "escalate", utility: -35, needs: ["heap_dump"] };

  it.each([
    ["when no step has the name", withDump({ needs: ["heap"] }), "E_SITUATION_NAME_UNKNOWN /steps/1/needs/0"],
    ["when it needs itself", withDump({ needs: ["heap_dump"] }), "E_SCHEMA /steps/1/needs/0"],
    [
      "when the step has no such outcome",
      withDrop({ needs: [{ step: "heap_dump", outcomes: ["flat"] }] }),
      "E_SITUATION_NAME_UNKNOWN /responses/0/needs/0/outcomes",
    ],
    [
      "when the step may not be taken so often",
      withDrop({ needs: [{ step: "heap_dump", times: 2 }] }),
      "E_SCHEMA /responses/0/needs/0/times",
    ],
    ["when it spoils no step", withDump({ spoils: ["restarts"] }), "E_SITUATION_NAME_UNKNOWN /steps/1/spoils/0"],
    ["when handing over needs something", { ...hanging, responses: [drop, page] }, "E_SCHEMA /responses/1/needs"],
    [
      "when the average plan needs something",
      { ...(withDrop({ needs: ["heap_dump"] }) as JsonObject), averagePlan: "drop_head_message" },
      "E_SCHEMA /responses/0/needs",
    ],
  ])("%s", (_, document, expected) => {
    const situation = parseSituation(document);

    expect(situation.ok ? [] : situation.error.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([expected]);
  });
});

import { describe, expect, it } from "vitest";
import { invariant } from "../../value/invariant.ts";
import type { JsonObject } from "../../value/json-value.ts";
import { decideAfter } from "../explain/after.ts";
import { listAlternatives } from "../explain/alternatives.ts";
import { type Decision, firstMoveOf, type Observation } from "../policy.ts";
import { parseSituation } from "../situation/parse-situation.ts";
import type { Situation } from "../situation/situation.ts";

/**
 * Two explanations, two sensors of the same kind, an act for each, and a person. `right` is how often a sensor is
 * right.
 */
function twoSensors(right: number, change: JsonObject = {}): Situation {
  const situation = parseSituation({
    format: "interlock.situation/1",
    id: "two-sensors",
    contexts: [{ id: "A", prior: 0.5 }, { id: "B", prior: 0.5 }, { id: "unknown" }],
    catastropheUtility: -100,
    limit: 1,
    horizon: 4,
    steps: stepsOf(right),
    responses: [
      { id: "do_a", utility: { A: 0, B: -10 } },
      { id: "do_b", utility: { A: -10, B: 0 } },
      { id: "page", kind: "escalate", utility: -20 },
    ],
    ...change,
  } as JsonObject);
  invariant(situation.ok, situation.ok ? "" : JSON.stringify(situation.error));
  return situation.value;
}

function decidedAfter(situation: Situation, ...seen: readonly Observation[]): Extract<Decision, { kind: "decided" }> {
  const decided = decideAfter(situation, seen);
  invariant(decided.ok && decided.value.decision.kind === "decided", "a small situation with an escalation");
  return decided.value.decision;
}

const says = (step: string, outcome: string): Observation => ({ step, outcome });

describe("evidence that conflicts", () => {
  it("allows no act, although one would be worth more than a person", () => {
    // Under the named contexts each answer alone has probability ½; both together .99 · .01, of ¼: a share of 3.96 %.
    const { chosen, handover } = decidedAfter(twoSensors(0.99), says("one", "a"), says("two", "b"));

    expect(firstMoveOf(chosen.policy)).toBe("page");
    expect(handover).toEqual({ kind: "conflict", ratio: expect.closeTo(0.0396, 12), below: 0.1 });
  });

  it("is the same conflict in the other order", () => {
    const situation = twoSensors(0.99);

    const one = decidedAfter(situation, says("one", "a"), says("two", "b"));
    const other = decidedAfter(situation, says("two", "b"), says("one", "a"));

    expect(JSON.stringify(other.chosen)).toBe(JSON.stringify(one.chosen));
    expect(other.handover).toEqual(one.handover);
  });

  it("is no conflict where the sensors are often wrong", () => {
    // .8 · .2 of ¼ is 64 %.
    const { held } = decidedAfter(twoSensors(0.8), says("one", "a"), says("two", "b"));

    expect(held).toBeNull();
  });

  it("is no conflict where the situation declares a smaller share, or none", () => {
    const declared = decidedAfter(twoSensors(0.99, { conflict: 0.03 }), says("one", "a"), says("two", "b"));
    const never = decidedAfter(twoSensors(0.99, { conflict: 0 }), says("one", "a"), says("two", "b"));

    expect(declared.held).toBeNull();
    expect(never.held).toBeNull();
  });

  it("is never seen in one answer alone", () => {
    expect(decidedAfter(twoSensors(0.99), says("one", "a")).held).toBeNull();
  });

  it("is foreseen by the policy, which hands over after such answers", () => {
    const policy = decidedAfter(twoSensors(0.99, { limit: 0.2 })).chosen.policy;
    const situation = twoSensors(0.99, { limit: 0.2 });

    const first = policy.kind === "do" ? policy.on.find(({ outcome }) => outcome === "a") : undefined;
    const second = first?.then.kind === "do" ? first.then.on.find(({ outcome }) => outcome === "b") : undefined;

    if (second !== undefined) expect(second.then).toEqual({ kind: "commit", response: "page" });
    expect(firstMoveOf(decidedAfter(situation, says("one", "a"), says("two", "b")).chosen.policy)).toBe("page");
  });

  it("leaves room for a look that may settle it", () => {
    // Two answers: .95 · .05 of ¼, a share of 19 %. Two more that agree for certain: of 1/16, a share of 38 %.
    const certain = ["three", "four"].map((id) => ({
      id,
      kind: "probe",
      cost: 0.1,
      exact: true,
      outcomes: ["a", "b"],
      likelihood: { A: [1, 0], B: [0, 1], unknown: [0.5, 0.5] },
    }));
    const situation = twoSensors(0.95, { conflict: 0.25, steps: [...stepsOf(0.95), ...certain] });

    const { chosen, held, handover } = decidedAfter(situation, says("one", "a"), says("two", "b"));

    expect(held?.kind).toBe("conflict");
    expect(handover).toBeNull();
    expect(["three", "four"]).toContain(firstMoveOf(chosen.policy));
  });
});

function stepsOf(right: number): readonly JsonObject[] {
  const row = [right, 1 - right];
  const likelihood = { A: row, B: [...row].reverse() };
  return ["one", "two"].map((id) => ({ id, kind: "probe", cost: 0.1, outcomes: ["a", "b"], likelihood }));
}

describe("an explanation nobody thought of", () => {
  const likely = (prior: number, change: JsonObject = {}): Situation =>
    twoSensors(0.9, {
      contexts: [
        { id: "A", prior: 1 - prior },
        { id: "B", prior: 0 },
        { id: "unknown", prior },
      ],
      ...change,
    });

  it("allows no act while it is likelier than everything else", () => {
    const { chosen, handover } = decidedAfter({ ...likely(0.6), steps: [] });

    expect(firstMoveOf(chosen.policy)).toBe("page");
    expect(handover).toEqual({ kind: "unknown", probability: expect.closeTo(0.6, 12), above: 0.5 });
  });

  it("allows an act at exactly the declared share, and where more is declared", () => {
    expect(firstMoveOf(decidedAfter({ ...likely(0.5), steps: [] }).chosen.policy)).toBe("do_a");
    expect(firstMoveOf(decidedAfter({ ...likely(0.6, { unknownMax: 0.7 }), steps: [] }).chosen.policy)).toBe("do_a");
  });

  it("is named as the reason in the table of alternatives, and a person is never forbidden", () => {
    const situation = { ...likely(0.6), steps: [] };

    const verdicts = listAlternatives(situation, decidedAfter(situation));

    expect(verdicts.map(({ move, verdict }) => [move, verdict.kind])).toEqual([
      ["page", "chosen"],
      ["do_a", "barred"],
      ["do_b", "barred"],
    ]);
  });
});

describe("a surprise", () => {
  it("leads to the escalation, whichever of the answers came last", () => {
    // .999 · .001 of ½: given the other answer, this one has a probability of 0.2 %.
    const situation = twoSensors(0.999);

    const one = decidedAfter(situation, says("one", "a"), says("two", "b"));
    const other = decidedAfter(situation, says("two", "b"), says("one", "a"));

    expect(one.handover?.kind).toBe("surprise");
    expect(JSON.stringify([other.chosen, other.handover])).toBe(JSON.stringify([one.chosen, one.handover]));
  });

  it("leaves nothing else, not even another look", () => {
    const situation = { ...twoSensors(0.999), horizon: 4 };
    const decided = decideAfter(situation, [says("one", "a"), says("two", "b")]);
    invariant(decided.ok, "two answers are possible");

    const verdicts = listAlternatives(decided.value.situation, decided.value.decision);

    expect(verdicts.map(({ verdict }) => verdict.kind)).toEqual(["chosen", "barred", "barred"]);
  });
});

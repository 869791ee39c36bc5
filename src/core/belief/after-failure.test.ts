import { describe, expect, it } from "vitest";
import { afterFailure, notRestored } from "./after-failure.ts";
import { type DecisionAfter, decideAfter } from "./explain/after.ts";
import { firstMoveOf } from "./policy.ts";
import { parseSituation } from "./situation/parse-situation.ts";
import type { Situation } from "./situation/situation.ts";

function read(document: object): ReturnType<typeof parseSituation> {
  const [scale, ...others] = responses;
  return parseSituation({
    format: "interlock.situation/1",
    id: "s",
    contexts: [{ id: "LOAD", prior: 0.6 }, { id: "DB", prior: 0.4 }, { id: "unknown" }],
    catastropheUtility: -100,
    limit: 0.2,
    horizon: 2,
    conflict: 0,
    responses: [{ ...scale, ...document }, ...others],
  });
}

const responses = [
  { id: "scale", utility: { LOAD: -1, DB: -40 }, catastrophe: { LOAD: 0, DB: 0.1, unknown: 0 } },
  { id: "kill", utility: { LOAD: -30, DB: -2 }, catastrophe: { "*": 0 } },
  { id: "page", kind: "escalate", utility: -20 },
];

function situationWith(document: object): Situation {
  const parsed = read(document);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

/** The decision after `scale` was written and not read back. */
function afterScale(situation: Situation): DecisionAfter {
  const observations = [{ step: "scale", outcome: notRestored }];
  const after = decideAfter(afterFailure(situation, observations), observations);
  if (!after.ok) throw new Error(JSON.stringify(after.error));
  return after.value;
}

function firstMove({ decision }: DecisionAfter): string | null {
  return decision.kind === "decided" ? firstMoveOf(decision.chosen.policy) : null;
}

const restores = { LOAD: 0.9, DB: 0.2 };

describe("a read-back that failed", () => {
  it("is evidence, by the probability that the situation declares for it", () => {
    const { situation } = afterScale(situationWith({ restores }));

    // LOAD 0.588 × 0.1, DB 0.392 × 0.9 (no catastrophe) × 0.8, unknown 0.02 × 0.5.
    const weights = [0.588 * 0.1, 0.392 * 0.9 * 0.8, 0.02 * 0.5];
    const sum = weights.reduce((one, other) => one + other);
    situation.contexts.forEach(({ prior }, c) => expect(prior).toBeCloseTo((weights[c] ?? 0) / sum, 12));
  });

  it("leads to another response where that is worth most, and never to the same one again", () => {
    const after = afterScale(situationWith({ restores }));

    expect(firstMove(after)).toBe("kill");
    expect(after.situation.responses.map(({ id }) => id)).toEqual(["kill", "page"]);
  });

  it("has run the risk of the response: what follows may risk what is left", () => {
    const { situation } = afterScale(situationWith({ restores }));

    // P(the response would have ended in catastrophe | it was not read back).
    const answered = [0.588 * 0.1, 0.392 * 0.8, 0.02 * 0.5];
    const risk = ((answered[1] ?? 0) * 0.1) / answered.reduce((one, other) => one + other);
    expect(situation.riskSpent).toBeCloseTo(risk, 12);
  });

  it("leads to undoing where that is worth most, to a person where it is not, and is no reflex", () => {
    const undoing = (utility: number) => afterScale(situationWith({ restores, undo: { utility } }));

    expect(firstMove(undoing(-1))).toBe("undo scale");
    expect(firstMove(undoing(-19))).toBe("kill");
  });

  it("says nothing where the situation does not say how often the response restores", () => {
    const situation = situationWith({});

    expect(afterFailure(situation, [{ step: "scale", outcome: notRestored }])).toBe(situation);
  });
});

describe("what is declared of a read-back", () => {
  it("is refused where it means nothing", () => {
    const codes = [
      { undo: { utility: -1 } },
      { restores: { LOAD: 0.5 } },
      { restores: { LOAD: 0.5, DB: 2 } },
      { kind: "escalate", restores },
    ].map((document) => {
      const parsed = read(document);
      return parsed.ok ? "accepted" : parsed.error[0]?.code;
    });

    expect(codes).toEqual(["E_SCHEMA_MISSING_FIELD", "E_SCHEMA_MISSING_FIELD", "E_SITUATION_PROBABILITY", "E_SCHEMA"]);
  });
});

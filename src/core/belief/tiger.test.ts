/**
 * The tiger problem (Cassandra, Kaelbling and Littman, AAAI 1994), one episode: listening costs 1 and is right with
 * probability 0.85; opening the right door is worth 10, the tiger's -100. Written from its published definition.
 */
import { expect, it } from "vitest";
import { invariant } from "../value/invariant.ts";
import { type Policy, policyAfter } from "./policy.ts";
import { parseCard } from "./situation/parse-card.ts";
import type { Situation } from "./situation/situation.ts";
import { evaluatePolicy } from "./solve/evaluate-policy.ts";
import { solveUnlimited } from "./solve/solve-unlimited.fixture.ts";

function tiger(horizon: number): Situation {
  const card = parseCard({
    contexts: [
      { id: "tiger_left", prior: 0.5 },
      { id: "tiger_right", prior: 0.5 },
    ],
    catastropheUtility: -100,
    maxCatastropheProbability: 1,
    maxSteps: horizon,
    steps: [
      {
        id: "listen",
        kind: "probe",
        cost: 1,
        maxUses: 8,
        outcomes: ["hear_left", "hear_right"],
        likelihood: { tiger_left: [0.85, 0.15], tiger_right: [0.15, 0.85] },
      },
    ],
    commits: [
      { id: "open_left", utility: 10, catastrophe: { tiger_left: 1 } },
      { id: "open_right", utility: 10, catastrophe: { tiger_right: 1 } },
      { id: "walk_away", kind: "escalate", utility: 0 },
    ],
  });
  invariant(card.ok, "the tiger is a card");
  return card.value;
}

/** By hand: only the surplus of growls on one side matters, since P(tiger left) = 0.85^d / (0.85^d + 0.15^d). */
function valueAtSurplus(surplus: number, listensLeft: number): number {
  const left = 1 / (1 + (0.15 / 0.85) ** surplus);
  const open = Math.max(10 * (1 - left) - 100 * left, 10 * left - 100 * (1 - left), 0);
  if (listensLeft === 0) return open;
  const hearLeft = 0.85 * left + 0.15 * (1 - left);
  return Math.max(
    open,
    -1 +
      hearLeft * valueAtSurplus(surplus + 1, listensLeft - 1) +
      (1 - hearLeft) * valueAtSurplus(surplus - 1, listensLeft - 1),
  );
}

it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
  "with %d times to listen it is worth what the recursion over the surplus of growls says",
  (horizon) => {
    const situation = tiger(horizon);
    const solution = solveUnlimited(situation);

    expect(solution.value).toBeCloseTo(valueAtSurplus(0, horizon), 10);
    expect(evaluatePolicy(situation, solution.policy).value).toBeCloseTo(solution.value, 10);
  },
);

it("three growls ahead on one side open the other door; two ahead listen once more, and that is worth over 6.7", () => {
  const { policy } = solveUnlimited(tiger(8));
  const heard = (...sides: readonly string[]): Policy | null =>
    policyAfter(
      policy,
      sides.map((side) => ({ step: "listen", outcome: `hear_${side}` })),
    );

  expect(valueAtSurplus(2, 0)).toBeCloseTo(6.68, 2);
  expect(heard("left", "left")).toMatchObject({ kind: "do", step: "listen" });
  expect(heard("left", "left", "left")).toEqual({ kind: "commit", response: "open_right" });
  expect(heard("right", "left", "right", "right", "right")).toEqual({ kind: "commit", response: "open_left" });
});

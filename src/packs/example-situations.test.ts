import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Decision, firstMoveOf } from "../core/belief/policy.ts";
import type { Situation } from "../core/belief/situation/situation.ts";
import { solveAveragePlan } from "../core/belief/solve/comparison-policies.ts";
import { evaluatePolicy } from "../core/belief/solve/evaluate-policy.ts";
import { decideSituation } from "../core/belief/solve/solve-limited.ts";
import { readSituation } from "./read-situation.ts";

const folder = new URL("../../examples/situations/", import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .sort();

function read(name: string): Situation {
  const file = readSituation(readFileSync(new URL(name, folder)));
  if (!file.ok) throw new Error(JSON.stringify(file.error));
  return file.value.situation;
}

function decide(situation: Situation): Extract<Decision, { kind: "decided" }> {
  const decided = decideSituation(situation);
  if (!decided.ok || decided.value.kind !== "decided") throw new Error("was not decided");
  return decided.value;
}

/** A policy's joint figures. */
interface Point {
  readonly value: number;
  readonly risk: number;
}

/**
 * The reference: escalations are outside both limits, every history is unfolded anew, beliefs are products along it,
 * and at each history the whole front of (value, risk) over all policies is kept, thinned only by dominance. No sharing
 * of beliefs, no bound, no price on risk: nothing in common with the solver.
 */
function frontOf(
  situation: Situation,
  joint: readonly number[],
  uses: Readonly<Record<string, number>>,
  left: number,
): readonly Point[] {
  const over = (number: (c: number) => number): number => joint.reduce((sum, weight, c) => sum + weight * number(c), 0);
  const isOpen = (own: number): boolean =>
    own <= situation.limitGivenEvidence * joint.reduce((sum, weight) => sum + weight, 0) * (1 + 1e-11);
  const ownRisk = (response: Situation["responses"][number]): number =>
    response.kind === "escalate" ? 0 : over((c) => response.catastropheByContext[c] ?? 0);
  const committed = (response: Situation["responses"][number]): Point => ({
    value: over(
      (c) =>
        (1 - (response.catastropheByContext[c] ?? 0)) * (response.utilityByContext[c] ?? 0) +
        (response.catastropheByContext[c] ?? 0) * situation.catastropheUtility,
    ),
    risk: ownRisk(response),
  });
  const points: Point[] = situation.responses.filter((response) => isOpen(ownRisk(response))).map(committed);
  for (const step of left > 0 ? situation.steps : []) {
    if ((uses[step.id] ?? 0) >= step.maxUses) continue;
    const hit = (c: number): number => step.catastropheByContext[c] ?? 0;
    if (!isOpen(over(hit))) continue;
    const fixed = (c: number): number => (step.kind === "try" ? (1 - hit(c)) * (step.pFixedByContext[c] ?? 0) : 0);
    const start: Point = {
      value: over(
        (c) =>
          hit(c) * situation.catastropheUtility -
          (step.costByContext[c] ?? 0) +
          (step.kind === "try" ? fixed(c) * (step.fixedUtilityByContext[c] ?? 0) : 0),
      ),
      risk: over(hit),
    };
    const outcomes =
      step.kind === "try"
        ? [joint.map((weight, c) => weight * (1 - hit(c) - fixed(c)))]
        : step.outcomes.map((outcome) =>
            joint.map((weight, c) => weight * (1 - hit(c)) * (outcome.likelihoodByContext[c] ?? 0)),
          );
    const survivedNamed = joint.reduce(
      (sum, weight, c) => sum + (situation.contexts[c]?.id === "unknown" ? 0 : weight * (1 - hit(c))),
      0,
    );
    let combined: readonly Point[] = [start];
    for (const after of outcomes) {
      const named = after.reduce((sum, weight, c) => sum + (situation.contexts[c]?.id === "unknown" ? 0 : weight), 0);
      const isSurprise = step.kind !== "try" && named < situation.surpriseThreshold * survivedNamed;
      const escalation = situation.responses.find((response) => response.id === situation.escalation);
      const next =
        isSurprise && escalation !== undefined
          ? frontOf({ ...situation, responses: [escalation] }, after, uses, 0)
          : frontOf(situation, after, { ...uses, [step.id]: (uses[step.id] ?? 0) + 1 }, left - 1);
      combined = undominated(
        combined.flatMap((one) =>
          next.map((other) => ({ value: one.value + other.value, risk: one.risk + other.risk })),
        ),
      );
    }
    points.push(...combined);
  }
  return undominated(points);
}

function undominated(points: readonly Point[]): readonly Point[] {
  const sorted = [...points].sort((one, other) => one.risk - other.risk || other.value - one.value);
  let best = -Infinity;
  return sorted.filter(({ value }) => {
    if (value <= best + 1e-12) return false;
    best = value;
    return true;
  });
}

/** The rows of the examples' README, by file: cells as they are printed there. */
function toldInReadme(): Readonly<Record<string, readonly string[]>> {
  const rows = readFileSync(new URL("README.md", folder), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| ["));
  return Object.fromEntries(
    rows.map((line) => {
      const cells = line
        .split("|")
        .map((cell) => cell.trim())
        .slice(1, -1);
      return [/\((.+)\)/.exec(cells[0] ?? "")?.[1] ?? "", cells.slice(1)];
    }),
  );
}

describe("example situations", () => {
  it("there are six", () => {
    expect(names).toEqual([
      "fast-or-safe.yaml",
      "firmware.yaml",
      "latency-spike.yaml",
      "payment-batch.yaml",
      "suspicious-host.yaml",
      "triage.yaml",
    ]);
  });

  it.each(names)("the optimum, limited and unlimited, is that of the reference solver: %s", (name) => {
    const situation = read(name);
    const { chosen, unlimited } = decide(situation);

    const frontWithin = (limitGivenEvidence: number): readonly Point[] =>
      frontOf(
        { ...situation, limitGivenEvidence },
        situation.contexts.map((context) => context.prior),
        {},
        situation.horizon,
      );

    const within = frontWithin(situation.limitGivenEvidence).filter(
      (point) => point.risk <= situation.limit * (1 + 1e-11),
    );
    expect(chosen.value).toBeCloseTo(Math.max(...within.map((point) => point.value)), 9);
    expect(unlimited.value).toBeCloseTo(Math.max(...frontWithin(1).map((point) => point.value)), 9);
  });

  it.each(names)("the figures are those its README tells: %s", (name) => {
    const situation = read(name);
    const { chosen } = decide(situation);
    const average = solveAveragePlan(situation);

    const [firstStep, worth, risk, limit, averagePlan, averageWorth, averageRisk] = toldInReadme()[name] ?? [];

    expect([firstStep, averagePlan]).toEqual([firstMoveOf(chosen.policy), situation.averagePlan]);
    expect([Number(worth), Number(averageWorth)]).toEqual([
      expect.closeTo(chosen.value, 4),
      expect.closeTo(average.value, 4),
    ]);
    expect([Number(risk), Number(averageRisk), Number(limit)]).toEqual([
      expect.closeTo(chosen.risk, 6),
      expect.closeTo(average.risk, 6),
      situation.limit,
    ]);
  });

  it.each(names)("evaluating the policy forward, context by context, gives its figures: %s", (name) => {
    const situation = read(name);
    const { chosen } = decide(situation);

    const forward = evaluatePolicy(situation, chosen.policy);

    expect(forward.value).toBeCloseTo(chosen.value, 9);
    expect(forward.risk).toBeCloseTo(chosen.risk, 12);
  });

  it.each(names)("its average plan exceeds the limit, and the policy chosen keeps it and is worth more: %s", (name) => {
    const situation = read(name);
    const { chosen } = decide(situation);
    const average = solveAveragePlan(situation);

    expect(average.risk).toBeGreaterThan(situation.limit);
    expect(chosen.ownRisk).toBeLessThanOrEqual(situation.limit);
    expect(chosen.value).toBeGreaterThan(average.value);
  });

  it("without its limit the latency spike would scale out where the policy within it pages a person", () => {
    const { chosen, unlimited } = decide(read("latency-spike.yaml"));

    expect(JSON.stringify(unlimited.policy)).toContain("scale_out");
    expect(JSON.stringify(chosen.policy)).not.toContain("scale_out");
    expect(unlimited.risk).toBeCloseTo(0.00574, 4);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { literal, proposalOf, requestOf } from "../../../../test/support/proposals.ts";
import { anySteps, outcomesOfKind, validSteps } from "../../../../test/support/random-steps.ts";
import { evaluateGuard } from "../../guard/evaluate-guard.fixture.ts";
import type { Formula } from "../../guard/formula.ts";
import { parseWhen } from "../../guard/parse-when.ts";
import { canonicalText } from "../../value/canonical.ts";
import type { Plan, PlanStep } from "../plan.ts";
import type { ProposedStep } from "../wire/proposal.ts";
import { draftPlan } from "./compile.ts";

type Steps = readonly ProposedStep[];

/** The steps of the plan that a proposal compiles to, or its refusal's codes. */
function compileSteps(steps: Steps): { readonly plan: Omit<Plan, "pins"> } | { readonly codes: readonly string[] } {
  const draft = draftPlan(requestOf(proposalOf(steps)));
  return draft.ok ? { plan: draft.value.plan } : { codes: draft.error.map((found) => found.code) };
}

/**
 * Every assignment of outcomes of a compiled plan, run by the words of the wire form: how many endings each reaches.
 */
function countEndings(steps: readonly PlanStep[]): readonly number[] {
  const counts: number[] = [];
  const visit = (index: number, outcomes: ReadonlyMap<string, string>, endings: number): void => {
    const current = steps[index];
    if (current === undefined) return void counts.push(endings);
    if (!runs(current, outcomes)) return visit(index + 1, new Map([...outcomes, [current.id, "not_run"]]), endings);
    const isEnding = current.kind === "end" || current.kind === "escalate";
    const possible = isEnding
      ? ["ended"]
      : current.kind === "act"
        ? current.onFailure === "branch"
          ? ["done", "failed"]
          : ["done"]
        : current.kind === "probe"
          ? [...current.outcomes.map((outcome) => outcome.name), "none_of_these", "no_answer"]
          : (outcomesOfKind[current.kind] ?? []);
    for (const outcome of possible)
      visit(index + 1, new Map([...outcomes, [current.id, outcome]]), endings + (isEnding ? 1 : 0));
  };
  visit(0, new Map(), 0);
  return counts;
}

function runs(current: PlanStep, outcomes: ReadonlyMap<string, string>): boolean {
  // What waits for an ending that was reached is never asked.
  if (current.after.some((id) => outcomes.get(id) === "ended")) return false;
  if (current.when === "") return current.after.every((id) => outcomes.get(id) !== "not_run");
  const parsed = parseWhen(current.when);
  if (!parsed.ok) throw new Error(current.when);
  return evaluateGuard({ formula: parsed.value as Formula, reads: [] }, (id) => outcomes.get(id));
}

describe("draftPlan, over random proposals", () => {
  it("accepts none that reaches no ending, or two, on any assignment of outcomes", () => {
    const seen = { accepted: 0, refusedForBranches: 0 };

    fc.assert(
      fc.property(anySteps, (steps) => {
        const compiled = compileSteps(steps);
        if ("codes" in compiled) {
          if (compiled.codes.some((code) => code.startsWith("E_PLAN_BRANCH"))) seen.refusedForBranches += 1;
          return true;
        }
        seen.accepted += 1;
        return countEndings(compiled.plan.steps).every((count) => count === 1);
      }),
      { numRuns: 1_200, seed: 17 },
    );

    // Both answers are given often enough to mean something.
    expect(Math.min(seen.accepted, seen.refusedForBranches)).toBeGreaterThan(120);
  });

  it("accepts every plan of questions and answers that is complete", () => {
    fc.assert(
      fc.property(validSteps, (steps) => "plan" in compileSteps(steps)),
      { numRuns: 150, seed: 23 },
    );
  });

  it("gives the same bytes for the same request", () => {
    fc.assert(
      fc.property(validSteps, (steps) => {
        const [first, second] = [compileSteps(steps), compileSteps(structuredClone(steps))];
        return "plan" in first && "plan" in second && canonicalText(first.plan) === canonicalText(second.plan);
      }),
      { numRuns: 60, seed: 29 },
    );
  });

  it("gives an equivalent plan whatever the order in which steps are declared", () => {
    const shuffled = validSteps.chain((steps) =>
      fc.tuple(fc.constant(steps), fc.shuffledSubarray([...steps], { minLength: steps.length })),
    );

    fc.assert(
      fc.property(shuffled, ([steps, other]) => {
        const [first, second] = [compileSteps(steps), compileSteps(other)];
        return "plan" in first && "plan" in second && normalize(first.plan) === normalize(second.plan);
      }),
      { numRuns: 100, seed: 31 },
    );
  });
});

/** A plan without the order of its steps, which is that of the proposal among equals. */
function normalize(plan: Omit<Plan, "pins">): string {
  const steps = plan.steps.map((current) => ({
    ...current,
    after: [...current.after].sort(),
    when: (current.when.match(/\w+ (?:==|!=|in) (?:'[^']*'|\[[^\]]*\])/g) ?? []).sort().join(),
    // The reason names surprises in the order of the proposal.
    ...(current.kind === "escalate" ? { reason: "" } : {}),
  }));
  return canonicalText({ ...plan, steps: steps.sort((left, right) => (left.id < right.id ? -1 : 1)) });
}

describe("a right proposal, damaged as a model damages one", () => {
  const damages: readonly {
    readonly name: string;
    readonly code: string;
    readonly damage: (found: ProposedStep) => ProposedStep;
  }[] = [
    {
      name: "a hallucinated action",
      code: "E_ACTION_UNKNOWN",
      damage: (found) => ({ ...found, action: `${found.action}_all` }),
    },
    {
      name: "a target that does not exist",
      code: "E_ARG_SCHEMA",
      damage: (found) => ({
        ...found,
        args: found.args.map((argument) => (argument.name === "deploy" ? literal("deploy", "web-2") : argument)),
      }),
    },
    {
      name: "a wrong unit",
      code: "E_ARG_SCHEMA",
      damage: (found) => ({
        ...found,
        args: found.args.map((argument) =>
          argument.name === "deploy" && found.kind !== "probe" ? argument : literal(argument.name, "3 pods"),
        ),
      }),
    },
    {
      name: "a number as text",
      code: "E_ARG_SCHEMA",
      damage: (found) => ({
        ...found,
        args: found.args.map((argument) => ({ ...argument, value: JSON.stringify(argument.value) })),
      }),
    },
    {
      name: "a forgotten argument",
      code: "E_ARG_MISSING",
      damage: (found) => ({ ...found, args: found.args.slice(1) }),
    },
    {
      name: "an invented argument",
      code: "E_ARG_UNKNOWN",
      damage: (found) => ({ ...found, args: [...found.args, literal("force", true)] }),
    },
    {
      name: "an invented outcome",
      code: "E_GUARD_TYPE",
      damage: (found) => ({
        ...found,
        when: found.after[0] === undefined ? "1 == 'a'" : `${found.after[0]} == 'fixed'`,
      }),
    },
    {
      name: "a step that never was",
      code: "E_PLAN_DANGLING_REF",
      damage: (found) => ({ ...found, after: [...found.after, "s99"] }),
    },
  ];

  it.each(damages)("is refused with $code for $name", ({ code, damage }) => {
    fc.assert(
      fc.property(validSteps, fc.nat(), (steps, pick) => {
        const at = pick % steps.length;

        const compiled = compileSteps(steps.map((found, index) => (index === at ? damage(found) : found)));

        return "codes" in compiled && compiled.codes.includes(code);
      }),
      { numRuns: 40, seed: 37 },
    );
  });

  it("with a step dropped is refused, or is what the rest alone compiles to", () => {
    const seen = { refused: 0, harmless: 0 };

    fc.assert(
      fc.property(validSteps, fc.nat(), (steps, pick) => {
        const dropped = steps[pick % steps.length];
        const rest = steps.filter((found) => found !== dropped);
        const compiled = compileSteps(rest);
        if ("codes" in compiled) {
          seen.refused += 1;
          return true;
        }
        seen.harmless += 1;
        // Nothing that is left knew the step: it was the last of its way.
        const isKnown = rest.some(
          (found) => found.after.includes(dropped?.id ?? "") || found.when.includes(dropped?.id ?? ""),
        );
        return !isKnown && countEndings(compiled.plan.steps).every((count) => count === 1);
      }),
      { numRuns: 150, seed: 41 },
    );

    expect(Math.min(seen.refused, seen.harmless)).toBeGreaterThan(10);
  });
});

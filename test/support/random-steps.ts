import fc from "fast-check";
import type { ProposedStep } from "../../src/core/plan/wire/proposal.ts";
import { literal, probeLoad, scale, step } from "./proposals.ts";

/** Outcomes that a step of a kind can have; `branch` is an act that the plan branches on. */
export const outcomesOfKind: Readonly<Record<string, readonly string[]>> = {
  probe: ["contention", "idle", "none_of_these", "no_answer"],
  act: ["done"],
  branch: ["done", "failed"],
  approve: ["approved", "rejected", "expired"],
  wait: ["elapsed"],
  end: [],
  escalate: [],
};

function stepOf(
  kind: string,
  index: number,
  links: { readonly after: readonly string[]; readonly when: string },
): ProposedStep {
  const id = `s${index}`;
  switch (kind) {
    case "probe":
      return probeLoad(id, links);
    case "branch":
      return scale(id, { ...links, onFailure: "branch" });
    case "approve":
      return step(id, { kind: "approve", args: [literal("question", "go on?")], ...links });
    case "wait":
      return step(id, { kind: "wait", args: [literal("forMs", 10)], ...links });
    case "escalate":
      return step(id, { kind: "escalate", args: [literal("reason", "stop here")], ...links });
    case "end":
      return step(id, { kind: "end", ...links });
    default:
      return scale(id, { deploy: ["web", "api", "dns"][index % 3] ?? "web", ...links });
  }
}

/** Any proposal of one to six steps whose references are right. Most have wrong branches, some have right ones. */
export const anySteps: fc.Arbitrary<readonly ProposedStep[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom("probe", "probe", "act", "act", "branch", "approve", "wait", "end", "escalate"),
      after: fc.array(fc.nat(5), { maxLength: 2 }),
      asked: fc.array(
        fc.record({
          of: fc.nat(1),
          negated: fc.boolean(),
          outcomes: fc.array(fc.nat(4), { minLength: 1, maxLength: 3 }),
        }),
        { maxLength: 2 },
      ),
      joint: fc.constantFrom(" && ", " || "),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((sketches) =>
    sketches.map((sketch, index) => {
      const earlier = [...new Set(sketch.after.map((number) => number % Math.max(index, 1)))].filter(
        (number) => index > 0 && (outcomesOfKind[sketches[number]?.kind ?? ""] ?? []).length > 0,
      );
      const atoms =
        earlier.length === 0
          ? []
          : sketch.asked.map(({ of, negated, outcomes }) => {
              const number = earlier[of % earlier.length] ?? 0;
              const known = outcomesOfKind[sketches[number]?.kind ?? ""] ?? [];
              const names = [...new Set(outcomes.map((outcome) => `'${known[outcome % known.length] ?? ""}'`))];
              return negated ? `s${number} != ${names[0] ?? ""}` : `s${number} in [${names.join(", ")}]`;
            });
      return stepOf(sketch.kind, index, {
        after: earlier.map((number) => `s${number}`),
        when: atoms.join(sketch.joint),
      });
    }),
  );

/** Plans with right branches: questions, an answer to each, and everything joined again. */
export const validSteps: fc.Arbitrary<readonly ProposedStep[]> = fc
  .array(
    fc.record({
      isSplit: fc.boolean(),
      goesOnBoth: fc.boolean(),
      branchesOn: fc.subarray(["contention", "idle"], { minLength: 1 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => {
    const steps: ProposedStep[] = [];
    let last: readonly string[] = [];
    let entry = "";
    for (const [index, part] of parts.entries()) {
      if (!part.isSplit) {
        steps.push(scale(`a${index}`, { after: last, when: entry, replicas: index + 1 }));
        [last, entry] = [[`a${index}`], ""];
        continue;
      }
      steps.push(probeLoad(`p${index}`, { after: last, when: entry }));
      const arms = part.branchesOn.map((outcome) =>
        scale(`b${index}_${outcome}`, { after: [`p${index}`], when: `p${index} == '${outcome}'`, replicas: index + 2 }),
      );
      steps.push(...arms);
      [last, entry] = [arms.map((arm) => arm.id), arms.map((arm) => `${arm.id} == 'done'`).join(" || ")];
    }
    return steps;
  });

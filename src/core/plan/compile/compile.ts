import { type Problem, problem } from "../../value/codes.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { quote } from "../../value/text.ts";
import { checkIntent } from "../wire/check-prose.ts";
import { addEndings } from "./add-endings.ts";
import { assembleDraft } from "./assemble-plan.ts";
import { bindSteps } from "./bind-steps.ts";
import { buildSteps } from "./build-steps.ts";
import { checkBranches } from "./check-branches.ts";
import { checkProposal, refuseDeclined } from "./check-proposal.ts";
import { beginCompilation, type Compilation, type CompileRequest } from "./compilation.ts";
import { expandSteps } from "./expand-steps.ts";
import { groundGoal } from "./ground-goal.ts";
import { orderWork } from "./order-work.ts";
import type { PlanDraft } from "./pin-plan.ts";
import { readConditions } from "./read-conditions.ts";

/**
 * Compiles a proposal against a domain without looking at the world, and refuses whatever can be refused before
 * anything is read. The domain was checked (`checkDomain`), the proposal was read by the strict intake
 * (`parseProposal`). `pinPlan` makes the draft a plan.
 *
 * Each line below is a pass in a file of its own.
 *
 * @returns the draft, or every problem found, each with its JSON Pointer into the proposal
 *
 * Cost: O(steps × (steps + outcomes open at once)); figures: `node bench/gate.ts`.
 */
export function draftPlan(request: CompileRequest): Result<PlanDraft, readonly Problem[]> {
  const declined = refuseDeclined(request.proposal);
  if (declined !== null) return fail([declined]);
  const compilation = beginCompilation(request);
  const expanded = expandSteps(compilation);
  const goal = groundGoal(compilation);
  const ordered = orderWork(expanded.value.steps);
  const prose = [...checkIntent(request.intent?.text ?? ""), ...checkProposal(request.proposal)];
  const early = [...prose, ...expanded.problems, ...goal.problems, ...ordered.problems];
  if (ordered.value === undefined) return fail(early);

  const steps = ordered.value;
  const bound = bindSteps(compilation, steps);
  const conditions = readConditions(steps);
  const implicit = addEndings({ steps, conditions: conditions.value, counted: expanded.value.counted });
  const parts = { conditions: conditions.value, bound: bound.value, implicit: implicit.value, goal: goal.value };
  const built = buildSteps(compilation, parts);
  const unused = refuseUnusedInputs(compilation, [
    ...goal.value.inputsUsed,
    ...[...bound.value.values()].flatMap((step) => step.inputsUsed),
    ...built.value.inputsUsed,
  ]);
  const late = [bound, conditions, implicit, built].flatMap((passed) => passed.problems);
  // If anything was refused, steps are missing, and the branches would be judged without them.
  if (early.length + late.length > 0) return fail([...early, ...late, ...unused]);

  const branches = checkBranches({ ...parts, steps: conditions.value, built: built.value.steps });
  if (branches.problems.length > 0) return fail([...branches.problems, ...unused]);
  const draft = assembleDraft(compilation, { steps: built.value.steps, goal: goal.value, branches: branches.value });
  const last = [...draft.problems, ...unused];
  return last.length > 0 ? fail(last) : ok(draft.value);
}

function refuseUnusedInputs({ inputs }: Compilation, used: readonly string[]): readonly Problem[] {
  return [...inputs.keys()]
    .filter((name) => !used.includes(name))
    .map((name) =>
      problem("E_PLAN_INPUT", "", `the input ${quote(name)} is used by no step and no goal`, "leave it out"),
    );
}

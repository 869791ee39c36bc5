import { problem } from "../../value/codes.ts";
import { quote } from "../../value/text.ts";
import { ancestorsOf } from "../branches/step-graph.ts";
import { bindArguments } from "./bind-arguments.ts";
import type { BoundStep } from "./binding.ts";
import { beginPass, type Compilation, type Pass, type Passed } from "./compilation.ts";
import type { WorkStep } from "./work-step.ts";

/** Pass 4. Binds every step's arguments, and refuses a reference to a step that the reader does not wait for. */
export function bindSteps(
  compilation: Compilation,
  steps: readonly WorkStep[],
): Passed<ReadonlyMap<string, BoundStep>> {
  const pass = beginPass(compilation);
  const stepsById = new Map(steps.map((step) => [step.id, step]));
  const bound = new Map(steps.map((step) => [step.id, bindArguments(pass, step, stepsById)]));
  for (const step of steps) refuseLateReferences(pass, steps, bound.get(step.id));
  return { value: bound, problems: pass.problems };
}

/** A producer that the reader does not wait for may still be running when its output is read. */
function refuseLateReferences(pass: Pass, steps: readonly WorkStep[], bound: BoundStep | undefined): void {
  if (bound === undefined || bound.references.length === 0) return;
  const { id } = bound.step;
  const ancestors = ancestorsOf(steps, id);
  for (const { reference, pointer } of bound.references) {
    if (ancestors.has(reference.stepId)) continue;
    const claim = `${quote(id)} does not wait for ${quote(reference.stepId)}, whose output it reads`;
    const hint = `add ${quote(reference.stepId)} to \`after\``;
    pass.problems.push(problem("E_PLAN_DANGLING_REF", pointer, claim, hint));
  }
}

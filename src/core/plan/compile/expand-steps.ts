import type { Action } from "../../domain/domain.ts";
import { type Formula, joinLogic } from "../../guard/formula.ts";
import { problem } from "../../value/codes.ts";
import { limits } from "../../value/limits.ts";
import { quote, suggestName } from "../../value/text.ts";
import { proposedKind } from "../kinds/index.ts";
import type { ProposedStep } from "../wire/proposal.ts";
import { checkStep, findAction } from "./check-step.ts";
import { beginPass, type Compilation, type Pass, type Passed } from "./compilation.ts";
import { readElements } from "./read-elements.ts";
import { arrangeWaves, type CountedWaves, notGivenUp } from "./waves.ts";
import { isExpanded, type WorkStep } from "./work-step.ts";

/** The steps of a proposal as the compiler works on them. */
export interface ExpandedSteps {
  readonly steps: readonly WorkStep[];
  /** Writes over a fleet that go on after failures. */
  readonly counted: readonly CountedWaves[];
}

/**
 * Pass 1. Looks up each step's action, checks the step by itself, and expands `each`: a step over three objects becomes
 * the steps `s1_1`, `s1_2` and `s1_3`. They wait for the same steps, and whatever waits for `s1` waits for all three.
 * Where the action says so, they go in waves.
 */
export function expandSteps(compilation: Compilation): Passed<ExpandedSteps> {
  const pass = beginPass(compilation);
  const sources = compilation.request.proposal.steps;
  const expansions = sources.map((source, position) => expandStep(pass, source, `/steps/${position}`));
  const bySource = indexBySource(pass, expansions);
  const steps = expansions.flatMap(({ entries, followers }) => [
    ...entries.map((step) => ({ ...step, ...resolveAfter(pass, step, bySource) })),
    ...followers,
  ]);
  expansions.forEach((expansion, position) =>
    refuseTakenIds(pass, { expansion, of: sources[position]?.id ?? "", bySource }),
  );
  if (steps.length > limits.stepsCountMax) {
    const claim = `the plan has ${steps.length} steps, more than ${limits.stepsCountMax}`;
    pass.problems.push(problem("E_PLAN_SIZE", "/steps", claim));
  }
  const counted = expansions.flatMap((expansion) => expansion.counted ?? []);
  return { value: { steps, counted }, problems: pass.problems };
}

/** What one proposed step has become. */
interface Expansion {
  /** Steps that wait for what the source waits for. */
  readonly entries: readonly WorkStep[];
  /** Steps of later waves; their `after` is final. */
  readonly followers: readonly WorkStep[];
  /** What waits for the source waits for these. */
  readonly exits: readonly string[];
  readonly counted: CountedWaves | null;
}

const nothing: Expansion = { entries: [], followers: [], exits: [], counted: null };

function expandStep(pass: Pass, source: ProposedStep, pointer: string): Expansion {
  const action = findAction(pass, source, pointer);
  if (action === undefined) return nothing;
  pass.problems.push(...checkStep(source, { action, pointer }));
  const step = workStep(source, { action, pointer });
  const elements = readElements(pass, source, pointer);
  if (elements === null) return { ...nothing, entries: [step], exits: [step.id] };
  const steps = elements.values.map((value, position) => ({
    ...step,
    id: `${source.id}_${position + 1}`,
    each: { name: elements.name, value },
  }));
  if (action?.waves === undefined || steps.length === 0)
    return { ...nothing, entries: steps, exits: steps.map((one) => one.id) };
  return arrangeWaves(steps, action.waves);
}

function workStep(source: ProposedStep, from: { readonly action: Action | null; readonly pointer: string }): WorkStep {
  const { action, pointer } = from;
  const parameters = action === null ? proposedKind(source.kind).parameters : action.input;
  const { id, after } = source;
  return { id, source, pointer, action, parameters, each: null, after, demand: null, wave: null, failures: null };
}

/** The expansions by the id of their source; a source whose id is taken is refused. */
function indexBySource(pass: Pass, expansions: readonly Expansion[]): ReadonlyMap<string, Expansion> {
  const bySource = new Map<string, Expansion>();
  pass.request.proposal.steps.forEach(({ id }, position) => {
    if (!bySource.has(id)) {
      bySource.set(id, expansions[position] ?? { ...nothing, exits: [id] });
      return;
    }
    const claim = `the id ${quote(id)} is taken by an earlier step`;
    pass.problems.push(problem("E_PLAN_STEP_ID", `/steps/${position}/id`, claim));
  });
  return bySource;
}

function refuseTakenIds(
  pass: Pass,
  from: { readonly expansion: Expansion; readonly of: string; readonly bySource: ReadonlyMap<string, Expansion> },
): void {
  const { expansion, of, bySource } = from;
  for (const step of [...expansion.entries.filter(isExpanded), ...expansion.followers]) {
    if (!bySource.has(step.id)) continue;
    const claim = `${quote(of)} expands into ${quote(step.id)}, which is a step already`;
    pass.problems.push(problem("E_PLAN_STEP_ID", `${step.pointer}/id`, claim));
  }
}

function resolveAfter(
  pass: Pass,
  step: WorkStep,
  bySource: ReadonlyMap<string, Expansion>,
): Pick<WorkStep, "after" | "demand"> {
  const hasCondition = step.source.when.trim() !== "";
  const demands: Formula[] = [];
  const ids = step.source.after.flatMap((id, position) => {
    const found = bySource.get(id);
    // A step without a condition of its own runs only if everything it waits for ran, and so never behind waves that
    // were given up. One with a condition has to ask.
    if (found !== undefined && found.counted !== null && hasCondition) {
      demands.push(notGivenUp(found.counted));
      return [found.counted.first, ...found.exits];
    }
    if (found !== undefined) return found.exits;
    // All expansions of a step wait for the same steps: the first one reports it.
    if (step.each === null || step.id.endsWith("_1")) {
      const hint = suggestName(id, [...bySource.keys()]);
      const at = `${step.pointer}/after/${position}`;
      pass.problems.push(problem("E_PLAN_DANGLING_REF", at, `there is no step ${quote(id)}`, hint));
    }
    return [];
  });
  return { after: [...new Set(ids)], demand: demands.length === 0 ? null : joinLogic<Formula>("&&", demands, 0) };
}

import type { Action, ArgumentDeclaration } from "../../domain/domain.ts";
import { type Formula, joinLogic } from "../../guard/formula.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { parseJson } from "../../value/json.ts";
import { isJsonArray, type JsonValue } from "../../value/json-value.ts";
import { limits } from "../../value/limits.ts";
import { quote, suggestName } from "../../value/text.ts";
import type { WavePlace } from "../plan.ts";
import type { ProposedArgument, ProposedStep } from "../wire/proposal.ts";
import { looksLikeReference } from "../wire/reference.ts";
import { choicesFor, isAtLeastAsCautious } from "./caution.ts";
import { actionOf, type Compilation } from "./compilation.ts";
import { arrangeWaves, type CountedWaves, notGivenUp } from "./waves.ts";

/** A proposed step, or one of those that an `each` expands it into. */
export interface WorkStep {
  readonly id: string;
  readonly source: ProposedStep;
  /** JSON Pointer of the source in the proposal. */
  readonly pointer: string;
  /** `null` for `wait`, `approve`, `escalate` and `end`. */
  readonly action: Action | null;
  readonly parameters: readonly ArgumentDeclaration[];
  /** The element that this expansion stands for. */
  readonly each: { readonly name: string; readonly value: JsonValue } | null;
  /** Ids of expanded steps, in the order of the proposal. */
  readonly after: readonly string[];
  /** What the compiler asks beside the source's `when`, over steps in `after`. */
  readonly demand: Formula | null;
  readonly wave: WavePlace | null;
}

/** The steps of a proposal as they are compiled. */
export interface ExpandedSteps {
  readonly steps: readonly WorkStep[];
  /** Writes over a fleet that go on after failures. */
  readonly counted: readonly CountedWaves[];
}

/** How long a person has to answer an `approve` step that does not say. */
export const answerWithinMs = 3_600_000;

const dayMs = 86_400_000;

// What the kinds without an action take, declared as an action declares its own.
const parametersOfKind: Readonly<Record<"wait" | "approve" | "escalate" | "end", readonly ArgumentDeclaration[]>> = {
  wait: [parameter("forMs", { kind: "integer", min: 1, max: 7 * dayMs })],
  approve: [
    parameter("question", { kind: "string", lengthMax: limits.proseCharsMax, charset: "text" }),
    parameter("withinMs", { kind: "integer", min: 1_000, max: 7 * dayMs }),
  ],
  escalate: [parameter("reason", { kind: "string", lengthMax: limits.proseCharsMax, charset: "text" })],
  end: [],
};

/** Parameters that may be left out. */
export const optionalParameters: readonly string[] = ["withinMs"];

/**
 * Looks up each step's action, checks what can be said of the step alone, and expands `each`: a step over three objects becomes
 * three steps `s1_1`, `s1_2`, `s1_3` that wait for the same and are waited for together, or go in waves where the action says so.
 *
 * @returns the steps that could be made; problems go to the compilation
 */
export function expandSteps(compilation: Compilation): ExpandedSteps {
  const { steps } = compilation.request.proposal;
  const expansions = steps.map((source, position) => expandStep(compilation, source, `/steps/${position}`));
  const bySource = new Map<string, Expansion>();
  steps.forEach((source, position) => {
    if (bySource.has(source.id))
      compilation.problems.push(
        problem("E_PLAN_STEP_ID", `/steps/${position}/id`, `the id ${quote(source.id)} is taken by an earlier step`),
      );
    else bySource.set(source.id, expansions[position] ?? { ...nothing, exits: [source.id] });
  });
  const all = expansions.flatMap(({ entries, followers }) => [
    ...entries.map((step) => ({ ...step, ...resolveAfter(compilation, step, bySource) })),
    ...followers,
  ]);
  expansions.forEach((expansion, position) =>
    refuseTakenIds(compilation, { expansion, of: steps[position]?.id ?? "", bySource }),
  );
  if (all.length > limits.stepsCountMax)
    compilation.problems.push(
      problem("E_PLAN_SIZE", "/steps", `the plan has ${all.length} steps, more than ${limits.stepsCountMax}`),
    );
  return { steps: all, counted: expansions.flatMap(({ counted }) => counted ?? []) };
}

/** What one step of the proposal has become. */
interface Expansion {
  /** Steps that wait for what the source waits for. */
  readonly entries: readonly WorkStep[];
  /** Steps whose `after` is final: those of later waves. */
  readonly followers: readonly WorkStep[];
  /** What waits for the source waits for these. */
  readonly exits: readonly string[];
  readonly counted: CountedWaves | null;
}

const nothing: Expansion = { entries: [], followers: [], exits: [], counted: null };

/** The ids that a step of the proposal has become; more than one where an `each` expanded it. */
export function isExpanded(step: WorkStep): boolean {
  return step.each !== null;
}

function parameter(name: string, type: ArgumentDeclaration["type"]): ArgumentDeclaration {
  return { name, type, summary: "", integrityMin: "proposer", confidentialityMax: "internal" };
}

function expandStep(compilation: Compilation, source: ProposedStep, pointer: string): Expansion {
  const action = findAction(compilation, source, pointer);
  if (action === undefined) return nothing;
  const parameters = action === null ? parametersOfKind[source.kind as keyof typeof parametersOfKind] : action.input;
  checkAlone(compilation, { source, action, pointer });
  const step: WorkStep = {
    id: source.id,
    source,
    pointer,
    action,
    parameters,
    each: null,
    after: source.after,
    demand: null,
    wave: null,
  };
  const elements = elementsOf(compilation, step);
  if (elements === null) return { ...nothing, entries: [step], exits: [step.id] };
  const steps = elements.values.map((value, position) => ({
    ...step,
    id: `${source.id}_${position + 1}`,
    each: { name: elements.name, value },
  }));
  if (action?.waves === undefined || steps.length === 0)
    return { ...nothing, entries: steps, exits: steps.map((one) => one.id) };
  return arrangeWaves(compilation, steps, action.waves) ?? nothing;
}

/** `null` for a kind without an action, `undefined` when there is a problem. */
function findAction(compilation: Compilation, source: ProposedStep, pointer: string): Action | null | undefined {
  const refuse = (...found: readonly Problem[]): undefined => void compilation.problems.push(...found);
  if (source.kind !== "act" && source.kind !== "probe") {
    if (source.action === "") return null;
    return refuse(problem("E_ACTION_KIND", `${pointer}/action`, `a step of kind \`${source.kind}\` has no action`));
  }
  if (source.action === "")
    return refuse(problem("E_ACTION_KIND", `${pointer}/action`, `a step of kind \`${source.kind}\` names an action`));
  const action = actionOf(compilation, source.action);
  if (action !== undefined) return action;
  const names = compilation.request.domain.actions.map((known) => known.name);
  return refuse(
    problem(
      "E_ACTION_UNKNOWN",
      `${pointer}/action`,
      `the domain \`${compilation.request.domain.name}\` has no action ${quote(source.action)}`,
      suggestName(source.action, names),
    ),
  );
}

function checkAlone(
  compilation: Compilation,
  step: { readonly source: ProposedStep; readonly action: Action | null; readonly pointer: string },
): void {
  const { source, action, pointer } = step;
  if (source.kind === "probe" && action !== null && action.class !== "read") {
    compilation.problems.push(
      problem(
        "E_ACTION_KIND",
        `${pointer}/kind`,
        `${quote(action.name)} writes: a probe only reads`,
        "make it an `act`",
      ),
    );
  }
  if (source.expect.length > 0 && (action === null || action.class === "read")) {
    compilation.problems.push(
      problem(
        "E_ACTION_KIND",
        `${pointer}/expect`,
        "only a write has something to expect",
        "put the expectation on the write, or into `goal`",
      ),
    );
  }
  // A probe does not fail: it answers or gives no answer, and both are outcomes.
  if (source.kind !== "act" || action === null || isAtLeastAsCautious(source.onFailure, action.onFailure)) return;
  const hint = `choose one of ${choicesFor(action.onFailure).map(quote).join(", ")}`;
  compilation.problems.push(
    problem(
      "E_PLAN_ON_FAILURE",
      `${pointer}/onFailure`,
      `${quote(source.onFailure)} is less cautious than ${quote(action.name)} asks for`,
      hint,
    ),
  );
}

function elementsOf(
  compilation: Compilation,
  step: Omit<WorkStep, "after">,
): { readonly name: string; readonly values: readonly JsonValue[] } | null {
  const looping = step.source.args.flatMap((argument, index) =>
    argument.from === "each" ? [{ argument, pointer: `${step.pointer}/args/${index}/value` }] : [],
  );
  const [first, second] = looping;
  if (first === undefined) return null;
  if (second !== undefined) {
    compilation.problems.push(
      problem("E_PLAN_UNBOUNDED_LOOP", second.pointer, "a step expands over one argument", "give the others one value"),
    );
  }
  const values = readElements(compilation, first.argument, first.pointer);
  // Problems were told: the step stays one, so that what refers to it is not refused as well.
  return values === undefined || second !== undefined
    ? { name: first.argument.name, values: [] }
    : { name: first.argument.name, values };
}

function readElements(
  compilation: Compilation,
  argument: ProposedArgument,
  pointer: string,
): readonly JsonValue[] | undefined {
  const refuse = (...found: readonly Problem[]): undefined => void compilation.problems.push(...found);
  const { value } = argument;
  if (looksLikeReference(value))
    return refuse(
      problem("E_PLAN_UNBOUNDED_LOOP", pointer, `nobody knows before the run how many ${quote(value)} has`),
    );
  if (compilation.index.types.has(value)) {
    const ids = compilation.index.idsOf(value);
    return ids.length > 0
      ? ids
      : refuse(problem("E_ARG_SCHEMA", pointer, `the inventory has no ${quote(value)}`, "remove the step"));
  }
  if (!value.trimStart().startsWith("[")) {
    return refuse(
      problem(
        "E_ARG_SCHEMA",
        pointer,
        `${quote(value)} is neither a type of the inventory nor a list`,
        suggestName(value, [...compilation.index.types.keys()]),
      ),
    );
  }
  const parsed = parseJson(value, { bytesMax: limits.valueBytesMax, depthLevelsMax: limits.depthLevelsMax });
  if (!parsed.ok) return refuse(...parsed.error.map((found) => ({ ...found, pointer })));
  const items = isJsonArray(parsed.value) ? parsed.value : [];
  if (items.length === 0) return refuse(problem("E_ARG_SCHEMA", pointer, "the list is empty", "remove the step"));
  return items.length <= limits.stepsCountMax
    ? items
    : refuse(
        problem("E_PLAN_SIZE", pointer, `the list has ${items.length} elements, more than ${limits.stepsCountMax}`),
      );
}

function refuseTakenIds(
  compilation: Compilation,
  from: { readonly expansion: Expansion; readonly of: string; readonly bySource: ReadonlyMap<string, Expansion> },
): void {
  const { expansion, of, bySource } = from;
  for (const step of [...expansion.entries.filter(isExpanded), ...expansion.followers]) {
    if (!bySource.has(step.id)) continue;
    compilation.problems.push(
      problem(
        "E_PLAN_STEP_ID",
        `${step.pointer}/id`,
        `${quote(of)} expands into ${quote(step.id)}, which is a step already`,
      ),
    );
  }
}

function resolveAfter(
  compilation: Compilation,
  step: WorkStep,
  bySource: ReadonlyMap<string, Expansion>,
): Pick<WorkStep, "after" | "demand"> {
  const hasCondition = step.source.when.trim() !== "";
  const demands: Formula[] = [];
  const ids = step.source.after.flatMap((id, position) => {
    const found = bySource.get(id);
    // Without a condition of its own a step runs if all it waits for ran, and so not behind waves that were given up.
    if (found !== undefined && found.counted !== null && hasCondition) {
      demands.push(notGivenUp(found.counted));
      return [found.counted.first, ...found.exits];
    }
    if (found !== undefined) return found.exits;
    // Told once for all expansions of the step.
    if (step.each === null || step.id.endsWith("_1")) {
      compilation.problems.push(
        problem(
          "E_PLAN_DANGLING_REF",
          `${step.pointer}/after/${position}`,
          `there is no step ${quote(id)}`,
          suggestName(id, [...bySource.keys()]),
        ),
      );
    }
    return [];
  });
  return { after: [...new Set(ids)], demand: demands.length === 0 ? null : joinLogic<Formula>("&&", demands, 0) };
}

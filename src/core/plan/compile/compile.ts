import type { Action } from "../../domain/domain.ts";
import { actionDigest } from "../../domain/domain-digest.ts";
import { type Problem, problem } from "../../value/codes.ts";
import type { Digest } from "../../value/digest.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { quote } from "../../value/text.ts";
import { checkBranches } from "../branches/check-branches.ts";
import { ancestorsOf, orderSteps } from "../branches/step-graph.ts";
import type { PlanStep } from "../plan.ts";
import { checkProse } from "../wire/check-prose.ts";
import { assembleDraft, refuseLargeGuards } from "./assemble-plan.ts";
import { type BoundStep, bindArguments } from "./bind-arguments.ts";
import { stepCost } from "./bounds.ts";
import { buildCallStep, toGuardValue } from "./build-step.ts";
import { beginCompilation, type Compilation, type CompileRequest, takeOr } from "./compilation.ts";
import { answerWithinMs, type ExpandedSteps, expandSteps, type WorkStep } from "./expand-steps.ts";
import { bothGuards, type GroundGuard, groundGuard, trueGuard } from "./ground-guard.ts";
import { addImplicitEndings, type BranchStep, type ImplicitEnding, type ImplicitEndings } from "./implicit-endings.ts";
import type { PlanDraft } from "./pin-plan.ts";
import { readWhen } from "./when.ts";

/**
 * Compiles a proposal against a domain without looking at the world: everything that can be refused before anything is read.
 * The domain has been checked (`checkDomain`); the proposal is whatever the strict intake let through.
 *
 * @returns the draft, or every problem found, each with its JSON Pointer into the proposal
 *
 * Cost: O(steps × (steps + outcomes open at once)); figures: `node bench/gate.ts`.
 */
export function draftPlan(request: CompileRequest): Result<PlanDraft, readonly Problem[]> {
  const { proposal } = request;
  if (proposal.decline !== "") return fail([refuseDeclined(proposal.decline, proposal.steps.length)]);
  const compilation = beginCompilation(request);
  compilation.problems.push(...checkProse(proposal));
  if (proposal.steps.length === 0)
    compilation.problems.push(problem("E_PLAN_EMPTY", "/steps", "the proposal has no steps"));
  const { steps, counted } = expandSteps(compilation);
  const goal = groundGoal(compilation);
  const ordered = orderWork(compilation, steps);
  const draft = ordered === undefined ? undefined : buildDraft(compilation, { steps: ordered, counted, goal });
  refuseUnusedInputs(compilation);
  return draft === undefined || compilation.problems.length > 0 ? fail(compilation.problems) : ok(draft);
}

function refuseDeclined(reason: string, stepCount: number): Problem {
  if (stepCount > 0)
    return problem(
      "E_PLAN_SIZE",
      "/steps",
      "the proposal declines and has steps",
      "leave `decline` empty, or propose no step",
    );
  return problem("E_PROPOSAL_DECLINED", "/decline", `the proposer has no plan: ${quote(reason)}`);
}

/** The operator's goal holds whatever the proposal makes of it; a goal of the proposal's own is demanded besides. */
function groundGoal(compilation: Compilation): GroundGuard {
  const { request, index } = compilation;
  const place = { index, target: null, args: new Map(), objectArgs: new Map(), inputs: guardInputs(compilation) };
  const ground = (text: string, pointer: string): GroundGuard => {
    const guard = takeOr(compilation, groundGuard(text, { ...place, pointer })) ?? trueGuard;
    guard.inputsUsed.forEach((input) => compilation.inputsUsed.add(input));
    return guard;
  };
  return bothGuards(ground(request.goal, ""), ground(request.proposal.goal, "/goal"));
}

function guardInputs(compilation: Compilation) {
  return new Map(
    [...compilation.inputs].flatMap(([name, value]) => {
      const known = toGuardValue(value);
      return known === undefined ? [] : [[name, known] as const];
    }),
  );
}

function orderWork(compilation: Compilation, steps: readonly WorkStep[]): readonly WorkStep[] | undefined {
  const order = orderSteps(steps);
  if (order.kind === "ordered") return order.order.flatMap((index) => steps[index] ?? []);
  const [first = ""] = order.cycle;
  const pointer = steps.find((step) => step.id === first)?.pointer ?? "/steps";
  compilation.problems.push(
    problem("E_PLAN_CYCLE", `${pointer}/after`, `steps wait for one another: ${order.cycle.map(quote).join(" → ")}`),
  );
  return undefined;
}

interface DraftParts {
  readonly steps: readonly WorkStep[];
  readonly counted: ExpandedSteps["counted"];
  readonly goal: GroundGuard;
}

function buildDraft(compilation: Compilation, { steps, counted, goal }: DraftParts): PlanDraft | undefined {
  const stepsById = new Map(steps.map((step) => [step.id, step]));
  const bound = new Map(steps.map((step) => [step.id, bindArguments(compilation, step, stepsById)]));
  for (const step of steps) refuseLateReferences(compilation, { step, steps, bound });
  const branchSteps = steps.flatMap((step): readonly BranchStep[] => {
    const when = takeOr(compilation, readWhen(step, stepsById));
    return when === undefined ? [] : [{ step, when }];
  });
  for (const step of steps) refuseBehindEnding(compilation, step, stepsById);
  const implicit = addImplicitEndings(branchSteps, counted);
  refuseUnread(compilation, steps, implicit);
  const digestOf = rememberDigests(compilation);
  const inputs = guardInputs(compilation);
  const built = branchSteps.flatMap(
    ({ step, when }) =>
      buildStep(compilation, {
        bound: bound.get(step.id) as BoundStep,
        when: when.text,
        isUnread: implicit.unread.has(step.id),
        goal,
        digestOf,
        inputs,
      }) ?? [],
  );
  const endings = implicit.endings.map((ending) => buildEnding(ending, goal));
  // Branches of a plan with other problems would be judged on steps that are missing.
  if (compilation.problems.length > 0) return undefined;
  const costs = new Map([...built, ...endings].map((step) => [step.id, stepCost(step)]));
  const writes = new Map(built.map((step) => [step.id, writesOf(step)]));
  const branches = checkBranches({
    steps: branchSteps,
    implicit,
    bound,
    writesOf: (id) => writes.get(id) ?? [],
    costOf: (id) => costs.get(id) ?? [],
  });
  compilation.problems.push(...branches.problems);
  if (compilation.problems.length > 0) return undefined;
  const planSteps = [...built, ...endings.filter((ending) => !branches.idle.has(ending.id))];
  const plan = assembleDraft(compilation, { steps: planSteps, goal, worst: branches.worst });
  compilation.problems.push(...refuseLargeGuards(plan));
  return { plan, branchStateCount: branches.stateCount };
}

/** A producer that the reader does not wait for may still be running when it is read. */
function refuseLateReferences(
  compilation: Compilation,
  at: { readonly step: WorkStep; readonly steps: readonly WorkStep[]; readonly bound: ReadonlyMap<string, BoundStep> },
): void {
  const references = at.bound.get(at.step.id)?.references ?? [];
  if (references.length === 0) return;
  const ancestors = ancestorsOf(at.steps, at.step.id);
  for (const { reference, pointer } of references) {
    if (ancestors.has(reference.stepId)) continue;
    compilation.problems.push(
      problem(
        "E_PLAN_DANGLING_REF",
        pointer,
        `${quote(at.step.id)} does not wait for ${quote(reference.stepId)}, whose output it reads`,
        `add ${quote(reference.stepId)} to \`after\``,
      ),
    );
  }
}

function refuseBehindEnding(compilation: Compilation, step: WorkStep, stepsById: ReadonlyMap<string, WorkStep>): void {
  const ending = step.after.find((id) => ["end", "escalate"].includes(stepsById.get(id)?.source.kind ?? ""));
  if (ending === undefined) return;
  compilation.problems.push(
    problem(
      "E_PLAN_UNREACHABLE",
      `${step.pointer}/after`,
      `${quote(step.id)} waits for ${quote(ending)}, which ends the run`,
    ),
  );
}

/** Going on after a refusal or a failure nobody looked at is not a plan. */
function refuseUnread(compilation: Compilation, steps: readonly WorkStep[], implicit: ImplicitEndings): void {
  for (const step of steps) {
    if (!implicit.unread.has(step.id) || step.source.kind === "probe") continue;
    const outcomes = step.source.kind === "approve" ? "`approved`, `rejected` or `expired`" : "`done` or `failed`";
    compilation.problems.push(
      problem("E_PLAN_BRANCH_UNREAD", step.pointer, `no \`when\` reads whether ${quote(step.id)} gave ${outcomes}`),
    );
  }
}

function rememberDigests(compilation: Compilation): (action: Action) => Digest {
  const known = new Map<string, Digest>();
  return (action) => {
    const found = known.get(action.name) ?? actionDigest(action, compilation.index);
    known.set(action.name, found);
    return found;
  };
}

/** The object a step writes and the facts it changes. Locks are wider: hosts that one controller serves may move side by side. */
function writesOf(step: PlanStep): readonly string[] {
  if ((step.kind !== "act" && step.kind !== "probe") || step.class === "read") return [];
  return [
    ...new Set([
      step.target ?? "the domain",
      ...step.during.map((change) => change.fact),
      ...step.effect.map((change) => change.fact),
    ]),
  ];
}

interface StepParts {
  readonly bound: BoundStep;
  readonly when: string;
  readonly isUnread: boolean;
  readonly goal: GroundGuard;
  readonly digestOf: (action: Action) => Digest;
  readonly inputs: ReturnType<typeof guardInputs>;
}

function buildStep(compilation: Compilation, parts: StepParts): PlanStep | undefined {
  const { bound, when, isUnread, goal } = parts;
  const { step } = bound;
  const base = { id: step.id, purpose: step.source.purpose, after: step.after, when };
  const literal = (name: string): unknown => {
    const value = bound.args.find((argument) => argument.name === name)?.value;
    return value?.kind === "literal" ? value.value : undefined;
  };
  switch (step.source.kind) {
    case "act":
    case "probe":
      return buildCallStep({ compilation, digestOf: parts.digestOf, guardInputs: parts.inputs }, bound, {
        when,
        asRead: isUnread && step.source.kind === "probe",
      });
    case "wait":
      return { kind: "wait", ...base, forMs: Number(literal("forMs") ?? 0) };
    case "approve":
      return {
        kind: "approve",
        ...base,
        question: String(literal("question") ?? ""),
        withinMs: Number(literal("withinMs") ?? answerWithinMs),
      };
    case "escalate":
      return { kind: "escalate", ...base, reason: String(literal("reason") ?? "") };
    case "end":
      return { kind: "end", ...base, reads: goal.reads };
  }
}

function buildEnding(ending: ImplicitEnding, goal: GroundGuard): PlanStep {
  const base = { id: ending.id, purpose: "", after: ending.after, when: ending.when.text };
  return ending.kind === "end"
    ? { kind: "end", ...base, reads: goal.reads }
    : { kind: "escalate", ...base, reason: ending.reason };
}

function refuseUnusedInputs(compilation: Compilation): void {
  for (const name of compilation.inputs.keys()) {
    if (compilation.inputsUsed.has(name)) continue;
    compilation.problems.push(
      problem("E_PLAN_INPUT", "", `the input ${quote(name)} is used by no step and no goal`, "leave it out"),
    );
  }
}

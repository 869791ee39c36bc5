import { stepNamer } from "../../plan/show/brief-steps.ts";
import { withheldSteps } from "../../plan/show/withheld.ts";
import { assertNever, invariant } from "../../value/invariant.ts";
import { quote } from "../../value/text.ts";
import { chainItems } from "../collections/chain.ts";
import { vectorAt, vectorItems } from "../collections/persistent-vector.ts";
import { failedSteps, overwrittenFacts, unacknowledgedSteps } from "../decide/account.ts";
import { writtenSteps } from "../decide/turn.ts";
import { observeOf } from "../due/due.ts";
import { type DoubtCourse, doubtCourse } from "../due/patience.ts";
import { sayTold } from "../ready/operation.ts";
import { stepAt } from "../ready/prepare.ts";
import { sayAsked, sayKilled } from "../words/asked.ts";
import type { CalledStep, FailedStep, OverwrittenFact, RunOutcome } from "../words/event.ts";
import type { OperationState } from "../words/operation.ts";
import type { RunPhase, RunState } from "../words/state.ts";
import { type ActiveState, directionOf, isActive, isEffort, operationOf, type StepState } from "../words/step.ts";

/** The phases of a run. All but `ended` hold its locks. */
export type RunPhaseKind = "created" | "running" | "draining" | "compensating" | "dirty" | "killed" | "ended";

/**
 * The states of a step; those that begin with `undo` belong to the way back. `withheld`: it was needed and not sent,
 * because too many of its fleet failed; `problem` says how many.
 */
export type StepStatus =
  | "pending"
  | "ready"
  | "held"
  | "waiting"
  | "asking"
  | "sent"
  | "operating"
  | "backing_off"
  | "verifying"
  | "in_doubt"
  | "settled"
  | "failed"
  | "skipped"
  | "abandoned"
  | "withheld"
  | "undo_waiting"
  | "undo_ready"
  | "undone";

/** A run as people see it: where it is, what it waits for, since when, and who has to act. */
export interface RunView {
  readonly runId: string;
  readonly planHash: string;
  readonly phase: RunPhaseKind;
  readonly sinceMs: number;
  readonly outcome: RunOutcome | null;
  readonly reason: string | null;
  readonly stepCount: number;
  /** Steps that were done, or turned out not to be needed. Nothing of them is still to come. */
  readonly doneCount: number;
  readonly steps: readonly StepView[];
  /** Everything that keeps the run from going on, in the order of the plan. */
  readonly waitingFor: readonly WaitView[];
  /** Steps that may come up when the steps under way are done. */
  readonly nextSteps: readonly string[];
  /** Once it has ended, or undoes no more by itself: steps whose effect is, or may be, in the world. */
  readonly wrote: readonly string[];
  /** Steps that failed and were not put right so far, in the order of the plan. */
  readonly failed: readonly FailedStep[];
  /** Steps that were read back, as done or as undone, although their call did not report success. */
  readonly unacknowledged: readonly CalledStep[];
  /** Values that stand overwritten although they were not as planned, or as the run itself had left them. */
  readonly overwrote: readonly OverwrittenFact[];
  /** Invariants that a reading of this run showed to be broken, and none since to hold again. */
  readonly broken: readonly { readonly name: string; readonly stepId: string }[];
  readonly locks: readonly string[];
}

/** One step as people see it. */
export interface StepView {
  readonly id: string;
  /** What it does, to what, and its id: `config.set on config/c11 (raise_3)`. */
  readonly name: string;
  readonly kind: string;
  readonly status: StepStatus;
  readonly direction: "do" | "undo" | null;
  readonly outcome: string | null;
  readonly attemptCount: number;
  readonly sinceMs: number | null;
  readonly problem: string | null;
  /** The person on whose word the step is as it is, where nothing could read it back; absent otherwise. */
  readonly onWordOf?: string;
}

/** One thing a run waits for. `owner` is `null` when nobody has to act. */
export interface WaitView {
  readonly stepId: string | null;
  readonly kind: "reply" | "reading" | "time" | "answer" | "site" | "person";
  readonly owner: string | null;
  readonly sinceMs: number;
  readonly untilMs: number | null;
  readonly reason: string;
  /** The long operation that has to end first, as its system calls it. Absent where there is none. */
  readonly operation?: string;
  /** For a step in doubt: what reading its target can tell, and for how long it is read. Absent for anything else. */
  readonly doubt?: DoubtView;
}

/** How a doubt is followed. */
export interface DoubtView extends DoubtCourse {
  /** Until when the engine in which it came to be in doubt reads it. One that resumes the run begins anew. */
  readonly readUntilMs: number;
}

/** What people see of a run. Cost: O(plan), so it is never on the path of an event. */
export function viewRun(run: RunState): RunView {
  const states = vectorItems(run.steps);
  const { phase } = run;
  const withheld = withheldIn(run);
  const nameOf = stepNamer(run.prepared.plan);
  const steps = states.flatMap((state, index) => {
    const { step, thenRun } = stepAt(run.prepared, index);
    // What runs after undos is no step of the way forth: it is shown once the way back has come to need it.
    if (thenRun !== null && state.kind === "pending") return [];
    return [viewStep(state, { ...step, name: nameOf(step), why: withheld.get(step.id) })];
  });
  return {
    runId: run.prepared.runId,
    planHash: run.prepared.planHash,
    phase: phase.kind,
    sinceMs: phase.kind === "ended" ? phase.atMs : phase.kind === "created" ? 0 : phase.sinceMs,
    outcome: phase.kind === "ended" ? phase.outcome : null,
    reason: reasonOf(phase),
    stepCount: run.prepared.plan.steps.length,
    doneCount: steps.filter(({ status }) => status === "settled" || status === "skipped").length,
    steps,
    waitingFor: waitsOf(run),
    nextSteps: nextOf(run, states),
    wrote: wroteSoFar(run),
    failed: failedSteps(run),
    unacknowledged: unacknowledgedSteps(run),
    overwrote: overwrittenFacts(run),
    broken: brokenIn(run),
    locks: phase.kind === "ended" ? [] : run.locks,
  };
}

/** A run that goes on by itself may still undo what it wrote: then there is nothing to tell yet. */
function wroteSoFar(run: RunState): readonly string[] {
  const { phase } = run;
  if (phase.kind === "ended") return phase.wrote;
  return phase.kind === "dirty" || phase.kind === "killed" ? writtenSteps(run) : [];
}

function brokenIn({ held }: RunState): RunView["broken"] {
  if (held === null) return [];
  const stepOf = new Map(held.broken.map(({ part, stepId }) => [part, stepId]));
  return held.rules.parts.flatMap(({ index, name }) => {
    const stepId = stepOf.get(index);
    return stepId === undefined ? [] : [{ name, stepId }];
  });
}

/** Members of waves that were given up, and why. */
function withheldIn(run: RunState): ReadonlyMap<string, string> {
  const { plan, steps } = run.prepared;
  const kinds = new Map(steps.map(({ step, index }) => [step.id, vectorAt(run.steps, index).kind]));
  return withheldSteps(plan, {
    hasFailed: (stepId) => kinds.get(stepId) === "failed",
    wasSkipped: (stepId) => kinds.get(stepId) === "skipped",
    hasBegun: (stepId) => !unbegun.has(kinds.get(stepId)),
    isOver: ["dirty", "killed", "ended"].includes(run.phase.kind),
  });
}

const unbegun: ReadonlySet<string | undefined> = new Set(["pending", "ready", "abandoned"]);

function viewStep(
  state: StepState,
  step: { readonly id: string; readonly kind: string; readonly name: string; readonly why: string | undefined },
): StepView {
  const attempts = isEffort(state) ? state.effort.attempts : [];
  return {
    id: step.id,
    name: step.name,
    kind: step.kind,
    status: step.why === undefined ? state.kind : "withheld",
    direction: isEffort(state) ? directionOf(state) : null,
    outcome: state.kind === "settled" || state.kind === "failed" ? state.outcome : null,
    attemptCount: attempts.length,
    sinceMs: "sinceMs" in state ? state.sinceMs : null,
    problem: "problem" in state ? state.problem.message : (step.why ?? null),
    ...("onWordOf" in state && state.onWordOf !== undefined ? { onWordOf: state.onWordOf.by.id } : {}),
  };
}

function reasonOf(phase: RunPhase): string | null {
  switch (phase.kind) {
    case "created":
    case "running":
    case "compensating":
      return null;
    case "draining":
      return phase.problem?.message ?? sayAsked(phase.by, phase.reason);
    case "dirty":
      return phase.problem.message;
    case "killed":
      return sayKilled(phase.by, phase.reason);
    case "ended":
      return phase.reason;
    default:
      return assertNever(phase);
  }
}

function waitsOf(run: RunState): readonly WaitView[] {
  const { phase } = run;
  if (phase.kind === "dirty") {
    const index = phase.order[phase.position];
    invariant(index !== undefined, "a dirty run is at a step of its way back");
    const stepId = stepAt(run.prepared, index).step.id;
    return [
      {
        stepId,
        kind: "person",
        owner: phase.owner,
        sinceMs: phase.sinceMs,
        untilMs: phase.dueAtMs,
        reason: phase.problem.message,
      },
    ];
  }
  const underWay = [...run.calls, ...chainItems(run.others.all)].sort((left, right) => left - right);
  return underWay.flatMap((index): readonly WaitView[] => {
    const state = vectorAt(run.steps, index);
    const stepId = stepAt(run.prepared, index).step.id;
    const operation = operationOf(state)?.id;
    if (phase.kind === "killed" && isEffort(state) && (state.kind !== "in_doubt" || operation !== undefined))
      return [closeOf(stepId, phase.sinceMs, run.owner)];
    if (!isActive(state)) return [];
    const wait = waitOf(state, run.owner);
    const isEnding = state.kind === "ready" && stepAt(run.prepared, index).call === null;
    const reason = isEnding ? "reads back whether the goal holds" : wait.reason;
    const doubt = doubtOf(run, index, state);
    // Only a reading that is under way has an end: another may wait for a doubt, or for the target to be free.
    const untilMs = wait.kind === "reading" ? (observeOf(run, index)?.untilMs ?? wait.untilMs) : wait.untilMs;
    return [
      {
        stepId,
        ...wait,
        reason,
        untilMs,
        ...(operation === undefined ? {} : { operation }),
        ...(doubt === null ? {} : { doubt }),
      },
    ];
  });
}

/** How the doubt of a step is followed; `null` if nothing reads for it. */
function doubtOf(run: RunState, index: number, state: StepState): DoubtView | null {
  const { call } = stepAt(run.prepared, index);
  if (state.kind !== "in_doubt" || state.claim !== undefined || call === null || run.phase.kind === "killed")
    return null;
  const course = doubtCourse(run, call, state);
  return { ...course, readUntilMs: state.sinceMs + course.readForMs };
}

/**
 * A killed run sends no key again and reads nothing back. If no reply comes, a person has to end it (I21).
 */
function closeOf(stepId: string, sinceMs: number, owner: string): WaitView {
  const reason = `the run was killed, and \`${stepId}\` may have happened: look at its target, then close the run`;
  return { stepId: null, kind: "person", owner, sinceMs, untilMs: null, reason };
}

function waitOf(state: ActiveState, owner: string): Omit<WaitView, "stepId"> {
  switch (state.kind) {
    case "ready":
    case "undo_ready":
      return {
        kind: "reading",
        owner: null,
        sinceMs: state.sinceMs,
        untilMs: null,
        reason: "reads the world before it acts",
      };
    case "verifying":
      return {
        kind: "reading",
        owner: null,
        sinceMs: state.sinceMs,
        untilMs: state.untilMs,
        reason: "reads back what was done",
      };
    case "sent":
      return {
        kind: "reply",
        owner: null,
        sinceMs: state.sinceMs,
        untilMs: state.sinceMs + state.command.call.timeoutMs,
        reason: "a call is in the air",
      };
    case "operating":
      return {
        kind: "reply",
        owner: null,
        sinceMs: state.sinceMs,
        untilMs: operationUnderWay(state).untilMs,
        reason: sayOperation(operationUnderWay(state)),
      };
    case "backing_off":
      return { kind: "time", owner: null, sinceMs: state.sinceMs, untilMs: state.untilMs, reason: "tries again" };
    case "waiting":
      return { kind: "time", owner: null, sinceMs: state.sinceMs, untilMs: state.untilMs, reason: "waits as planned" };
    case "held":
      return {
        kind: "site",
        owner: null,
        sinceMs: state.sinceMs,
        untilMs: state.untilMs,
        reason: state.problem.message,
      };
    case "asking":
      return { kind: "answer", owner, sinceMs: state.sinceMs, untilMs: state.untilMs, reason: state.question };
    case "in_doubt":
      if (state.claim !== undefined)
        return {
          kind: "reading",
          owner: null,
          sinceMs: state.sinceMs,
          untilMs: null,
          reason: "reads back what a person said",
        };
      return {
        kind: "person",
        owner: state.owner,
        sinceMs: state.sinceMs,
        untilMs: state.dueAtMs,
        reason: state.problem.message,
      };
    default:
      return assertNever(state);
  }
}

function operationUnderWay(state: StepState): OperationState {
  const operation = operationOf(state);
  invariant(operation !== undefined, "what operates has an operation under way");
  return operation;
}

/** What is under way: `operation `42`: its status is `running`, 40 % is done`. */
function sayOperation({ id, last, cancel }: OperationState): string {
  const said = last === null ? "" : sayTold(last.told);
  const name = `the operation ${quote(id)} is under way${cancel === null ? "" : " and is to be cancelled"}`;
  return said === "" ? name : `${name}: ${said}`;
}

function nextOf(run: RunState, states: readonly StepState[]): readonly string[] {
  if (run.phase.kind !== "running") return [];
  return run.prepared.steps
    .filter((step) => {
      const state = states[step.index];
      if (state?.kind !== "pending" || step.thenRun !== null) return false;
      return step.after.every((index) => states[index]?.kind !== "pending");
    })
    .map((step) => step.step.id);
}

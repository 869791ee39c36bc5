import type { FactValue } from "../../domain/domain.ts";
import { conjunctsOf } from "../../guard/conjuncts.ts";
import { formatGuard } from "../../guard/format-guard.ts";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import { isCallStep } from "../../plan/kinds/index.ts";
import type { CallStep, Fact, Plan, PlanStep } from "../../plan/plan.ts";
import { stepNamer } from "../../plan/show/brief-steps.ts";
import { withheldSteps } from "../../plan/show/withheld.ts";
import type { Problem } from "../../value/codes.ts";
import type { ChangedFact, Event } from "../words/event.ts";
import { explainOperations, type OperationExplanation } from "./explain-operation.ts";
import {
  didNothing,
  explainUndo,
  explainWayBack,
  lastRefusal,
  type Timed,
  type UndoExplanation,
  type WayBackStep,
} from "./explain-undo.ts";

/**
 * A run told from its log: for each step what was predicted and what was seen, and the first fact in which they differ.
 */
export interface RunExplanation {
  readonly runId: string;
  readonly planHash: string;
  readonly outcome: string | null;
  readonly reason: string;
  readonly steps: readonly StepExplanation[];
  /** The first fact whose observed value is not the predicted one, or `null`. */
  readonly firstDivergence: {
    readonly stepId: string;
    readonly fact: string;
    readonly predicted: FactValue;
    readonly observed: FactValue | null;
  } | null;
  /**
   * What kept the run from going on as planned, and at which step; `null` if nothing did, or if an operator stopped it.
   */
  readonly stoppedBy: { readonly stepId: string | null; readonly problem: Problem } | null;
  /** Its way back in its order, once it has begun. */
  readonly wayBack: readonly WayBackStep[];
  /** What readings showed of the plan's invariants, in the order in which it was found. */
  readonly invariants: readonly InvariantExplanation[];
  readonly refusals: readonly { readonly atMs: number; readonly input: string; readonly problem: Problem }[];
}

/** An invariant that broke during the run, or was found to hold again. */
export interface InvariantExplanation {
  readonly name: string;
  /** Whether it was found broken, or to hold again. */
  readonly status: "broken" | "restored";
  /** The step whose reading showed it, and its name for people; `null` for the reading at the start of the run. */
  readonly stepId: string | null;
  readonly stepName: string | null;
  /** Where in that step it was read; `null` where it holds. */
  readonly at: "before" | "after" | "goal" | "way_back" | null;
  readonly atMs: number;
  /** The condition that does not hold, and the values that it was judged by. */
  readonly holds: string;
  readonly facts: readonly Fact[];
}

/** One step as it went. Times are milliseconds since the run started. */
export interface StepExplanation {
  readonly id: string;
  /** What it does, to what, and its id: `config.set on config/c11 (raise_3)`. */
  readonly name: string;
  readonly action: string;
  readonly target: string | null;
  /**
   * `sent`: its call was handed over, and nothing in the log says what became of it. `operating`: it has started an
   * operation that has not ended. `acknowledged`: the target said that it did it, and nobody has read it back yet.
   * `done`: it was read back. `as_told`: a person said what became of it, and nothing could be read. `withheld`: it was
   * needed and not sent, because too many of its fleet failed.
   */
  readonly status:
    | "done"
    | "operating"
    | "acknowledged"
    | "failed"
    | "skipped"
    | "in_doubt"
    | "undone"
    | "as_told"
    | "sent"
    | "withheld"
    | "not_reached";
  /** Why it was withheld, as `abortAbove 1: 2 failed`; `null` unless it was. */
  readonly withheld: string | null;
  readonly outcome: string | null;
  readonly attemptCount: number;
  readonly startedMs: number | null;
  readonly settledMs: number | null;
  readonly predicted: readonly { readonly fact: string; readonly value: FactValue }[];
  /** `why`: what was read in place of a value of the fact's type. */
  readonly observed: readonly { readonly fact: string; readonly value: FactValue | null; readonly why?: string }[];
  readonly problem: Problem | null;
  /** What the target or the connector said to the last attempt that did not go well; `null` where all did. */
  readonly lastRefusal: Problem | null;
  /** The step's way back, once it was tried. */
  readonly undo: UndoExplanation | null;
  /** Facts that were found otherwise than planned before it was sent; absent where all were as planned. */
  readonly changed?: readonly ChangedFact[];
  /** The long operations that its calls have started; absent where they started none. */
  readonly operations?: readonly OperationExplanation[];
}

/**
 * Explains a run from its plan and its events.
 *
 * @param events - the run's own, in the order of the log
 *
 * Cost: O(events + steps).
 */
export function explainRun(plan: Plan, events: readonly Timed[]): RunExplanation {
  const log = indexEvents(events);
  const { started, ended } = log;
  const startedMs = started?.atMs ?? 0;
  const nameOf = stepNamer(plan);
  const withheld = withheldIn(plan, log);
  const steps = plan.steps.map((step, index): StepExplanation => {
    const call = isCallStep(step) ? step : null;
    const why = withheld.get(step.id) ?? null;
    const explained = {
      ...explainStep(call, step.id, log.byStep.get(step.id) ?? [], startedMs),
      name: nameOf(step),
      withheld: why,
    };
    if (why !== null) return { ...explained, status: "withheld" };
    return reachedEnding(step, `/steps/${index}`, log) ? { ...explained, status: "done" } : explained;
  });
  return {
    runId: started?.event.runId ?? "",
    planHash: started?.event.planHash ?? "",
    outcome: ended?.event.outcome ?? null,
    reason: ended?.event.reason ?? "",
    steps,
    firstDivergence: firstDivergence(steps),
    stoppedBy: findStop(events),
    wayBack: explainWayBack(plan, events, { byStep: log.byStep, nameOf }),
    invariants: explainInvariants(plan, events, { nameOf, startedMs }),
    refusals: events.flatMap(({ event, atMs }) =>
      event.kind === "input_refused" ? [{ atMs: atMs - startedMs, input: event.input, problem: event.problem }] : [],
    ),
  };
}

function explainInvariants(
  plan: Plan,
  events: readonly Timed[],
  { nameOf, startedMs }: { readonly nameOf: (step: PlanStep) => string; readonly startedMs: number },
): readonly InvariantExplanation[] {
  const parts = plan.invariants.flatMap(conjunctsOf);
  const { steps } = plan;
  return events.flatMap(({ event, atMs }) => {
    if (event.kind !== "invariant_broken" && event.kind !== "invariant_restored") return [];
    const { kind, name, part, stepId, facts } = event;
    const found = kind === "invariant_broken" ? { status: "broken" as const, at: event.at } : restored;
    const holds = parts.slice(part, part + 1).map(({ guard }) => formatGuard(guard));
    const stepName =
      stepId === null
        ? null
        : steps
            .filter(({ id }) => id === stepId)
            .map(nameOf)
            .join("");
    return { name, ...found, stepId, stepName, atMs: atMs - startedMs, holds: holds.join(""), facts };
  });
}

const restored = { status: "restored", at: null } as const;

/** A run's events by what they are needed for. */
interface EventIndex {
  readonly started: TimedOf<"run_started"> | null;
  readonly ended: TimedOf<"run_ended"> | null;
  readonly byStep: ReadonlyMap<string, readonly Timed[]>;
  /** Pointers of the endings at which the plan itself asked for a person, or for the way back. */
  readonly endings: ReadonlySet<string>;
}

interface TimedOf<Kind extends Event["kind"]> {
  readonly event: Extract<Event, { readonly kind: Kind }>;
  readonly atMs: number;
}

function indexEvents(events: readonly Timed[]): EventIndex {
  let started: EventIndex["started"] = null;
  let ended: EventIndex["ended"] = null;
  const byStep = new Map<string, Timed[]>();
  const endings = new Set<string>();
  for (const timed of events) {
    const { event, atMs } = timed;
    if (event.kind === "run_started") started ??= { event, atMs };
    if (event.kind === "run_ended") ended ??= { event, atMs };
    if (event.kind === "run_draining" && event.problem !== null && endingCodes.has(event.problem.code))
      endings.add(event.problem.pointer);
    const stepId = "stepId" in event ? event.stepId : "attempt" in event ? event.attempt.stepId : null;
    if (stepId === null) continue;
    const known = byStep.get(stepId);
    if (known === undefined) byStep.set(stepId, [timed]);
    else known.push(timed);
  }
  return { started, ended, byStep, endings };
}

const endingCodes: ReadonlySet<string> = new Set(["E_ESCALATED", "E_ROLLBACK_PLANNED"]);

/** Whether the run reached this ending. An ending leaves no event of its own: the drain or the end of the run tells. */
function reachedEnding(step: PlanStep, pointer: string, log: EventIndex): boolean {
  if (step.kind === "escalate" || (step.kind === "end" && step.world === "rollback")) return log.endings.has(pointer);
  const isSkipped = log.byStep.has(step.id);
  return (
    step.kind === "end" &&
    !isSkipped &&
    (log.ended?.event.outcome === "succeeded" || log.ended?.event.outcome === "succeeded_in_part")
  );
}

/** Members of waves that were given up, and why. */
function withheldIn(plan: Plan, { byStep, ended }: EventIndex): ReadonlyMap<string, string> {
  const has = (stepId: string, kind: Event["kind"]): boolean =>
    byStep.get(stepId)?.some(({ event }) => event.kind === kind) === true;
  return withheldSteps(plan, {
    hasFailed: (stepId) => has(stepId, "step_failed"),
    wasSkipped: (stepId) => has(stepId, "step_skipped"),
    hasBegun: (stepId) => byStep.has(stepId),
    isOver: ended !== null,
  });
}

function explainStep(
  call: CallStep | null,
  id: string,
  events: readonly Timed[],
  startMs: number,
): Omit<StepExplanation, "name" | "withheld"> {
  let status: StepExplanation["status"] = "not_reached";
  let outcome: string | null = null;
  let problem: Problem | null = null;
  let settledMs: number | null = null;
  let seen: readonly Seen[] = [];
  let attemptCount = 0;
  for (const { event, atMs } of events) {
    switch (event.kind) {
      case "step_intent":
        if (event.attempt.direction === "do") [status, attemptCount] = ["sent", attemptCount + 1];
        break;
      case "attempt_settled":
        // What was refused, or never left, did nothing; what follows says how the step goes on.
        if (event.attempt.direction === "do" && didNothing(event.reply)) status = "not_reached";
        if (event.attempt.direction === "do" && event.reply.kind === "applied") status = "acknowledged";
        break;
      case "operation_started":
        if (event.direction === "do") status = "operating";
        break;
      case "operation_ended":
        if (event.direction === "do") status = "acknowledged";
        break;
      case "step_settled":
        [status, outcome, problem, settledMs] = ["done", event.outcome, event.problem, atMs - startMs];
        seen = readIn(event);
        break;
      case "step_failed":
        [status, problem, settledMs] = [
          event.onWordOf === undefined ? "failed" : "as_told",
          event.problem,
          atMs - startMs,
        ];
        seen = readIn(event);
        break;
      case "step_in_doubt":
        if (event.direction === "do") [status, problem] = ["in_doubt", event.problem];
        break;
      case "step_skipped":
        status = "skipped";
        break;
      case "step_compensated":
        status = event.how === "by_person" ? "as_told" : "undone";
        break;
    }
  }
  const started = events.find(({ event }) => event.kind === "step_intent");
  const operations = explainOperations(events, startMs);
  return {
    id,
    action: call?.action ?? "",
    target: call?.target ?? null,
    status,
    outcome,
    attemptCount,
    startedMs: started === undefined ? null : started.atMs - startMs,
    settledMs,
    ...predictions(call, seen),
    problem,
    lastRefusal: lastRefusal(events, "do"),
    undo: explainUndo(events),
    ...changedIn(events),
    ...(operations.length === 0 ? {} : { operations }),
  };
}

/** A fact as a reading showed it. */
type Seen = ObservedObject["facts"][number];

/** What the reading showed that settled a step: of its target, and of the other objects that were read with it. */
function readIn(event: Extract<Event, { readonly kind: "step_settled" | "step_failed" }>): readonly Seen[] {
  return [...(event.facts ?? []), ...(event.left?.facts ?? [])];
}

/** What the last reading before its call found otherwise. The same key sent again carries no reading of its own. */
function changedIn(events: readonly Timed[]): Pick<StepExplanation, "changed"> {
  const found = events.findLast(({ event }) => event.kind === "step_intent" && event.changed !== undefined)?.event;
  return found?.kind === "step_intent" && found.changed !== undefined ? { changed: found.changed } : {};
}

/** What the step's effects predict, and what the reading that settled it showed of them. */
function predictions(call: CallStep | null, facts: readonly Seen[]): Pick<StepExplanation, "predicted" | "observed"> {
  const predicted = call === null ? [] : call.effect.map(({ fact, value }) => ({ fact, value }));
  const seen = new Map(facts.map(({ name, ...read }) => [name, read]));
  const observed = predicted.flatMap(({ fact }) => {
    const read = seen.get(fact);
    return read === undefined ? [] : [{ fact, ...read }];
  });
  return { predicted, observed };
}

/** The first problem that made the run drain: a later one only makes the end stronger. */
function findStop(events: readonly Timed[]): RunExplanation["stoppedBy"] {
  for (const [at, { event }] of events.entries()) {
    if (event.kind !== "run_draining" || event.problem === null) continue;
    const cause = events[at - 1]?.event;
    return { stepId: cause?.kind === "step_failed" ? cause.stepId : null, problem: event.problem };
  }
  return null;
}

function firstDivergence(steps: readonly StepExplanation[]): RunExplanation["firstDivergence"] {
  for (const step of steps) {
    for (const { fact, value } of step.predicted) {
      const seen = step.observed.find((candidate) => candidate.fact === fact);
      if (seen !== undefined && seen.value !== value)
        return { stepId: step.id, fact, predicted: value, observed: seen.value };
    }
  }
  return null;
}

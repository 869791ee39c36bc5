import { assertNever, invariant } from "../../value/invariant.ts";
import { vectorAt, vectorWith } from "../collections/persistent-vector.ts";
import { landingMs } from "../ready/direction.ts";
import { operationIn } from "../ready/operation.ts";
import { stepAt } from "../ready/prepare.ts";
import type { PersonsWord, RunEvent } from "../words/event.ts";
import { isUnderWay } from "../words/operation.ts";
import type { PreparedStep } from "../words/prepared.ts";
import {
  type AttemptState,
  attemptsWith,
  type Done,
  type Effort,
  type EffortState,
  findAttempt,
  hasOpenAttempt,
  hasRunAndFailed,
  isEffort,
  mayStillLand,
  type StepState,
  wasAcknowledged,
  wasApplied,
} from "../words/step.ts";
import { applyIntent } from "./apply-intent.ts";
import { applyOperation, operate, verify } from "./apply-operation.ts";
import { learnFacts, learnObjects } from "./learn.ts";
import { endStep, type MutableRun, readyUndo, setStep } from "./mutable-run.ts";

/** The events that concern one step. */
type StepEvent = Exclude<
  RunEvent,
  {
    readonly kind:
      | "run_started"
      | "epoch_changed"
      | "run_draining"
      | "run_killed"
      | "stop_noted"
      | "compensation_started"
      | "run_dirty"
      | "run_ended"
      | "reply_ignored"
      | "invariant_broken"
      | "invariant_restored";
  }
>;

type EventOf<Kind extends StepEvent["kind"]> = Extract<StepEvent, { readonly kind: Kind }>;

/** Applies an event to the step it names. */
export function applyStepEvent(next: MutableRun, event: StepEvent, atMs: number): void {
  const stepId = event.kind === "step_intent" || event.kind === "attempt_settled" ? event.attempt.stepId : event.stepId;
  const index = next.prepared.indexById.get(stepId);
  invariant(index !== undefined, "an event names a step of its plan");
  const step = stepAt(next.prepared, index);
  const state = vectorAt(next.steps, index);
  switch (event.kind) {
    case "step_skipped":
      invariant(state.kind === "ready", "a step is skipped when it comes up");
      return endStep(next, step, skipped, atMs);
    case "step_intent":
      learnObjects(next, event.baseline);
      return applyIntent(next, step, event, atMs);
    case "attempt_settled":
      return settleAttempt(next, step, event, atMs);
    case "step_held":
      return hold(next, step, state, event, atMs);
    case "step_released":
      return release(next, step, state, atMs);
    case "retry_scheduled":
      return backOff(next, step, state, event.atMs, atMs);
    case "step_settled":
      return settle(next, step, state, event, atMs);
    case "step_failed":
      return failStep(next, step, state, event, atMs);
    case "step_in_doubt":
      invariant(isEffort(state), "only an effect can be in doubt");
      return setStep(next, index, {
        effort: withoutWord(state.effort),
        done: state.done,
        serial: state.serial + 1,
        sinceMs: atMs,
        kind: "in_doubt",
        owner: event.owner,
        dueAtMs: event.dueAtMs,
        problem: event.problem,
      });
    case "step_resolved":
      return resolve(next, step, state, event, atMs);
    case "word_given":
      return hearWord(next, step, state, event, atMs);
    case "wait_started":
      next.spent = { ...next.spent, stepCount: next.spent.stepCount + 1 };
      return setStep(next, index, { kind: "waiting", sinceMs: atMs, untilMs: event.untilMs });
    case "approval_asked":
      next.spent = { ...next.spent, stepCount: next.spent.stepCount + 1 };
      return setStep(next, index, { kind: "asking", sinceMs: atMs, untilMs: event.untilMs, question: event.question });
    case "step_compensated":
      return compensate(next, step, state, event, atMs);
    case "operation_started":
    case "operation_told":
    case "operation_cancelling":
    case "cancel_answered":
    case "operation_ended":
      return applyOperation(next, step, { state, event, atMs });
    default:
      return assertNever(event);
  }
}

const skipped: StepState = { kind: "skipped" };

function base(state: EffortState): { readonly effort: Effort; readonly done: Done | null } {
  return { effort: state.effort, done: state.done };
}

/** An effort as it was known before a person said that it happened: no reading confirmed the word. */
function withoutWord({ word, ...effort }: Effort): Effort {
  return word === undefined ? effort : { ...effort, attempts: word.attempts };
}

function settleAttempt(next: MutableRun, step: PreparedStep, event: EventOf<"attempt_settled">, atMs: number): void {
  const state = vectorAt(next.steps, step.index);
  invariant(isEffort(state), "an attempt belongs to an effort");
  const known = findAttempt(state.effort, event.attempt);
  invariant(
    known !== undefined && (known.status === "open" || known.status === "unknown"),
    "an attempt is settled once for good",
  );
  const { reply } = event;
  const status = reply.kind === "applied" ? "applied" : reply.kind === "unknown" ? "unknown" : "not_applied";
  const hasRun = reply.kind === "unknown" && reply.output !== undefined;
  const settled = attemptsWith(state.effort.attempts, known.n, status);
  const attempts = hasRun
    ? settled.map((attempt) => (attempt.n === known.n ? { ...attempt, hasRun } : attempt))
    : settled;
  const output = reply.kind === "applied" && step.keepsOutput ? reply.output : state.effort.output;
  const effort: Effort = { ...state.effort, attempts, output };
  if (reply.kind === "applied") next.spent = { ...next.spent, outputBytes: next.spent.outputBytes + reply.outputBytes };
  // While another try of the same key is in the air it is too early to read: that try might land after the reading
  // (I11).
  // An operation that was started has to end first.
  const isOver = step.call === null || operationIn(step.call, state) === undefined;
  const isReadable = isOver && state.kind !== "verifying" && wasApplied(effort) && !hasOpenAttempt(effort);
  if (effort.access === "write" && isReadable)
    return verify(next, step, { effort, done: state.done, serial: state.serial }, atMs);
  if (state.kind === "sent" && isUnderWay(effort.operation) && !hasOpenAttempt(effort))
    return operate(next, step, { effort, done: state.done, serial: state.serial }, atMs);
  setStep(next, step.index, { ...state, effort });
}

function hold(next: MutableRun, step: PreparedStep, state: StepState, event: EventOf<"step_held">, atMs: number): void {
  invariant(state.kind === "ready" || state.kind === "held", "a step is held before anything is sent");
  setStep(next, step.index, {
    kind: "held",
    serial: state.serial + 1,
    sinceMs: atMs,
    untilMs: event.untilMs,
    problem: event.problem,
    attempts: state.attempts,
  });
}

/** Puts a step back to the start of its direction, to be read, checked and sent from the beginning. */
function release(next: MutableRun, step: PreparedStep, state: StepState, atMs: number): void {
  if (state.kind === "held") {
    return setStep(next, step.index, {
      kind: "ready",
      serial: state.serial + 1,
      sinceMs: atMs,
      attempts: state.attempts,
    });
  }
  invariant(
    state.kind === "backing_off" && !state.mayHaveLanded,
    "a step starts afresh only when nothing of it may have landed (I3)",
  );
  const { serial, done, effort } = state;
  const attempts = effort.attempts;
  if (done === null) setStep(next, step.index, { kind: "ready", serial: serial + 1, sinceMs: atMs, attempts });
  else setStep(next, step.index, { kind: "undo_ready", serial: serial + 1, sinceMs: atMs, attempts, done });
}

function backOff(next: MutableRun, step: PreparedStep, state: StepState, untilMs: number, atMs: number): void {
  invariant(isEffort(state), "only an effort is retried");
  setStep(next, step.index, {
    ...base(state),
    serial: state.serial + 1,
    sinceMs: atMs,
    kind: "backing_off",
    untilMs,
    mayHaveLanded: mayStillLand(state.effort),
  });
}

function settle(
  next: MutableRun,
  step: PreparedStep,
  state: StepState,
  event: EventOf<"step_settled">,
  atMs: number,
): void {
  const effort = isEffort(state) ? state.effort : null;
  if (step.isWrite) {
    invariant(
      effort !== null && (state.kind === "verifying" || state.kind === "in_doubt"),
      "a write is done only after its post-condition was read (I20)",
    );
    invariant(event.left !== null, "a write that is done tells how it left its target");
    next.touched = { index: step.index, rest: next.touched };
    rememberLeft(next, step, event.left);
    learnFacts(next, event.facts);
  }
  endStep(
    next,
    step,
    {
      kind: "settled",
      outcome: event.outcome,
      output: effort?.output ?? null,
      done: step.isWrite && effort !== null ? { ...doneOf(effort), ...acknowledgementOf(effort) } : null,
    },
    atMs,
  );
}

function failStep(
  next: MutableRun,
  step: PreparedStep,
  state: StepState,
  event: EventOf<"step_failed">,
  atMs: number,
): void {
  const effort = isEffort(state) ? state.effort : null;
  if (event.touched) {
    invariant(effort !== null && step.isWrite, "only a write touches");
    next.touched = { index: step.index, rest: next.touched };
    // What somebody else changed since is not as this run left it, and nothing may be taken for it.
    if (event.left !== null) learnObjects(next, [event.left]);
    rememberLeft(next, step, event.foreign?.isLater === true ? null : event.left);
    learnFacts(next, event.facts ?? []);
  } else {
    invariant(
      effort === null || !mayStillLand(effort) || effort.access === "read",
      "a step fails untouched only when nothing of it may land",
    );
  }
  const failed: StepState = {
    kind: "failed",
    outcome: event.outcome,
    touched: event.touched,
    problem: event.problem,
    done: event.touched ? { ...doneOf(effort), ...foreignIn(event) } : null,
    ...wordGiven(event.onWordOf),
  };
  if (event.outcome !== null && step.fleet >= 0) {
    // A run has a count for each fleet that its prepared plan numbers.
    const count = next.failedCounts[step.fleet] as number;
    next.failedCounts = next.failedCounts.with(step.fleet, count + 1);
  }
  if (event.outcome === null) setStep(next, step.index, failed);
  else endStep(next, step, failed, atMs);
}

function doneOf(effort: Effort | null): Done {
  invariant(effort !== null, "what touched the world was an effort");
  const { baseline, overwrites } = effort;
  const done: Done = hasRunAndFailed(effort) ? { baseline, hasRun: true } : { baseline };
  return overwrites === undefined ? done : { ...done, overwrote: overwrites };
}

/** Notes whether no try of a call was acknowledged. A reading shows its effect, and not what the call failed at. */
function acknowledgementOf(effort: Effort): { readonly unacknowledged?: true } {
  return wasAcknowledged(effort) ? {} : { unacknowledged: true };
}

function foreignIn({ foreign }: EventOf<"step_failed">): Pick<Done, "foreign"> {
  return foreign === undefined ? {} : { foreign: foreign.facts };
}

/** Remembers a target as we left it. `null` means nobody has read it since: nothing may be compared with it. */
function rememberLeft(next: MutableRun, step: PreparedStep, left: EventOf<"step_failed">["left"]): void {
  if (left !== null) learnObjects(next, [left]);
  if (step.targetIndex >= 0) next.baselines = vectorWith(next.baselines, step.targetIndex, left);
}

function wordGiven(onWordOf: PersonsWord | undefined): { readonly onWordOf?: PersonsWord } {
  return onWordOf === undefined ? {} : { onWordOf };
}

/** Takes a dirty run back on its way back, at the step where it was stuck. */
function goOnUndoing(next: MutableRun, atMs: number): void {
  if (next.phase.kind !== "dirty") return;
  const { order, position, covered } = next.phase;
  next.phase = {
    kind: "compensating",
    sinceMs: atMs,
    order,
    position,
    ...(covered === undefined ? {} : { covered }),
  };
}

/** Keeps a person's word until the target was read. A dirty run goes on its way back again, to be read there. */
function hearWord(
  next: MutableRun,
  step: PreparedStep,
  state: StepState,
  event: EventOf<"word_given">,
  atMs: number,
): void {
  const { as, by, reason, direction } = event;
  const claim: PersonsWord = { as, by, reason };
  const { phase } = next;
  goOnUndoing(next, atMs);
  if (state.kind === "undo_ready")
    return setStep(next, step.index, { ...state, serial: state.serial + 1, sinceMs: atMs, claim });
  invariant(isEffort(state) && (direction === "undo") === (state.done !== null), "a word is about what is under way");
  const doubt = state.kind === "in_doubt" ? state : phase;
  invariant(
    doubt.kind === "in_doubt" || doubt.kind === "dirty",
    "a word is about a doubt, or a way back that is stuck",
  );
  const { owner, dueAtMs, problem } = doubt;
  const serial = state.serial + 1;
  setStep(next, step.index, {
    ...base(state),
    serial,
    sinceMs: atMs,
    kind: "in_doubt",
    owner,
    dueAtMs,
    problem,
    claim,
  });
}

function resolve(
  next: MutableRun,
  step: PreparedStep,
  state: StepState,
  event: EventOf<"step_resolved">,
  atMs: number,
): void {
  if (event.direction === "undo") goOnUndoing(next, atMs);
  if (isEffort(state)) return resolveEffort(next, step, state, event, atMs);
  invariant(state.kind === "undo_ready", "what is resolved is in doubt or the way back of a dirty run");
  const { claim: _, ...rest } = state;
  setStep(next, step.index, { ...rest, serial: state.serial + 1, sinceMs: atMs });
}

function resolveEffort(
  next: MutableRun,
  step: PreparedStep,
  state: EffortState,
  { as, by }: EventOf<"step_resolved">,
  atMs: number,
): void {
  const status = as === "applied" ? "applied" : "not_applied";
  // A person's word replaces what was known. An acknowledged try that someone else has undone counts as not applied.
  const attempts = state.effort.attempts.map((known) =>
    known.status === "not_applied" ? known : ({ ...known, status } as const),
  );
  const effort: Effort = { ...state.effort, attempts };
  if (as === "applied") {
    invariant(by !== null, "only a person says that something happened");
    const word = { by, attempts: state.effort.attempts };
    return verify(next, step, { effort: { ...effort, word }, done: state.done, serial: state.serial }, atMs);
  }
  if (state.done !== null)
    return setStep(next, step.index, {
      kind: "undo_ready",
      serial: state.serial + 1,
      sinceMs: atMs,
      attempts: cannotLand(step, state, atMs) ? attempts.map(withoutKey) : attempts,
      done: state.done,
    });
  setStep(next, step.index, { ...state, effort });
}

/** Whether by the target's own bound nothing of an effort lands any more. Its last try was sent before `sinceMs`. */
function cannotLand({ call }: PreparedStep, state: EffortState, atMs: number): boolean {
  invariant(call !== null, "only a call has an effect");
  const withinMs = landingMs(call, state);
  return withinMs !== null && atMs - state.sinceMs >= withinMs && !hasOpenAttempt(state.effort);
}

/** A try that is over for good: the next one gets a key of its own, which its target does not take for a repeat. */
function withoutKey(known: AttemptState): AttemptState {
  return { ...known, hasEnded: true };
}

function compensate(
  next: MutableRun,
  step: PreparedStep,
  state: StepState,
  event: EventOf<"step_compensated">,
  atMs: number,
): void {
  const phase = next.phase;
  invariant(phase.kind === "compensating", "a step is undone on the way back");
  if (event.how === "covered") return cover(next, step, state);
  invariant(phase.order[phase.position] === step.index, "steps are undone in their order (I4)");
  invariant(state.kind === "undo_ready" || (isEffort(state) && state.done !== null), "a step is undone once (I4)");
  if (event.how === "undone")
    invariant(
      isEffort(state) && (wasApplied(state.effort) || state.kind === "in_doubt"),
      "what is called undone was sent",
    );
  if (event.left !== null) rememberLeft(next, step, event.left);
  learnFacts(next, event.facts);
  const over = event.how === "undone" ? state.done?.foreign : undefined;
  setStep(next, step.index, {
    kind: "undone",
    how: event.how,
    ...(over === undefined ? {} : { over }),
    ...(event.how === "undone" && isEffort(state) ? acknowledgementOf(state.effort) : {}),
    ...wordGiven(event.onWordOf),
  });
  next.phase = { ...phase, position: phase.position + 1 };
  readyUndo(next, phase.order[phase.position + 1], atMs);
}

/** A step that what has run last put right. It had no undo of its own. */
function cover(next: MutableRun, step: PreparedStep, state: StepState): void {
  const { phase } = next;
  invariant(phase.kind === "compensating", "a step is undone on the way back");
  const by = phase.order[phase.position - 1];
  const isCovered = phase.covered?.some((covered) => covered.by === by && covered.steps.includes(step.index));
  invariant(isCovered === true, "a step is covered by what has just run (I4)");
  invariant(state.kind === "settled" || state.kind === "failed", "a step is covered once (I4)");
  next.steps = vectorWith(next.steps, step.index, { kind: "undone", how: "covered" });
}

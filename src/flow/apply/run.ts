import { briefSteps, type StepBrief } from "../../core/plan/show/brief-steps.ts";
import { nextStepsOf } from "../../core/run/tell/next-steps.ts";
import { type RunView, viewRun } from "../../core/run/tell/view.ts";
import type { StopCause } from "../../core/run/words/asked.ts";
import type { RunState } from "../../core/run/words/state.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { StepReading } from "../../engine/engine.ts";
import type { OpenOwner, OwnerLease } from "../../owner/owner-hold.ts";
import { queueRest } from "../notify/queue-rest.ts";
import type { Workplace } from "../site/workplace.ts";
import { followToRest } from "./follow.ts";
import { type LoggedEvent, tailRun } from "./tail-run.ts";
import { tellFromLog } from "./tell-from-log.ts";

/** How a run was left: it rests, or the caller let go of it while it was under way. */
export type RunRest =
  | {
      readonly kind: "at_rest";
      readonly view: RunView;
      /** What moves the run on, the best first; empty once it has ended. */
      readonly next: readonly NextStep[];
    }
  | { readonly kind: "detached"; readonly runId: string };

/**
 * A run that has started. It goes on whether or not anybody watches: in this process if it owns the store, or else in
 * the owner's process. If that owner dies, this process takes its place.
 */
export interface Run {
  readonly runId: string;
  /** The end of the log when this process took the run on. Earlier records of the run are its history. */
  readonly sinceSeq: number;
  /**
   * What is not as it should be, although nothing was refused: this process opened the store, and nothing is remembered
   * of its log that would show that it was rolled back. `null` where all is well.
   */
  readonly warning: string | null;
  /**
   * Every event from the first, or from a given record, each as soon as it is durable. Ends when the run rests: it has
   * ended, or only a person can move it. Never throws. If the log can no longer be read, it ends, and `atRest` says
   * why.
   */
  events(from?: { readonly fromSeq?: number }): AsyncIterable<LoggedEvent>;
  /** How the run rests. Every call settles with the same answer. */
  atRest(): Promise<Result<RunRest, readonly Problem[]>>;
  /** The steps of its plan, as people are told of them. */
  steps(): Promise<Result<readonly StepBrief[], readonly Problem[]>>;
  /** The run as it is now. Cost: O(plan) in the process that carries it out, and elsewhere the run's records too. */
  view(): Promise<Result<RunView, readonly Problem[]>>;
  /** Stops the run after what is in flight, in the actor's name. */
  stop(reason: string): Promise<Result<undefined, readonly Problem[]>>;
  /** As `stop`, for a reason that is nobody's word: a signal to this process, or a response that was called off. */
  callOff(cause: StopCause): Promise<Result<undefined, readonly Problem[]>>;
  /** Undoes what the run did, in the actor's name. */
  rollBack(reason: string): Promise<Result<undefined, readonly Problem[]>>;
  /** Lets go of the run as it is. A run of this process then stays as it is until somebody resumes it. */
  detach(): void;
  /**
   * Reports a post-condition while it is being read back. Nothing of that is recorded. Only for runs of this process.
   */
  onReading(listener: (reading: StepReading) => void): () => void;
}

/** Gives a run a word without waiting for what comes of it: `atRest` tells that. */
export function passOn(word: Promise<unknown>): void {
  word.catch(() => undefined);
}

/** What it takes to follow a run. `lease`: this process already owns the store; `null`: another process does. */
export interface RunStart {
  readonly runId: string;
  readonly lease: OwnerLease | null;
  readonly open: OpenOwner;
  /** The end of the log before an earlier run was taken on. Absent if the run starts now. */
  readonly sinceSeq?: number;
  /** Notifiers are not told how the run rests, because they will be told of its incident. */
  readonly isOfIncident?: true;
}

/** Follows a run until it rests, in whatever process it is carried out. */
export function followRun(place: Workplace, start: RunStart): Run {
  const { runId } = start;
  const letGo = new AbortController();
  // A door that closes lets go of its runs.
  const detached = AbortSignal.any([letGo.signal, place.owners.closing]);
  const over = new AbortController();
  const rest = toRest(place, start, detached).finally(() => over.abort());
  // A caller may never ask how the run rests. Its rejection must not crash the process then.
  rest.catch(() => undefined);
  return {
    runId,
    sinceSeq: start.sinceSeq ?? 0,
    warning: start.lease?.owner.memoryWarning() ?? null,
    events: ({ fromSeq = 0 } = {}) =>
      tailRun(place, runId, {
        fromSeq,
        isOver: () => over.signal.aborted,
        hurry: over.signal,
        detached,
      }),
    atRest: () => rest,
    steps: () => stateOf(place, start, (run) => briefSteps(run.prepared.plan)),
    view: () => stateOf(place, start, viewRun),
    stop: (reason) => say(place, runId, { do: "stop", reason }),
    callOff: (cause) => say(place, runId, { do: "stop", reason: "", cause }),
    rollBack: (reason) => say(place, runId, { do: "rollback", reason }),
    detach: () => letGo.abort(),
    onReading: (listener) =>
      place.owners.listen({
        onReading: (reading) => {
          if (reading.runId === runId) listener(reading);
        },
      }),
  };
}

/** What somebody wants to know of a run as it is now: from its engine, or from the log if that is another process's. */
async function stateOf<T>(
  place: Workplace,
  { runId, lease }: RunStart,
  tell: (run: RunState) => T,
): Promise<Result<T, readonly Problem[]>> {
  const here = lease?.owner.engine.run(runId) ?? null;
  return here === null ? tellFromLog(place, runId, tell) : ok(tell(here));
}

/** What somebody who follows a run may tell it. */
type FollowersWord =
  | { readonly do: "stop"; readonly reason: string; readonly cause?: StopCause }
  | { readonly do: "rollback"; readonly reason: string };

async function say(place: Workplace, run: string, word: FollowersWord): Promise<Result<undefined, readonly Problem[]>> {
  const { operate } = await import("./operate.ts");
  const said = await operate(place, { ...word, run, follow: false });
  return said.ok ? ok(undefined) : said;
}

async function toRest(
  place: Workplace,
  { runId, lease: begun, open, isOfIncident }: RunStart,
  detached: AbortSignal,
): Promise<Result<RunRest, readonly Problem[]>> {
  let lease = begun;
  try {
    for (;;) {
      if (lease !== null) {
        const rest = await restHere(lease, runId, detached);
        const isTold = rest.ok && rest.value.kind === "at_rest" && isOfIncident !== true;
        if (isTold) await queueRest(place, lease.owner, rest.value.view);
        return rest;
      }
      const followed = await followToRest(place, runId, detached);
      if (!followed.ok) return followed;
      if (followed.value.kind === "detached") return ok({ kind: "detached", runId });
      if (followed.value.kind === "at_rest") {
        // Its process may be gone before it has delivered everything.
        place.courier.wake();
        return ok(atRest(followed.value.run));
      }
      const owned = await place.owners.take("runner", open);
      // Another process was quicker, and may be going on with the run.
      if (!owned.ok && owned.error.code === "E_STORE_LOCKED") continue;
      if (!owned.ok && place.owners.closing.aborted) return ok({ kind: "detached", runId });
      if (!owned.ok) return fail([problem(owned.error.code, "", owned.error.message, "resume the run")]);
      lease = owned.value;
      await lease.owner.engine.takeOver([runId]);
    }
  } finally {
    // Not awaited: how this run rests does not depend on the runs of other processes, for which the store is kept open.
    // `close` waits, and reports what goes wrong.
    lease?.release().catch(() => undefined);
  }
}

async function restHere(
  lease: OwnerLease,
  runId: string,
  detached: AbortSignal,
): Promise<Result<RunRest, readonly Problem[]>> {
  const { engine } = lease.owner;
  const letGo = new Promise<"detached">((resolve) => {
    if (detached.aborted) resolve("detached");
    detached.addEventListener("abort", () => resolve("detached"), { once: true });
  });
  const rested = await Promise.race([engine.whenIdle(runId), letGo]);
  if (rested === "detached") return ok({ kind: "detached", runId });
  const failed = engine.halted ?? engine.brokenBy(runId);
  return failed === null ? ok(atRest(engine.run(runId) ?? rested)) : fail([failed]);
}

function atRest(run: RunState): RunRest {
  const view = viewRun(run);
  return { kind: "at_rest", view, next: nextStepsOf(view, null) };
}

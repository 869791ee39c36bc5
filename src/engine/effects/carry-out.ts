import { holds, type PlanGuard, parsePlanGuard } from "../../core/guard/plan-guard.ts";
import type { ObservedObject } from "../../core/plan/compile/read-object.ts";
import type { Call, ObjectObservation, ObjectRef, Pins } from "../../core/plan/plan.ts";
import { lookupIn } from "../../core/run/ready/facts.ts";
import { stepAt } from "../../core/run/ready/prepare.ts";
import type { AskCommand, Command, ObserveCommand } from "../../core/run/words/command.ts";
import type { Input, Reply, Standing } from "../../core/run/words/input.ts";
import type { RunState } from "../../core/run/words/state.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Connections } from "./connections.ts";
import { findMovedFolder, foldersOf } from "./folders.ts";
import { type AskProgress, performAsk } from "./perform-ask.ts";
import { performObserve, type ReadingProgress } from "./perform-observe.ts";
import { type EffectContext, performSend } from "./perform-send.ts";
import { findChangedProgram, programsOfCall } from "./programs.ts";

/** What carrying out a command needs: connections, a clock, and whether the run still stands. */
export interface CarryOutContext extends EffectContext {
  readonly standing: () => Promise<Standing>;
  readonly onReading?: (progress: ReadingProgress) => void;
  readonly onAsked?: (progress: AskProgress) => void;
  /** Takes in a reply that came after its call had been cut off: it may settle a doubt, and belongs in the log. */
  readonly onLate: (input: Input) => void;
}

/** Carries out one command and returns the input that answers it. Throws only for a defect of ours. */
export async function carryOut(command: Command, run: RunState, context: CarryOutContext): Promise<Input> {
  switch (command.kind) {
    case "timer": {
      await context.clock.sleep(command.atMs - context.clock.nowMs(), context.stop.signal);
      return { kind: "tick", runId: command.runId, atMs: context.clock.nowMs() };
    }
    case "send": {
      const { attempt } = command;
      const inputOf = (reply: Reply): Input => ({
        kind: "reply",
        runId: attempt.runId,
        attempt,
        reply,
        atMs: context.clock.nowMs(),
      });
      const changed = findChanged(command.call, run.prepared.plan.pins, context.connections);
      if (changed !== null) return inputOf({ kind: "not_sent", problem: changed });
      return inputOf(await performSend(command, context, (reply) => context.onLate(inputOf(reply))));
    }
    case "ask": {
      const { runId, id: commandId } = command;
      const changed = findChanged(command.call, run.prepared.plan.pins, context.connections);
      const reply: Reply =
        changed === null ? await performAsk(command, context) : await refuseToAsk(command, changed, context);
      return { kind: "asked", runId, commandId, reply, atMs: context.clock.nowMs() };
    }
    case "observe": {
      const expect = expectationOf(command, run);
      const isShown = (objects: readonly ObservedObject[]): boolean => holds(expect, lookupIn(objects));
      const result = await performObserve(command, observationsOf(run), { ...context, isShown });
      // Only a new step asks whether the run still stands. Drift blocks neither the way back nor the reading after a
      // write (I24).
      const standing: Standing = command.purpose === "before" ? await context.standing() : { kind: "permitted" };
      return {
        kind: "observed",
        runId: command.runId,
        commandId: command.id,
        result,
        standing,
        atMs: context.clock.nowMs(),
      };
    }
  }
}

/** A question that must not be asked now may be asked later: a program may be put back. */
async function refuseToAsk(
  { everyMs }: AskCommand,
  problem: Problem,
  { clock, stop }: CarryOutContext,
): Promise<Reply> {
  await clock.sleep(everyMs, stop.signal);
  return { kind: "not_sent", problem };
}

/**
 * Why a call must not be made now: a program, a file that it is given, or the folder that it works in is not what was
 * approved. A run of an older release pins none of them, and goes on as it began.
 */
function findChanged(call: Call, { programs, folders }: Pins, connections: Connections): Problem | null {
  const changed = programs === undefined ? null : findChangedProgram(programsOfCall(call, connections), programs);
  return changed ?? (folders === undefined ? null : findMovedFolder(foldersOf([call], connections), folders));
}

/**
 * What a reading waits to see. It was parsed with the plan, except on the way back, where it is what was read before.
 */
function expectationOf({ purpose, stepId, expect }: ObserveCommand, { prepared }: RunState): PlanGuard {
  if (purpose === "goal") return prepared.goal;
  const index = prepared.indexById.get(stepId);
  return purpose === "after" && index !== undefined ? stepAt(prepared, index).expect : parsePlanGuard(expect);
}

const observationMaps = new WeakMap<readonly ObjectObservation[], ReadonlyMap<ObjectRef, ObjectObservation>>();

/** Observations by object. Built once for each plan, because every reading needs them. */
function observationsOf(run: RunState): ReadonlyMap<ObjectRef, ObjectObservation> {
  const { observations } = run.prepared.plan;
  const known =
    observationMaps.get(observations) ?? new Map(observations.map((observation) => [observation.object, observation]));
  observationMaps.set(observations, known);
  return known;
}

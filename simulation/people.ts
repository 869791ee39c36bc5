import { vectorItems } from "../src/core/run/collections/persistent-vector.ts";
import { doubtPatienceMs } from "../src/core/run/due/patience.ts";
import { viewRun } from "../src/core/run/tell/view.ts";
import type { Input } from "../src/core/run/words/input.ts";
import { hasEndedBadly } from "../src/core/run/words/operation.ts";
import type { RunState } from "../src/core/run/words/state.ts";
import { isEffort } from "../src/core/run/words/step.ts";
import { claim, type KnownRun, memoryOf, type Oracle } from "./oracle/memory.ts";
import { callOf, stepsOf } from "./steps-of.ts";
import { setBox, type World } from "./world.ts";

/* What people are asked, what they may say at any time, and how they put right what only they can. */

/** The person of the simulator. */
export const person = { kind: "person", id: "bob", keyId: null } as const;

/** Something of a run that waits for a person. */
export interface Question {
  readonly stepId: string;
  readonly kind: "asking" | "in_doubt" | "dirty";
}

/** What a person is asked about a run: questions, doubts, and a way back that failed. */
export function openQuestions(state: RunState | null): readonly Question[] {
  if (state === null || state.phase.kind === "ended") return [];
  const { phase } = state;
  if (phase.kind === "dirty")
    return [{ stepId: state.prepared.steps[phase.order[phase.position] ?? 0]?.step.id ?? "", kind: "dirty" }];
  return vectorItems(state.steps).flatMap(({ kind }, index) => {
    const stepId = state.prepared.steps[index]?.step.id ?? "";
    return kind === "asking" || kind === "in_doubt" ? [{ stepId, kind }] : [];
  });
}

/** Everything that a person may say about a run now, sensible or not. */
export function wordsOf(runId: string, atMs: number, state: RunState | null): readonly Input[] {
  const inputs: Input[] = (["stop", "kill", "rollback", "close"] as const).map((kind) => ({
    kind,
    atMs,
    runId,
    by: person,
    reason: "test",
  }));
  inputs.push({ kind: "tick", atMs, runId });
  for (const { stepId, kind } of openQuestions(state)) {
    if (kind === "asking")
      inputs.push(
        { kind: "answer", atMs, runId, stepId, answer: "approved", by: person },
        { kind: "answer", atMs, runId, stepId, answer: "rejected", by: person },
      );
    else
      inputs.push(
        ...(["applied", "not_applied", "restored"] as const).map(
          (as) => ({ kind: "resolve", atMs, runId, stepId, as, by: person, reason: "test" }) as const,
        ),
      );
  }
  return inputs;
}

/** A person who settles a step answers for it: what lands there afterwards is no defect (I11). */
export function excuse(oracle: Oracle, run: KnownRun, input: Input): void {
  const memory = memoryOf(oracle, run.runId);
  if (input.kind === "resolve") memory.byPerson.add(input.stepId);
  if (input.kind === "close") for (const step of stepsOf(run.plan)) memory.byPerson.add(step.id);
}

/**
 * Whether a way back is stuck because its operation failed or was cancelled. Then a person may ask for another try, and
 * has not to answer for anything: nothing of the first one is under way.
 */
export function mayTryAgain(state: RunState | null, { stepId, kind }: Question): boolean {
  if (state === null || kind !== "dirty") return false;
  const stuck = vectorItems(state.steps)[state.prepared.indexById.get(stepId) ?? -1];
  return stuck !== undefined && isEffort(stuck) && hasEndedBadly(stuck.effort.operation);
}

/** A person puts a box back to its value before the step, or to 0 if nobody knows that value. */
export function restoreBox(
  { world, oracle }: { readonly world: World; readonly oracle: Oracle },
  { plan }: KnownRun,
  { state, stepId }: { readonly state: RunState | null; readonly stepId: string },
): void {
  const step = callOf(plan, stepId);
  if (step === null || step.kind !== "act" || step.target === null) return;
  const box = step.target.slice("box/".length);
  const known = state === null ? undefined : vectorItems(state.steps)[state.prepared.indexById.get(stepId) ?? 0];
  const effort =
    known === undefined
      ? null
      : "done" in known && known.done !== null
        ? known.done
        : "effort" in known
          ? known.effort
          : null;
  const before = effort?.baseline.find((seen) => seen.object === step.target)?.facts[0]?.value;
  meddle({ world, oracle }, box, typeof before === "number" ? before : 0);
}

/** Somebody outside sets a box. */
export function meddle(
  { world, oracle }: { readonly world: World; readonly oracle: Oracle },
  box: string,
  level: number,
): void {
  for (const call of world.calls) {
    const effect = call.command.call.with as { readonly box: string; readonly level?: number };
    if (call.fate === "air" && effect.box === box && effect.level === level) call.isForestalled = true;
  }
  setBox(world, box, level);
  world.meddledBoxes.add(box);
  oracle.isMeddled = true;
}

/**
 * Checks that a run that goes no further says whom it waits for, that its way back is not blocked, and that everybody
 * who follows it comes back (I21).
 */
export function checkWaits(oracle: Oracle, runId: string, state: RunState | null): void {
  if (state === null || state.phase.kind === "ended") return;
  const waits = viewRun(state).waitingFor;
  const isNamed = waits.some((wait) => (wait.owner !== null && wait.owner !== "") || wait.kind === "site");
  claim(oracle, isNamed, "I21", `${runId} is ${state.phase.kind} and waits for nobody`);
  const isDoubtful = state.doubtCount > 0 && state.others.timers === null;
  claim(oracle, !isDoubtful || doubtPatienceMs(state) !== null, "I21", `the doubt of ${runId} is read for ever`);
  const isWayBack = state.phase.kind === "compensating";
  claim(oracle, !isWayBack || openQuestions(state).length > 0, "I21", `the way back of ${runId} is blocked`);
}

/**
 * Whether a run that only time can move waits for somebody, or for something that does not end before `atMs`. It cannot
 * be a reading or a reply: those would have come.
 */
export function isAwaited(state: RunState, atMs: number, isFrozen: boolean): boolean {
  return viewRun(state).waitingFor.some(
    ({ kind, untilMs }) =>
      kind === "person" ||
      (kind === "site" && untilMs === null
        ? isFrozen
        : kind !== "reading" && kind !== "reply" && (untilMs ?? Infinity) >= atMs),
  );
}

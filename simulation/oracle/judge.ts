import type { CallStep } from "../../src/core/plan/plan.ts";
import { mapEntries, type PersistentMap } from "../../src/core/run/collections/persistent-map.ts";
import { durabilityOf } from "../../src/core/run/due/durability.ts";
import type { SendCommand } from "../../src/core/run/words/command.ts";
import type { Decision } from "../../src/core/run/words/decision.ts";
import type { Event } from "../../src/core/run/words/event.ts";
import type { SiteState } from "../../src/core/run/words/state.ts";
import type { Commit } from "../commits.ts";
import type { Landing, World } from "../world.ts";
import { checkRunEvent } from "./judge-event.ts";
import { claim, type Judged, type JudgedLog, type KnownRun, memoryOf, type Oracle } from "./memory.ts";

/*
 * Says a second time, without the kernel, what must hold. The oracle keeps its own short memory of every run: from
 * events, from what the world did, and from what readings showed. Each claim names the invariant that it checks.
 */

/** After a crash, forgets what was lost and keeps what the world did. */
export function recall(
  oracle: Oracle,
  kept: {
    readonly world: World;
    readonly commits: readonly Commit[];
    readonly runs: readonly KnownRun[];
    readonly site: SiteState;
  },
): void {
  const { world, commits, runs, site } = kept;
  const landings = new Map([...oracle.runs].map(([runId, memory]) => [runId, memory.landings]));
  oracle.runs.clear();
  oracle.usedApprovals.clear();
  oracle.locks.clear();
  oracle.frozen.clear();
  oracle.lastAtMs = 0;
  oracle.isMuted = true;
  for (const { events, atMs } of commits) {
    const decision: Decision = { kind: "accepted", atMs, events, site, run: null };
    for (const event of events) {
      const run = runs.find(({ runId }) => runId === event.runId) ?? null;
      remember(oracle, { world, run, input: forgotten, decision, wasDue: true, isTaken: true }, event);
    }
    oracle.lastAtMs = atMs;
  }
  oracle.isMuted = false;
  for (const [runId, known] of landings)
    for (const [key, count] of known) memoryOf(oracle, runId).landings.set(key, count);
}

/** Stands for inputs from before a crash, which are not judged again. */
const forgotten = {
  kind: "freeze",
  atMs: 0,
  runId: null,
  scope: "",
  by: { kind: "person", id: "nobody", keyId: null },
  reason: "",
} as const;

function remember(oracle: Oracle, judged: Judged, event: Event): void {
  if (event.kind === "frozen") oracle.frozen.add(event.scope);
  else if (event.kind === "unfrozen") oracle.frozen.delete(event.scope);
  else if (judged.run !== null) checkRunEvent(oracle, judged, event, judged.run);
}

/** Checks one decision against everything known. */
export function checkDecision(oracle: Oracle, judged: Judged): void {
  const { decision, input } = judged;
  if (decision.events.length > 0) {
    claim(oracle, decision.atMs >= oracle.lastAtMs, "I6", "the log's time goes backwards");
    oracle.lastAtMs = decision.atMs;
  }
  if (decision.kind === "refused") {
    claim(
      oracle,
      decision.events.length === 1 && decision.events[0]?.kind === "input_refused",
      "I10",
      "a refusal is recorded, once, and does nothing else",
    );
    return;
  }
  claim(oracle, judged.wasDue, "I10", "a reading is taken for an answer although nothing waits for it any more");
  const isPersons = ["stop", "kill", "rollback", "close", "resolve", "freeze", "unfreeze", "anchor"].includes(
    input.kind,
  );
  if (isPersons)
    claim(
      oracle,
      decision.events.length > 0 && durabilityOf(decision.events) === "synced",
      "I8",
      `what a person was told of \`${input.kind}\` is not synced`,
    );
  if (input.kind === "observed") memoryOf(oracle, input.runId).lastReading = input;
  for (const event of decision.events) remember(oracle, judged, event);
  checkLocks(oracle, decision.site.locks);
}

/** Checks that the site's locks are exactly those of runs that have started and not ended (I5). */
function checkLocks(oracle: Oracle, locks: PersistentMap<string>): void {
  const held = mapEntries(locks);
  claim(
    oracle,
    held.length === oracle.locks.size && held.every(([lock, runId]) => oracle.locks.get(lock) === runId),
    "I5",
    "the locks held are not those of the runs under way",
  );
}

/**
 * Checks a call that leaves: its intent is on the disk by now (I8), and its key is the intent's (I3).
 *
 * @param at - the log as it is now, and the epoch of the engine that works now
 */
export function checkSend(
  oracle: Oracle,
  at: { readonly log: JudgedLog; readonly epoch: number },
  command: SendCommand,
): void {
  if (command.call.access === "read") return;
  const { attempt } = command;
  const index = at.log.commits.findIndex(({ events }) =>
    events.some((event) => event.kind === "step_intent" && sameAttempt(event.attempt, attempt)),
  );
  claim(oracle, index >= 0, "I8", `${attempt.stepId} is sent without an intent`);
  claim(oracle, index < at.log.syncedCount, "I8", `the intent of ${attempt.stepId} is not synced when it is sent`);
  const memory = memoryOf(oracle, attempt.runId);
  const isOwn = attempt.epoch === at.epoch;
  claim(oracle, !isOwn || !memory.isKilled, "I24", `${attempt.stepId} is sent after a kill`);
  const effect = command.call.with as { readonly key: string };
  claim(oracle, effect.key === command.idempotencyKey, "I3", "the key that goes to the target is not the intent's");
}

function sameAttempt(left: SendCommand["attempt"], right: SendCommand["attempt"]): boolean {
  return (
    left.runId === right.runId &&
    left.stepId === right.stepId &&
    left.direction === right.direction &&
    left.n === right.n &&
    left.epoch === right.epoch
  );
}

/**
 * Checks a call that has landed: nothing lands twice (I3), and nothing after the way back began or the run ended (I11).
 */
export function checkLanding(oracle: Oracle, world: World, landing: Landing): void {
  const { command, step } = landing.call;
  if (!landing.isEffective || command.call.access === "read") return;
  const { runId, stepId, direction } = command.attempt;
  const memory = memoryOf(oracle, runId);
  const key = `${stepId} ${direction}`;
  const count = (memory.landings.get(key) ?? 0) + 1;
  memory.landings.set(key, count);
  const isExcused = memory.byPerson.has(stepId) || landing.call.isForestalled;
  claim(oracle, count === 1 || isExcused || isRepeatable(step, direction), "I3", `${key} took effect ${count} times`);
  if (isExcused) {
    // A person answers for this step, or somebody outside had done the same. To everybody else its effect is an
    // outsider's.
    world.meddledBoxes.add((command.call.with as { readonly box: string }).box);
    oracle.isMeddled = true;
    return;
  }
  // A killed run reads nothing back. Its end says that what was acknowledged is, or may be, in the world. It says so as
  // well of a step whose way back was not read back.
  const isListed = memory.isKilled && memory.end?.wrote.includes(stepId) === true;
  if (direction === "do")
    claim(
      oracle,
      !memory.isCompensating && (memory.end === null || memory.end.outcome === "closed" || isListed),
      "I11",
      `${stepId} lands after the way back began or the run ended`,
    );
  else
    claim(
      oracle,
      memory.end === null || memory.end.outcome === "closed" || isListed,
      "I11",
      `the undo of ${stepId} lands after the run ended`,
    );
}

function isRepeatable(step: CallStep, direction: "do" | "undo"): boolean {
  return direction === "do"
    ? false
    : step.compensation?.idempotency === "natural" && step.compensation.retry.attemptsMax > 1;
}

import { viewRun } from "../../src/core/run/tell/view.ts";
import type { Happening } from "../happening.ts";
import { endOperation, naturalEnd, runningOperations } from "../operations.ts";
import { claim, memoryOf } from "../oracle/memory.ts";
import { openQuestions, person } from "../people.ts";
import { planHashOf } from "../runs.ts";
import { truthOf, wallMs } from "../world.ts";
import { type LoopStore, seqOf } from "./disk.ts";
import { targetsNow } from "./loop-plans.ts";
import { give } from "./process.ts";
import { reopen, replace } from "./replace.ts";
import type { Call, Loop, LoopRun } from "./state.ts";
import { answer, deliver, land, nextWake, passToNext, tell, timedOut } from "./world-moves.ts";

/* What happens when nothing goes wrong. */

/**
 * What may happen next by itself, the most natural thing first. Commits, calls and readings come in any order; other
 * things come only when there are none of these. Empty once every run has ended or rests.
 */
export function naturalMoves(loop: Loop): readonly Happening[] {
  if (loop.now.mode === "closed") return [{ name: "open the store again", happen: () => reopen(loop) }];
  const start = startMove(loop);
  if (start !== null) return [start];
  const ready = [...storeMoves(loop), ...worldMoves(loop)];
  if (ready.length > 0) return ready;
  const last = trailingMove(loop) ?? leftMove(loop) ?? yesMove(loop) ?? restMove(loop);
  return last === null ? [] : [last];
}

/** Runs that would contend for locks start one after the other. An engine that halted is replaced. */
function startMove(loop: Loop): Happening | null {
  if (loop.now.engine.halted !== null)
    return { name: "replace the halted engine", happen: () => replace(loop, "killed") };
  for (const run of loop.runs) {
    if (!run.isAsked) return startOf(loop, run);
    if (run.plan === loop.runs.at(-1)?.plan && !run.isRefused && !isOver(loop, run)) return null;
  }
  return null;
}

/** Starts a run with everything pinned as it is now. */
export function startOf(loop: Loop, run: LoopRun): Happening {
  return {
    name: `start ${run.runId}`,
    happen: () => {
      const { domain, pack, connections, policies, situation, evidence, engine } = run.plan.pins;
      give(
        loop,
        {
          kind: "start",
          atMs: wallMs(loop.world),
          runId: run.runId,
          plan: run.plan,
          planHash: planHashOf(run.runId),
          authorization: run.authorization,
          current: {
            domain,
            pack,
            connections,
            policies,
            situation,
            evidence,
            engine,
            targets: targetsNow(loop.world, run.plan),
          },
          actor: person,
        },
        run,
      );
      // Like everybody who starts a run.
      askRest(loop, run.runId);
    },
  };
}

/** Whether a run has ended, even if its end is not written yet. */
export function isOver({ oracle }: Loop, { runId }: LoopRun): boolean {
  return memoryOf(oracle, runId).end !== null;
}

/** The store begins a commit that something waits for, writes it, and reports it. */
function storeMoves({ now: { store } }: Loop): readonly Happening[] {
  switch (store.waitsFor()) {
    case "commit":
      return [{ name: "begin a commit", happen: () => store.begin() }];
    case "disk":
      return [{ name: "commit", happen: () => writeAndTell(store) }];
    case "receipt":
      return [{ name: "tell of a commit", happen: () => store.tell() }];
    default:
      return [];
  }
}

/** Nothing else comes along in time, so what trails is written by itself. */
function trailingMove({ now: { store } }: Loop): Happening | null {
  if (store.waitsFor() !== "commit_of_trailing") return null;
  return { name: "begin a commit of what trails", happen: () => store.begin() };
}

/** Writes or refuses a commit, and reports it at once. */
export function writeAndTell(store: LoopStore): void {
  store.write();
  store.tell();
}

/** Calls land and are answered, permission to go on is given, and readings show the world as it is. */
function worldMoves(loop: Loop): readonly Happening[] {
  const { now, world } = loop;
  const calls = loop.calls.filter(({ by, air }) => by === now && air.told === null);
  const targets = loop.isDark
    ? darkMoves(loop, calls)
    : [
        ...calls.map((call) =>
          call.air.fate === "air"
            ? { name: `land ${call.air.id}`, happen: () => land(loop, call) }
            : { name: `answer ${call.air.id}`, happen: () => answer(call, truthOf(world, call.air)) },
        ),
        ...now.readings.map((reading) => ({
          name: `read ${reading.box}`,
          happen: () => deliver(loop, now, reading),
        })),
        ...now.questions.map((question) => ({
          name: `${question.purpose} ${question.operation.id}`,
          happen: () => tell(loop, now, question),
        })),
      ];
  return [
    ...targets,
    ...now.standings.map((standing) => ({
      name: "say that a run stands",
      happen: () => {
        now.standings = now.standings.filter((other) => other !== standing);
        standing();
      },
    })),
  ];
}

/** What comes of targets that are dark: nothing at all, or that they do not answer. */
function darkMoves(loop: Loop, calls: readonly Call[]): readonly Happening[] {
  if (loop.darkness?.how !== "fails") return [];
  return [
    ...calls.map((call) => ({ name: `lose ${call.air.id}`, happen: () => answer(call, timedOut) })),
    ...loop.now.readings.map((reading) => ({
      name: `fail to read ${reading.box}`,
      happen: () => deliver(loop, loop.now, reading, timedOut),
    })),
    ...loop.now.questions.map((question) => ({
      name: `leave ${question.operation.id} unanswered`,
      happen: () => tell(loop, loop.now, question, timedOut),
    })),
  ];
}

/** What nobody asks about ends too. */
function leftMove({ oracle, world }: Loop): Happening | null {
  const [left] = runningOperations(world).filter(({ call }) => call.told !== null);
  if (left === undefined) return null;
  return { name: `end ${left.id}`, happen: () => endOperation(oracle, world, left, naturalEnd(left)) };
}

/** By default people say yes at once. */
function yesMove(loop: Loop): Happening | null {
  for (const run of loop.runs) {
    const state = loop.now.engine.run(run.runId);
    const question = openQuestions(state).find(({ kind }) => kind === "asking");
    if (question === undefined || state?.phase.kind !== "running") continue;
    const input = {
      kind: "answer",
      atMs: wallMs(loop.world),
      runId: run.runId,
      stepId: question.stepId,
      answer: "approved",
      by: person,
    } as const;
    return { name: `approve ${run.runId}`, happen: () => give(loop, input, run) };
  }
  return null;
}

/** Lets time pass, unless the engine itself says that every remaining run rests. */
function restMove(loop: Loop): Happening | null {
  const { now } = loop;
  const open = now.engine.unfinishedRunIds();
  const unasked = open.find((runId) => !now.rests.has(runId));
  if (unasked !== undefined) return { name: `ask whether ${unasked} rests`, happen: () => askRest(loop, unasked) };
  if (open.every((runId) => now.rests.get(runId)?.isTold === true || isFrozen(loop, runId))) return null;
  if (nextWake(now) === null) return null;
  return {
    name: "time passes",
    happen: () => {
      loop.patientSinceMs = wallMs(loop.world);
      passToNext(loop);
    },
  };
}

/** Whether only lifting the freeze can move a run, or its deadline, which nobody wants to wait for. */
function isFrozen({ now: { engine } }: Loop, runId: string): boolean {
  const run = engine.run(runId);
  if (run === null || engine.site.freezes.length === 0) return false;
  return viewRun(run).waitingFor.every(
    ({ kind, untilMs }) => kind === "person" || (kind === "site" && untilMs === null),
  );
}

function askRest({ now, oracle, disk }: Loop, runId: string): void {
  const rest = { isTold: false };
  now.rests.set(runId, rest);
  void now.engine.whenIdle(runId).then((run) => {
    rest.isTold = true;
    const isWritten = (now.decided.get(run) ?? []).every((event) => seqOf(disk, event) >= 0);
    const isCertain = isWritten || now.engine.halted !== null;
    claim(oracle, isCertain, "I8", `${runId} is told to rest before that is written`);
  });
}

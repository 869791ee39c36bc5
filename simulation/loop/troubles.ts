import type { Event } from "../../src/core/run/words/event.ts";
import type { Input, Reply } from "../../src/core/run/words/input.ts";
import { problem } from "../../src/core/value/codes.ts";
import type { MemoryFailure } from "../../src/log/memory/memory-journal.ts";
import type { Happening } from "../happening.ts";
import { endOperation, runningOperations, truthAbout, uncancelled } from "../operations.ts";
import { excuse, meddle, person, wordsOf } from "../people.ts";
import { callOf } from "../steps-of.ts";
import { earlyWord, foreignLevel, isVisible, mayBeMistaken, mayLandNow, truthOf, wallMs } from "../world.ts";
import { boxOutput } from "./loop-plans.ts";
import { startOf, writeAndTell } from "./moves.ts";
import { give, takeOver } from "./process.ts";
import { replace } from "./replace.ts";
import type { Call, Loop, Process } from "./state.ts";
import { answer, deliver, land, nextWake, passToNext, tell, timedOut } from "./world-moves.ts";

/* What can go wrong. */

/** Lists what can go wrong now, for one kind of trouble. */
export type Trouble = () => readonly Happening[];

/** The kinds of trouble that are possible now. The schedule's `storms` name the kinds that it has. */
export function troublesOf(loop: Loop): readonly Trouble[] {
  const { now, calls, storms } = loop;
  if (now.mode === "closed") return [];
  const isOpen = (storm: number): boolean => storms.includes(storm);
  const kinds: readonly (readonly [(loop: Loop) => readonly Happening[], boolean])[] = [
    [callTroubles, isOpen(0) && calls.some(isTroublesome)],
    [readingTroubles, isOpen(1) && now.readings.length > 0],
    [questionTroubles, isOpen(1) && (now.questions.length > 0 || runningOperations(loop.world).length > 0)],
    [processTroubles, isOpen(2)],
    [worldTroubles, isOpen(3)],
    [peopleTroubles, isOpen(4)],
    [freezeTroubles, isOpen(4)],
    [storeTroubles, isOpen(5) && ["disk", "commit_of_trailing"].includes(now.store.waitsFor())],
  ];
  return [...timeTroubles(loop), ...kinds.flatMap(([list, isNow]) => (isNow ? [() => list(loop)] : []))];
}

/** Time passes although something else could happen. */
function timeTroubles(loop: Loop): readonly Trouble[] {
  const wakeMs = nextWake(loop.now);
  if (wakeMs === null || wakeMs > loop.world.monotonicMs + 600_000) return [];
  return [() => [{ name: "time passes", happen: () => passToNext(loop) }]];
}

const rejected = (message: string, retryable: boolean): Reply => ({
  kind: "rejected",
  problem: problem("E_STEP_REJECTED", "", message),
  retryable,
});

function isTroublesome({ air, by }: Call): boolean {
  return air.fate === "air" || (air.told === null && by.mode === "working");
}

function callTroubles(loop: Loop): readonly Happening[] {
  return loop.calls.filter(isTroublesome).flatMap((call) => {
    const { air } = call;
    const name = (what: string): string => `${what} ${air.id}`;
    const die = (what: string, reply: Reply): Happening => ({
      name: name(what),
      happen: () => {
        air.fate = "dead";
        answer(call, reply);
      },
    });
    if (air.told !== null || call.by.mode !== "working")
      return [
        { name: name("land late"), happen: () => land(loop, call) },
        { name: name("die"), happen: () => void (air.fate = "dead") },
      ];
    if (air.fate !== "air") return [{ name: name("time out after it landed"), happen: () => answer(call, timedOut) }];
    return [
      { name: name("time out in the air"), happen: () => answer(call, timedOut) },
      ...(isVisible(loop.world, air.command)
        ? [{ name: name("acknowledge in the air"), happen: () => answer(call, earlyWord) }]
        : []),
      die("lose", timedOut),
      die("reject", rejected("no", false)),
      die("reject for now", rejected("busy", true)),
      die("fail to send", { kind: "not_sent", problem: problem("E_TIMEOUT", "", "no route") }),
    ];
  });
}

/** What can go wrong with questions about operations, and with operations themselves. */
function questionTroubles(loop: Loop): readonly Happening[] {
  const { now, world, oracle } = loop;
  return [
    ...now.questions.flatMap((question) => {
      const { operation, purpose } = question;
      const named = (what: string, reply: () => Reply): Happening => ({
        name: `${what} ${operation.id}`,
        happen: () => tell(loop, now, question, reply()),
      });
      const lost = named("do not answer for", () => timedOut);
      if (purpose === "cancel") return [lost, named("refuse to cancel", () => uncancelled)];
      return [
        lost,
        named("tell how far", () => {
          if (operation.status === "running") operation.percent = Math.min(99, operation.percent + 30);
          return truthAbout(operation);
        }),
      ];
    }),
    ...runningOperations(world).flatMap((operation) =>
      (["failed", "half", "cancelled"] as const).map((as) => ({
        name: `${operation.id} ends ${as}`,
        happen: () => endOperation(oracle, world, operation, as),
      })),
    ),
  ];
}

function readingTroubles(loop: Loop): readonly Happening[] {
  const { now, world } = loop;
  return now.readings.flatMap((reading) => [
    { name: `fail to read ${reading.box}`, happen: () => deliver(loop, now, reading, timedOut) },
    ...(reading.taken === null
      ? [{ name: `look at ${reading.box}`, happen: () => void (reading.taken = boxOutput(world, reading.box)) }]
      : []),
  ]);
}

function processTroubles(loop: Loop): readonly Happening[] {
  const { store } = loop.now;
  return [
    { name: "kill the process", happen: () => replace(loop, "killed") },
    { name: "cut the power", happen: () => replace(loop, "power_cut") },
    { name: "cut the power in the middle of writing", happen: () => replace(loop, "half_power_cut") },
    ...failures.map(({ name, failure }) => ({ name, happen: () => store.failNext(failure) })),
    { name: "close the engine", happen: () => replace(loop, "closed") },
    { name: "pause the process, and let another take over", happen: () => replace(loop, "paused") },
    { name: "take over once more", happen: () => takeOver(loop) },
    ...loop.zombies.flatMap((zombie) => zombieTroubles(loop, zombie)),
  ];
}

/** The ways in which the next commit may fail. */
const failures: readonly { readonly name: string; readonly failure: MemoryFailure }[] = [
  { name: "fill the disk", failure: { kind: "problem", code: "E_STORE_FULL", isWritten: false } },
  { name: "let the journal throw", failure: { kind: "throws", isWritten: false } },
  {
    name: "let a commit be written and reported as failed",
    failure: { kind: "problem", code: "E_STORE_IO", isWritten: true },
  },
  { name: "let the journal write and throw", failure: { kind: "throws", isWritten: true } },
];

/** What a process that was only paused does when it goes on. */
function zombieTroubles(loop: Loop, zombie: Process): readonly Happening[] {
  const call = loop.calls.find(({ by, air }) => by === zombie && air.told === null);
  const [reading] = zombie.readings;
  return [
    ...commitTroubles(loop, zombie),
    ...(call === undefined
      ? []
      : [{ name: "the old engine is answered", happen: () => answer(call, truthOf(loop.world, call.air)) }]),
    ...(reading === undefined ? [] : [{ name: "the old engine reads", happen: () => deliver(loop, zombie, reading) }]),
  ];
}

/** What it hands over is refused. What was written before it was replaced may be reported late. */
function commitTroubles(loop: Loop, { store, replacedAtMs }: Process): readonly Happening[] {
  switch (store.waitsFor()) {
    case "nothing":
      return [];
    case "disk":
      return [{ name: "the old engine's commit is refused", happen: () => writeAndTell(store) }];
    case "receipt":
      return isHarmless(loop, store.untold(), replacedAtMs ?? 0)
        ? [{ name: "the old engine is told of its commit", happen: () => store.tell() }]
        : [];
    case "commit":
    case "commit_of_trailing":
      return [{ name: "the old engine begins a commit", happen: () => store.begin() }];
  }
}

/**
 * Whether calls may still leave an engine that was replaced. The store's lock is free once that process has ended, so
 * nothing new leaves it; what comes out later was already on its way. Only a key makes that harmless, and only until
 * the bound on landing has passed since the engine was gone.
 */
function isHarmless({ runs, world }: Loop, events: readonly Event[], sinceMs: number): boolean {
  return events.every((event) => {
    if (event.kind !== "step_intent" || event.access === "read") return true;
    const { attempt } = event;
    const plan = runs.find(({ runId }) => runId === event.runId)?.plan;
    const step = plan === undefined ? null : callOf(plan, attempt.stepId);
    if (plan === undefined || step?.kind !== "act") return false;
    const idempotency = attempt.direction === "do" ? step.idempotency : step.compensation?.idempotency;
    return idempotency === "keyed" && mayLandNow(world, plan, { command: { attempt }, sentAtMs: sinceMs });
  });
}

function worldTroubles(loop: Loop): readonly Happening[] {
  const { world, runs, oracle } = loop;
  const boxes = [...new Set(runs.flatMap(({ plan }) => plan.pins.targets.map(({ object }) => object)))];
  const unasked = runs.find(({ isAsked }) => !isAsked);
  return [
    { name: "clock forward", happen: () => void (world.skewMs += 3_600_000) },
    { name: "clock back", happen: () => void (world.skewMs -= 3_600_000) },
    ...boxes.slice(0, 2).map((object) => ({
      name: `meddle with ${object}`,
      happen: () => meddle({ world, oracle }, object.slice("box/".length), foreignLevel),
    })),
    ...(unasked === undefined ? [] : [startOf(loop, unasked)]),
    // A target acknowledges what has not landed yet, and somebody else changes its box meanwhile.
    ...loop.calls
      .filter(({ air, by }) => by.mode === "working" && mayBeMistaken(world, air))
      .map((call) => {
        const { box } = call.air.command.call.with as { readonly box: string };
        const happen = (): void => {
          answer(call, earlyWord);
          meddle({ world, oracle }, box, foreignLevel);
        };
        return { name: `acknowledge in the air ${call.air.id}, and meddle with ${box}`, happen };
      }),
  ];
}

function peopleTroubles(loop: Loop): readonly Happening[] {
  const { now, runs, oracle, world } = loop;
  const asked = runs.filter(({ isAsked, isRefused }) => isAsked && !isRefused);
  if (asked.length === 0) return freezeTroubles(loop);
  return asked.flatMap((run) => {
    const { runId } = run;
    const atMs = wallMs(world);
    const say = (input: Input): void => {
      excuse(oracle, run, input);
      give(loop, input, run);
    };
    const givenUp = (["kill", "close"] as const).map(
      (kind): Input => ({ kind, atMs, runId, by: person, reason: "given up" }),
    );
    return [
      ...wordsOf(runId, atMs, now.engine.run(runId)).map((input) => ({
        name: `${input.kind} ${runId}`,
        happen: () => say(input),
      })),
      { name: `kill and close ${runId}`, happen: () => givenUp.forEach(say) },
    ];
  });
}

function freezeTroubles(loop: Loop): readonly Happening[] {
  const kind = loop.now.engine.site.freezes.length > 0 ? "unfreeze" : "freeze";
  const input = { kind, atMs: wallMs(loop.world), runId: null, scope: "*", by: person, reason: "test" } as const;
  return [{ name: kind, happen: () => give(loop, input, null) }];
}

/** Commits come early or late, or are written and reported later. */
function storeTroubles({ now: { store } }: Loop): readonly Happening[] {
  return store.waitsFor() === "disk"
    ? [{ name: "write a commit and tell of it later", happen: () => store.write() }]
    : [{ name: "begin a commit of what trails", happen: () => store.begin() }];
}

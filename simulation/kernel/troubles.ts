import type { Reply } from "../../src/core/run/words/input.ts";
import { problem } from "../../src/core/value/codes.ts";
import type { Happening } from "../happening.ts";
import { meddle } from "../people.ts";
import { callOf } from "../steps-of.ts";
import {
  type AirCall,
  earlyWord,
  foreignLevel,
  isVisible,
  mayBeMistaken,
  mayLandNow,
  readBox,
  truthOf,
} from "../world.ts";
import { askDeviations, operationDeviations } from "./asking.ts";
import { answer, deliver, land, seen } from "./driver.ts";
import { writeOut } from "./simulated-store.ts";
import { beginCommand, crash, type Orphan, type Reading, type Simulation, startRun } from "./simulation.ts";

/* What can go wrong with calls, with readings, with the process and with the world. */

/** Everything that can go wrong with calls and with the process. */
export function listFaults(simulation: Simulation): readonly Happening[] {
  return [
    ...callDeviations(simulation),
    ...mistakes(simulation),
    ...operationDeviations(simulation),
    ...askDeviations(simulation),
    ...processDeviations(simulation),
  ];
}

/** Only crashes: the process is killed, the power is cut, or a replaced engine still sends. */
export function listCrashes(simulation: Simulation): readonly Happening[] {
  return processDeviations(simulation);
}

export function callDeviations(simulation: Simulation): readonly Happening[] {
  return simulation.world.calls.flatMap((call) => troublesOfCall(simulation, call));
}

function troublesOfCall(simulation: Simulation, call: AirCall): readonly Happening[] {
  const { world } = simulation;
  const deviate = (name: string, happen: () => void): Happening => ({ name: `${name} ${call.id}`, happen });
  const timeout: Reply = { kind: "unknown", problem: problem("E_TIMEOUT", "", "no answer") };
  if (call.told === null && call.fate === "air") {
    return [
      deviate("time out in the air", () => answer(simulation, call, timeout)),
      deviate("lose", () => {
        call.fate = "dead";
        answer(simulation, call, timeout);
      }),
      deviate("reject", () =>
        refuse(simulation, call, {
          kind: "rejected",
          problem: problem("E_STEP_REJECTED", "", "no"),
          retryable: false,
        }),
      ),
      deviate("reject for now", () =>
        refuse(simulation, call, {
          kind: "rejected",
          problem: problem("E_STEP_REJECTED", "", "busy"),
          retryable: true,
        }),
      ),
      deviate("fail to send", () =>
        refuse(simulation, call, { kind: "not_sent", problem: problem("E_TIMEOUT", "", "no route") }),
      ),
      ...(isVisible(world, call.command)
        ? [deviate("acknowledge in the air", () => answer(simulation, call, earlyWord))]
        : []),
    ];
  }
  if (call.told === null) return [deviate("time out after it landed", () => answer(simulation, call, timeout))];
  if (call.fate === "air")
    return [
      deviate("land late", () => land(simulation, call)),
      deviate("die", () => {
        call.fate = "dead";
      }),
    ];
  if (call.fate === "landed")
    return [deviate("answer once more", () => answer(simulation, call, truthOf(world, call)))];
  return [];
}

function refuse(simulation: Simulation, call: AirCall, reply: Reply): void {
  call.fate = "dead";
  answer(simulation, call, reply);
}

export function readingDeviations(simulation: Simulation): readonly Happening[] {
  return simulation.readings.flatMap((reading) => troublesOfReading(simulation, reading));
}

function troublesOfReading(simulation: Simulation, reading: Reading): readonly Happening[] {
  const deviate = (name: string, happen: () => void): Happening => ({
    name: `${name} ${reading.command.id}`,
    happen,
  });
  const take = (): void => {
    reading.taken = {
      levels: new Map(
        [...reading.command.objects, ...reading.command.alongside].map((object) => [
          object,
          readBox(simulation.world, object),
        ]),
      ),
      atMs: simulation.world.monotonicMs,
    };
  };
  const withdraw = (): void => {
    deliver(simulation, reading, seen(simulation, reading, 0), {
      kind: "withdrawn",
      problem: problem("E_STANDING_WITHDRAWN", "", "no longer"),
    });
  };
  return [
    deviate("answer at once", () => {
      deliver(simulation, reading, seen(simulation, reading, 0));
    }),
    deviate("fail to read", () => {
      deliver(simulation, reading, { kind: "failed", problem: problem("E_OBSERVE", "", "no answer") });
    }),
    ...(reading.command.purpose === "before" ? [deviate("withdraw the permission", withdraw)] : []),
    ...(reading.taken === null ? [deviate("look", take)] : []),
  ];
}

export function processDeviations(simulation: Simulation): readonly Happening[] {
  const orphan = simulation.orphans.find((candidate) => mayLeave(simulation, candidate));
  return [
    ...(simulation.store.commits.length > simulation.store.writtenCount
      ? [{ name: "write out what trails", happen: () => writeOut(simulation.store) }]
      : []),
    { name: "kill the process", happen: () => crash(simulation, "unwritten") },
    { name: "cut the power", happen: () => crash(simulation, "unsynced") },
    { name: "cut the power in the middle of writing", happen: () => crash(simulation, "half_unsynced") },
    {
      name: "fill the disk",
      happen: () => {
        simulation.store.isFull = true;
      },
    },
    ...(orphan === undefined
      ? []
      : [{ name: `the old engine still sends ${orphan.command.id}`, happen: () => sendOrphan(simulation, orphan) }]),
  ];
}

export function worldDeviations(simulation: Simulation): readonly Happening[] {
  const { world } = simulation;
  const boxes = [
    ...new Set(simulation.runs.flatMap((run) => run.plan.pins.targets.map((pin) => pin.object.slice("box/".length)))),
  ];
  const unbegun = simulation.runs.find((run) => run.state === null && !run.isRefused);
  return [
    {
      name: "clock forward",
      happen: () => {
        world.skewMs += 3_600_000;
      },
    },
    {
      name: "clock back",
      happen: () => {
        world.skewMs -= 3_600_000;
      },
    },
    ...boxes.slice(0, 2).map((box) => ({
      name: `meddle with ${box}`,
      happen: () => {
        meddle(simulation, box, foreignLevel);
        simulation.fruitless = new Set();
      },
    })),
    ...(unbegun === undefined ? [] : [{ name: `start ${unbegun.runId}`, happen: () => startRun(simulation, unbegun) }]),
    ...mistakes(simulation),
  ];
}

function mistakes(simulation: Simulation): readonly Happening[] {
  const { world } = simulation;
  return world.calls.filter((call) => mayBeMistaken(world, call)).map((call) => mistake(simulation, call));
}

/**
 * A target acknowledges a call that has not landed yet, and meanwhile somebody else changes its box. Each of the two is
 * rare, and the kernel is put to the test by both of them at one call.
 */
function mistake(simulation: Simulation, call: AirCall): Happening {
  const { box } = call.command.call.with as { readonly box: string };
  return {
    name: `acknowledge in the air ${call.id}, and meddle with ${box}`,
    happen: () => {
      answer(simulation, call, earlyWord);
      meddle(simulation, box, foreignLevel);
      simulation.fruitless = new Set();
    },
  };
}

function isKeyed(simulation: Simulation, runId: string, stepId: string, direction: "do" | "undo"): boolean {
  const plan = simulation.runs.find((run) => run.runId === runId)?.plan;
  const step = plan === undefined ? null : callOf(plan, stepId);
  if (step === null || step.kind !== "act") return false;
  return (direction === "do" ? step.idempotency : step.compensation?.idempotency) === "keyed";
}

/**
 * Whether a call of a replaced engine may still come out. Only a key makes that harmless, and only until the bound on
 * landing has passed since the engine was replaced. An engine is replaced only after its process has ended and freed
 * the lock, so what comes out was already on its way.
 */
function mayLeave(simulation: Simulation, { command, sinceMs }: Orphan): boolean {
  const { runId, stepId, direction } = command.attempt;
  const plan = simulation.runs.find((run) => run.runId === runId)?.plan;
  return (
    plan !== undefined &&
    command.call.access === "write" &&
    isKeyed(simulation, runId, stepId, direction) &&
    mayLandNow(simulation.world, plan, { command, sentAtMs: sinceMs })
  );
}

function sendOrphan(simulation: Simulation, orphan: Orphan): void {
  simulation.orphans = simulation.orphans.filter((other) => other !== orphan);
  const run = simulation.runs.find((candidate) => candidate.runId === orphan.command.attempt.runId);
  if (run !== undefined) beginCommand(simulation, run, orphan.command, orphan.sinceMs);
}

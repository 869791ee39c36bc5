import type { AskCommand } from "../../src/core/run/words/command.ts";
import type { Reply } from "../../src/core/run/words/input.ts";
import type { Happening } from "../happening.ts";
import {
  endOperation,
  naturalEnd,
  operationAskedAbout,
  runningOperations,
  takeCancel,
  truthAbout,
  unanswered,
  uncancelled,
} from "../operations.ts";
import { passTime, wallMs } from "../world.ts";
import { giveInput, type Simulation } from "./simulation.ts";

/* What a driver does for a long operation: it asks until the system says something new, or asks it to cancel. */

/** What happens next of itself to a question that is under way: the operation ends, and the question is answered. */
export function askHappening(simulation: Simulation, command: AskCommand): Happening {
  const { world, oracle } = simulation;
  const operation = operationAskedAbout(world, command);
  if (command.purpose === "ask" && operation.status === "running")
    return {
      name: `end ${operation.id}`,
      happen: () => {
        endOperation(oracle, world, operation, naturalEnd(operation));
        simulation.fruitless = new Set();
      },
    };
  const reply = (): Reply => (command.purpose === "ask" ? truthAbout(operation) : takeCancel(operation));
  return { name: `answer ${command.id}`, happen: () => answerAsk(simulation, command, reply()) };
}

/** Ends what nobody asks about, once nothing else happens. */
export function leftHappening(simulation: Simulation): Happening | null {
  const { world, oracle } = simulation;
  const [operation] = runningOperations(world);
  if (operation === undefined || operation.call.told === null) return null;
  return {
    name: `end ${operation.id}`,
    happen: () => {
      endOperation(oracle, world, operation, naturalEnd(operation));
      simulation.fruitless = new Set();
    },
  };
}

function answerAsk(simulation: Simulation, command: AskCommand, reply: Reply): void {
  simulation.asks = simulation.asks.filter((other) => other !== command);
  const { world } = simulation;
  if (command.purpose === "ask") passTime(world, Math.min(command.firstAtMs, command.untilMs) - wallMs(world));
  const run = simulation.runs.find((candidate) => candidate.runId === command.runId);
  if (run === undefined || run.state === null) return;
  giveInput(simulation, run, {
    kind: "asked",
    atMs: wallMs(world),
    runId: run.runId,
    commandId: command.id,
    reply,
  });
}

/** What can go wrong with questions. */
export function askDeviations(simulation: Simulation): readonly Happening[] {
  const { world } = simulation;
  return simulation.asks.flatMap((command) => {
    const operation = operationAskedAbout(world, command);
    const deviate = (name: string, happen: () => void): Happening => ({ name: `${name} ${command.id}`, happen });
    const tell = (reply: Reply): void => answerAsk(simulation, command, reply);
    if (command.purpose === "cancel")
      return [
        deviate("refuse", () => tell(uncancelled)),
        deviate("lose", () => tell(unanswered)),
        deviate("take, and lose the answer", () => {
          takeCancel(operation);
          tell(unanswered);
        }),
      ];
    const untilLate = (): void => {
      if (command.untilMs < Number.MAX_SAFE_INTEGER) passTime(world, command.untilMs - wallMs(world));
      tell(truthAbout(operation));
    };
    return [
      deviate("tell how far", () => {
        if (operation.status === "running") operation.percent = Math.min(99, operation.percent + 30);
        tell(truthAbout(operation));
      }),
      deviate("do not answer", () => tell(unanswered)),
      deviate("answer in other words", () =>
        tell({ kind: "applied", output: { status: "odd" }, outputBytes: 1, outcome: null }),
      ),
      deviate("tell late", untilLate),
    ];
  });
}

/** What can go wrong with operations themselves. */
export function operationDeviations(simulation: Simulation): readonly Happening[] {
  const { world, oracle } = simulation;
  return runningOperations(world).flatMap((operation) =>
    (["done", "failed", "half", "cancelled"] as const).map((as) => ({
      name: `${operation.id} ends ${as}`,
      happen: () => {
        endOperation(oracle, world, operation, as);
        simulation.fruitless = new Set();
      },
    })),
  );
}

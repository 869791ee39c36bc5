import type { ChoiceTape } from "../choice-tape.ts";
import { describeEvent } from "../commits.ts";
import type { Happening } from "../happening.ts";
import { runningOperations } from "../operations.ts";
import { askDeviations, operationDeviations } from "./asking.ts";
import { naturalHappening, timerHappening } from "./moves.ts";
import { peopleDeviations } from "./people.ts";
import type { Simulation } from "./simulation.ts";
import { callDeviations, processDeviations, readingDeviations, worldDeviations } from "./troubles.ts";

/*
 * A schedule is a walk over what can happen next. Naturally the driver does what is due, calls land and are answered,
 * readings are true, and time passes only when nothing else can happen. Everything else is a deviation.
 */

/** Lets one thing happen, as the tape chooses. False if the tape chose the natural thing and there is none. */
export function takeStep(simulation: Simulation, tape: ChoiceTape, trace?: (line: string) => void): boolean {
  const natural = naturalHappening(simulation);
  const troubles = troublesOf(simulation, natural);
  const chosen = tape.choose(1 + troubles.length);
  // Choose the kind of trouble first. Otherwise the many things that people can do would drown the few that calls can.
  const group = troubles[chosen - 1]?.() ?? [];
  const happening = chosen === 0 ? natural : (group[tape.pick(group.length)] ?? null);
  if (happening === null) return false;
  trace?.(`${chosen === 0 ? " " : "*"} ${happening.name}`);
  const known = simulation.store.commits.length;
  happening.happen();
  for (const { events } of simulation.store.commits.slice(known))
    trace?.(`      ${events.map(describeEvent).join(", ")}`);
  return true;
}

type Trouble = () => readonly Happening[];

/** The kinds of trouble that are possible now. Each lists its happenings only once it is chosen. */
function troublesOf(simulation: Simulation, natural: Happening | null): readonly Trouble[] {
  const { world, readings, asks, storms } = simulation;
  const timer = timerHappening(simulation);
  const early: Trouble[] =
    timer === null || timer.inMs > 600_000 || timer.name === natural?.name
      ? []
      : [() => [{ name: "time passes", happen: timer.happen }]];
  const kinds: readonly {
    readonly list: (simulation: Simulation) => readonly Happening[];
    readonly isOpen: boolean;
  }[] = [
    {
      list: callDeviations,
      isOpen: world.calls.some(({ told, fate }) => told === null || fate === "air" || fate === "landed"),
    },
    { list: readingDeviations, isOpen: readings.length > 0 },
    { list: processDeviations, isOpen: true },
    { list: worldDeviations, isOpen: true },
    { list: peopleDeviations, isOpen: true },
  ];
  return [
    ...early,
    // Long operations come with trouble of every kind: they are asked about while other things go wrong.
    ...(asks.length > 0 ? [() => askDeviations(simulation)] : []),
    ...(runningOperations(world).length > 0 ? [() => operationDeviations(simulation)] : []),
    ...kinds.flatMap(({ list, isOpen }, index) => (isOpen && storms.includes(index) ? [() => list(simulation)] : [])),
  ];
}

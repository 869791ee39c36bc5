import type { World, WorldStep } from "../world.ts";
import type { UndoWrite, UndoWrites } from "./undo-writes.ts";

/** A part of a plan: some facts, and every step that sets one of them on the way forth or back. */
export interface Slice {
  readonly facts: ReadonlySet<string>;
  /** Places of steps, in the order of the plan. */
  readonly steps: readonly number[];
  /** Whether an action after an undo sets one of the facts, so that the order of a way back is not newest first. */
  readonly hasThenRun: boolean;
}

/** At most so many writes without a way back are followed beside the steps of a slice. */
const blockersMax = 8;

/**
 * Finds the steps that matter to some facts. A write of a way back that copies a value brings the fact along that it
 * copies, and one that is left out when there is nothing to undo brings along the facts that say so.
 */
export function sliceOf(world: World, undos: UndoWrites, wanted: readonly string[]): Slice {
  const facts = new Set(wanted);
  const steps = new Set<number>();
  for (let size = -1; size !== facts.size + steps.size; ) {
    size = facts.size + steps.size;
    for (const fact of facts) for (const at of world.writersOf.get(fact) ?? []) steps.add(at);
    for (const write of undos.all) if (matters(write, facts)) addWrite(write, { facts, steps, undos });
  }
  const hasThenRun = undos.all.some((write) => write.isThenRun && steps.has(write.owner));
  addBlockers(world, undos, steps);
  return { facts, steps: [...steps].sort((left, right) => left - right), hasThenRun };
}

function matters(write: UndoWrite, facts: ReadonlySet<string>): boolean {
  for (const fact of write.during.keys()) if (facts.has(fact)) return true;
  for (const fact of write.sets.keys()) if (facts.has(fact)) return true;
  return write.restores.some((fact) => facts.has(fact));
}

function addWrite(
  write: UndoWrite,
  into: { readonly facts: Set<string>; readonly steps: Set<number>; readonly undos: UndoWrites },
): void {
  const { facts, steps, undos } = into;
  steps.add(write.owner);
  for (const [fact, to] of write.sets) if (facts.has(fact) && to.kind === "before") facts.add(to.fact);
  if (write.isPlain) return;
  for (const fact of write.restores) facts.add(fact);
  if (!write.isThenRun) return;
  // One action stands for all the undos in a row that ask for the same.
  const keys = new Set(undos.thenRuns.steps.flatMap(({ index, key }) => (index === write.at ? [key] : [])));
  for (const { key, behind } of undos.thenRuns.steps) if (keys.has(key)) steps.add(behind);
  for (const places of undos.thenRuns.places.values())
    for (const { key, covers } of places) if (keys.has(key)) for (const covered of covers) steps.add(covered);
}

/** A way back stops at a write that has none. */
function addBlockers(world: World, { blockers }: UndoWrites, steps: Set<number>): void {
  const near = blockers.filter((at) => !steps.has(at) && [...steps].some((own) => !world.isBefore(at, own)));
  if (near.length <= blockersMax) for (const at of near) steps.add(at);
}

/** Whether neither of two steps waits for the other. */
export function areBeside(world: World, one: WorldStep, other: WorldStep): boolean {
  return one.at !== other.at && !world.isBefore(one.at, other.at) && !world.isBefore(other.at, one.at);
}

// Three kinds of change: one that works, one whose last step the target refuses so that everything is undone, and one
// that bumps.
import type { JsonValue } from "../../src/core/value/json-value.ts";

/** The objects of one slot. Slots share nothing, so that runs of different slots never wait for each other. */
export interface Slot {
  readonly cells: readonly [string, string];
  readonly tally: string;
}

export const slots: readonly Slot[] = [0, 1, 2].map((index) => ({
  cells: [`c${2 * index}`, `c${2 * index + 1}`],
  tally: `t${index}`,
}));

/** The present state of a slot's objects. */
export interface SlotState {
  readonly levels: readonly [number, number];
  readonly count: number;
}

interface StepSketch {
  readonly id: string;
  readonly action: string;
  readonly args: Readonly<Record<string, JsonValue>>;
}

/** A proposal in the wire form. */
export function proposalOf(kind: "works" | "refused" | "bumps", slot: Slot, state: SlotState): string {
  const [first, second] = slot.cells;
  const [firstLevel, secondLevel] = state.levels.map((level) => (level + 1) % 9) as [number, number];
  const set = (id: string, cell: string, level: number): StepSketch => ({
    id,
    action: "cell.set",
    args: { cell, level },
  });
  const steps: readonly StepSketch[] =
    kind === "refused"
      ? [set("set_first", first, firstLevel), set("set_second", second, 9)]
      : [
          set("set_first", first, firstLevel),
          ...(kind === "bumps"
            ? [{ id: "bump", action: "tally.bump", args: { tally: slot.tally, count: state.count + 1 } }]
            : []),
          set("set_second", second, secondLevel),
        ];
  return JSON.stringify({
    format: "interlock.proposal/1",
    goal: `cell.${first}.level == ${firstLevel}`,
    summary: kind,
    decline: "",
    assumptions: [],
    steps: steps.map(({ id, action, args }, index) => ({
      id,
      action,
      purpose: "torture",
      kind: "act",
      after: index === 0 ? [] : [steps[index - 1]?.id],
      when: "",
      expect: [],
      onFailure: kind === "bumps" ? "escalate" : "rollback",
      args: Object.entries(args).map(([name, value]) => ({ name, from: "literal", value: JSON.stringify(value) })),
    })),
  });
}

import type { JsonValue } from "../../value/json-value.ts";
import { isCallStep } from "../kinds/index.ts";
import { thenRunsOf } from "../kinds/undo-calls.ts";
import type { CallStep, ObjectRef, Plan, WavePlace } from "../plan.ts";
import {
  type ChangeDifference,
  differenceOf,
  type FactChange,
  partEqual,
  type StudiedWrite,
  studyWrites,
} from "./study-writes.ts";
import { isOwnObject } from "./write-traits.ts";

/**
 * Writes that are equal but for the object that each of them is about. Nothing that decides what a write does, or
 * whether it is made, differs within a group.
 */
export interface ChangeGroup {
  readonly action: string;
  readonly class: "irreversible" | "reversible";
  readonly stepIds: readonly string[];
  /** The objects that are written, in the order of the steps; `null` for a write that has none. */
  readonly targets: readonly (ObjectRef | null)[];
  /** What the action declares that it does; empty if it declares nothing. */
  readonly changes: readonly FactChange[];
  /** What facts are while the write is under way. */
  readonly meanwhile: readonly FactChange[];
  /** The arguments beside the object itself. */
  readonly args: readonly ChangeArgument[];
  readonly connection: string;
  readonly operation: string;
  /** The condition over outcomes, as the first step of the group has it; `""` asks for none. */
  readonly when: string;
  /** What must hold before the write; the object itself is called `self`. */
  readonly pre: string;
  readonly onFailure: CallStep["onFailure"];
  /** The action that undoes the write; `null` if there is none. */
  readonly wayBack: string | null;
  /** What runs once a write of the group is undone, in this order; empty where nothing does. */
  readonly thenRun: readonly ChangeThenRun[];
  /** Whether the target itself compares what it was when it is written. */
  readonly fenced: boolean;
  readonly waves: ChangeWaves | null;
  /** Where each object sends a value that no other sends, such as its address. */
  readonly ownValues: readonly OwnValue[];
  /** The first group of the same action, if it comes earlier, and in what the two differ. */
  readonly differs: { readonly from: number; readonly in: readonly ChangeDifference[] } | null;
}

/** An argument of a write: a value, or a part of what an earlier step gives, which is known only while running. */
export type ChangeArgument =
  | { readonly name: string; readonly kind: "literal"; readonly value: JsonValue }
  | { readonly name: string; readonly kind: "output"; readonly stepId: string; readonly path: string };

/** An action that runs once a write is undone. */
export interface ChangeThenRun {
  readonly action: string;
  /** What it acts on, for each write of the group, each once. */
  readonly targets: readonly (ObjectRef | null)[];
  /** The steps that it puts right, so that they are not undone by themselves. */
  readonly covers: readonly string[];
}

/** A place in what is sent, as a JSON Pointer, and what each step of the group has there, as canonical JSON. */
export interface OwnValue {
  readonly at: string;
  readonly values: readonly string[];
}

/** A fleet that a group belongs to. */
export interface ChangeWaves {
  readonly of: string;
  readonly count: number;
  /** How many steps there are in all waves together. */
  readonly size: number;
  /** A wave begins only while at most this many have failed. */
  readonly abortAbove: number;
}

/**
 * The writes of a plan, equal ones together: those that cannot be undone first, then in the order of the plan.
 *
 * Cost: O(size of the plan), and O(steps × different edges / 32) for what runs before each of them.
 */
export function groupChanges(plan: Plan): readonly ChangeGroup[] {
  const groups = partEqual(studyWrites(plan));
  const sizes = fleetSizes(plan);
  const ordered = [
    ...groups.filter(([first]) => first?.step.class === "irreversible"),
    ...groups.filter(([first]) => first?.step.class !== "irreversible"),
  ];
  const firstOf = new Map<string, number>();
  return ordered.flatMap((members, index) => {
    const [first] = members;
    if (first === undefined) return [];
    const from = firstOf.get(first.step.action);
    const earlier = from === undefined ? undefined : ordered[from]?.[0];
    if (from === undefined) firstOf.set(first.step.action, index);
    const differs = from === undefined || earlier === undefined ? null : { from, in: differenceOf(earlier, first) };
    return [groupOf(first, members, { differs, sizes })];
  });
}

function groupOf(
  first: StudiedWrite,
  members: readonly StudiedWrite[],
  from: { readonly differs: ChangeGroup["differs"]; readonly sizes: ReadonlyMap<string, number> },
): ChangeGroup {
  const { step } = first;
  const { differs, sizes } = from;
  return {
    action: step.action,
    class: step.class === "reversible" ? "reversible" : "irreversible",
    stepIds: members.map((member) => member.step.id),
    targets: members.map((member) => member.step.target),
    changes: first.changes,
    meanwhile: first.meanwhile,
    args: argumentsOf(step),
    connection: step.call.connection,
    operation: step.call.operation,
    when: first.when,
    pre: first.pre,
    onFailure: step.onFailure,
    wayBack: step.compensation?.action ?? null,
    thenRun: thenRunsOf(step).map(({ action }, position) => {
      const each = members.flatMap((member) => thenRunsOf(member.step)[position] ?? []);
      return {
        action,
        targets: [...new Set(each.map(({ target }) => target))],
        covers: [...new Set(each.flatMap(({ covers }) => covers))],
      };
    }),
    fenced: step.fenced,
    waves: step.wave === undefined ? null : wavesOf(step.wave, sizes),
    ownValues: ownValuesOf(first, members),
    differs,
  };
}

/** How many steps each fleet of a plan has. */
function fleetSizes(plan: Plan): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const step of plan.steps)
    if (isCallStep(step) && step.wave !== undefined) sizes.set(step.wave.of, (sizes.get(step.wave.of) ?? 0) + 1);
  return sizes;
}

function wavesOf({ of, count, abortAbove }: WavePlace, sizes: ReadonlyMap<string, number>): ChangeWaves {
  return { of, count, size: sizes.get(of) ?? 0, abortAbove };
}

function argumentsOf({ args, target }: CallStep): readonly ChangeArgument[] {
  return args.flatMap(({ name, type, value }): readonly ChangeArgument[] => {
    if (value.kind === "output")
      return [{ name, kind: "output", stepId: value.stepId, path: `/${value.field}${value.pointer}` }];
    return isOwnObject({ type, value: value.value }, target) ? [] : [{ name, kind: "literal", value: value.value }];
  });
}

function ownValuesOf(first: StudiedWrite, members: readonly StudiedWrite[]): readonly OwnValue[] {
  return [...first.sent].flatMap(([at, value]) => {
    const values = members.map(({ sent }) => sent.get(at) ?? "null");
    return values.every((other) => other === value) ? [] : [{ at, values }];
  });
}

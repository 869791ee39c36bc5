import { canonicalText } from "../../value/canonical.ts";
import type { Digest } from "../../value/digest.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../value/json-value.ts";
import { childPointer } from "../../value/pointer.ts";
import { joined, printable, type ScreenText, screen } from "../../value/screen.ts";
import { sortedUnique } from "../../value/sorted-unique.ts";
import { titleOf } from "../kinds/index.ts";
import type { Plan } from "../plan.ts";
import { planHash, planName } from "../plan-hash.ts";

/**
 * How two plans differ. Steps and objects are matched by name, so that a step that moved or was inserted does not make
 * the others differ.
 */
export interface PlanDiff {
  readonly format: "interlock.diff/1";
  readonly before: Digest;
  readonly after: Digest;
  readonly steps: readonly StepChange[];
  /** Everything but steps and pins, by JSON Pointer (names instead of indices). */
  readonly changes: readonly Change[];
  /** The world and the definitions the plans were made for. */
  readonly pins: readonly Change[];
  /** Whether the steps both have stand in another order. */
  readonly isReordered: boolean;
}

/** How one step differs. A step is the same one in both plans if it has the same id. */
export type StepChange =
  | { readonly kind: "added" | "removed"; readonly id: string; readonly title: string }
  | { readonly kind: "changed"; readonly id: string; readonly title: string; readonly changes: readonly Change[] };

/** One difference; `null` stands for a value that is missing. */
export interface Change {
  readonly pointer: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
}

/** Compares two plans, field by field. Equal plans have equal hashes and no differences. */
export function diffPlans(before: Plan, after: Plan): PlanDiff {
  const [oldRest, newRest] = [before, after].map(({ steps: _steps, pins: _pins, ...rest }) => rest);
  const shared = (plan: Plan, other: Plan): string =>
    plan.steps
      .filter((step) => other.steps.some((candidate) => candidate.id === step.id))
      .map((step) => step.id)
      .join();
  return {
    format: "interlock.diff/1",
    before: planHash(before),
    after: planHash(after),
    steps: diffSteps(before, after),
    changes: diffValues(asJson(oldRest), asJson(newRest), ""),
    pins: diffValues(asJson(before.pins), asJson(after.pins), ""),
    isReordered: shared(before, after) !== shared(after, before),
  };
}

/** The difference as lines for a terminal, with escapes inert. */
export function renderDiff(diff: PlanDiff): string {
  const lines: ScreenText[] = [
    screen`${planName(diff.before)} → ${planName(diff.after)}`,
    ...diff.steps.flatMap((step) => [
      screen`${step.kind === "added" ? "+" : step.kind === "removed" ? "-" : "~"} ${step.id}  ${step.title}`,
      ...(step.kind === "changed" ? step.changes.map((change) => screen`    ${renderChange(change)}`) : []),
    ]),
    ...(diff.isReordered ? [screen`~ the steps stand in another order`] : []),
    ...diff.changes.map((change) => screen`~ ${renderChange(change)}`),
    ...diff.pins.map((change) => screen`~ pin ${renderChange(change)}`),
  ];
  return printable(screen`${joined(lines.length === 1 ? [...lines, screen`no difference`] : lines, "\n")}\n`);
}

function renderChange({ pointer, before, after }: Change): string {
  return `${pointer === "" ? "/" : pointer}: ${canonicalText(before)} → ${canonicalText(after)}`;
}

function diffSteps(before: Plan, after: Plan): readonly StepChange[] {
  const removed = before.steps.filter((step) => !after.steps.some((other) => other.id === step.id));
  return [
    ...removed.map((step): StepChange => ({ kind: "removed", id: step.id, title: titleOf(step) })),
    ...after.steps.flatMap((step): readonly StepChange[] => {
      const old = before.steps.find((other) => other.id === step.id);
      if (old === undefined) return [{ kind: "added", id: step.id, title: titleOf(step) }];
      const changes = diffValues(asJson(old), asJson(step), "");
      return changes.length === 0 ? [] : [{ kind: "changed", id: step.id, title: titleOf(step), changes }];
    }),
  ];
}

// The fields that can name an item of a list, in the order in which they are tried.
const nameKeys: readonly string[] = ["id", "object", "name", "fact"];

function diffValues(before: JsonValue, after: JsonValue, pointer: string): readonly Change[] {
  if (canonicalText(before) === canonicalText(after)) return [];
  const [old, young] = [asNamed(before), asNamed(after)];
  if (old === undefined || young === undefined) return [{ pointer, before, after }];
  const keys = sortedUnique([...old.keys(), ...young.keys()]);
  const changes = keys.flatMap((key) => {
    const [left, right] = [old.get(key), young.get(key)];
    return left === undefined || right === undefined
      ? [{ pointer: childPointer(pointer, key), before: left ?? null, after: right ?? null }]
      : diffValues(left, right, childPointer(pointer, key));
  });
  // The same named items stand in another order.
  return changes.length === 0 ? [{ pointer, before, after }] : changes;
}

/**
 * An object, or a list of named items, as a map; `undefined` for a leaf. A list of items without names is a leaf too.
 */
function asNamed(value: JsonValue): ReadonlyMap<string, JsonValue> | undefined {
  if (isJsonObject(value)) return new Map(Object.entries(value));
  if (!isJsonArray(value) || value.length === 0) return undefined;
  const named = value.map((item) => {
    const key = isJsonObject(item) ? nameKeys.find((candidate) => typeof item[candidate] === "string") : undefined;
    return key === undefined || !isJsonObject(item) ? undefined : ([String(item[key]), item] as const);
  });
  const known = named.filter((entry) => entry !== undefined);
  const map = new Map<string, JsonValue>(known);
  return known.length === value.length && map.size === value.length ? map : undefined;
}

/** A plan is plain data. The type checker cannot see that, but writing it as canonical text asserts it. */
function asJson(value: object | undefined): JsonValue {
  return value as JsonValue;
}

import type { Waves } from "../../domain/domain.ts";
import { type Formula, joinLogic } from "../../guard/formula.ts";
import { invariant } from "../../value/invariant.ts";
import { proposedKind } from "../kinds/index.ts";
import type { ProposedStep } from "../wire/proposal.ts";
import { atMostFailed, atMostSize } from "./at-most.ts";
import { hasNotRun, hasRun } from "./outcome-condition.ts";
import type { WorkStep } from "./work-step.ts";

/*
 * A write over a fleet. Between two waves stands a barrier: a wait of one millisecond. It runs only if the earlier
 * waves let it, and every step of the next wave waits for it. So the condition is written once per wave and not once
 * per step, and a plan grows with the fleet and not with its square.
 *
 *   s1_1  ─►  s1_wave2  ─►  s1_2, s1_3  ─►  s1_wave3  ─►  s1_4  ─►  s1_waves  ─►  what waits for s1
 *
 * Without `onFailure: branch` a single failure already ends the run, and a barrier asks only that the whole previous
 * wave ran. With it, barriers count failures, and `s1_waves` stands behind the last wave. If the canary ran and
 * `s1_waves` does not, the plan escalates.
 *
 * A small fleet is counted by a formula over its outcomes (`atMostFailed`). For a large one that formula would have
 * millions of comparisons, so its barriers have a limit of failures instead (`WaitStep.failures`).
 */

/** What one proposed step has become, in waves. */
export interface ArrangedWaves {
  /** The canary; it waits for what the proposed step waits for. */
  readonly entries: readonly WorkStep[];
  /** Barriers and later waves; their `after` is final. */
  readonly followers: readonly WorkStep[];
  /** What waits for the proposed step waits for these. */
  readonly exits: readonly string[];
  readonly counted: CountedWaves | null;
}

/** Waves that go on after failures. */
export interface CountedWaves {
  readonly of: string;
  readonly stepCount: number;
  readonly failedMax: number;
  /** Every step of every wave. */
  readonly members: readonly string[];
  /** A step that runs once the waves have begun. */
  readonly first: string;
  /** A step that runs once all waves are over, unless more steps failed than may. */
  readonly passed: string;
}

/** Beyond so many comparisons in one barrier, or in all of one step together, the kernel counts the failures. */
const comparisonsMax = { barrier: 4_000, together: 10_000 } as const;

/**
 * The sizes of the waves that this many steps go in, the canary first. A percentage is of the whole fleet and rounded
 * down, so that a wave is never larger than declared; it is never empty.
 */
export function waveSizes(count: number, waves: Waves): readonly number[] {
  const batch =
    waves.batch.kind === "count" ? waves.batch.count : Math.max(1, Math.floor((count * waves.batch.percent) / 100));
  const sizes: number[] = [];
  for (let left = count; left > 0; left -= sizes.at(-1) ?? left)
    sizes.push(Math.min(left, sizes.length === 0 ? waves.canary : batch));
  return sizes;
}

/** Arranges the expansions of one proposed step in waves, in their order. */
export function arrangeWaves(steps: readonly WorkStep[], waves: Waves): ArrangedWaves {
  const [first] = steps;
  invariant(first !== undefined, "there are steps to arrange in waves");
  const isCounted = first.source.onFailure === "branch";
  const failedMax = isCounted ? waves.abortAbove : 0;
  const groups = inGroups(steps, { sizes: waveSizes(steps.length, waves), abortAbove: failedMax });
  const isLarge = isCounted && isLargeCount(groups, failedMax);
  const barriers = groups
    .slice(1)
    .map((_, index) => barrierBefore(first, { groups, number: index + 2, failedMax, isCounted, isLarge }));
  const followers = barriers.flatMap((barrier, index) => [
    barrier,
    ...(groups[index + 1] ?? []).map((step) => behind(step, barrier.id)),
  ]);
  const entries = groups[0] ?? [];
  if (!isCounted) return { entries, followers, exits: (groups.at(-1) ?? []).map((step) => step.id), counted: null };
  const last = lastBarrier(first, { groups, failedMax, isLarge });
  const counted = {
    of: first.source.id,
    stepCount: steps.length,
    failedMax,
    members: steps.map((step) => step.id),
    first: first.id,
    passed: last.id,
  };
  return { entries, followers: [...followers, last], exits: [last.id], counted };
}

/**
 * What a step with a condition of its own must ask in addition: that the waves were skipped or are over, not given up.
 */
export function notGivenUp({ first, passed }: CountedWaves): Formula {
  return joinLogic<Formula>("||", [hasNotRun(first), hasRun(passed)], 0);
}

/** That the waves began and more steps failed than may. */
export function givenUp({ first, passed }: CountedWaves): Formula {
  return joinLogic<Formula>("&&", [hasRun(first), hasNotRun(passed)], 0);
}

type Groups = readonly (readonly WorkStep[])[];

function inGroups(
  steps: readonly WorkStep[],
  from: { readonly sizes: readonly number[]; readonly abortAbove: number },
): Groups {
  const { sizes, abortAbove } = from;
  let start = 0;
  return sizes.map((size, index) => {
    const group = steps.slice(start, start + size);
    start += size;
    return group.map((step) => ({
      ...step,
      wave: { of: step.source.id, number: index + 1, count: sizes.length, abortAbove },
    }));
  });
}

function isLargeCount(groups: Groups, failedMax: number): boolean {
  let before = 0;
  const sizes = groups.map((group) => {
    before += group.length;
    return atMostSize(before, failedMax);
  });
  const together = sizes.reduce((sum, size) => sum + size, 0);
  return Math.max(...sizes) > comparisonsMax.barrier || together > comparisonsMax.together;
}

interface BarrierParts {
  readonly groups: Groups;
  readonly number: number;
  readonly failedMax: number;
  readonly isCounted: boolean;
  readonly isLarge: boolean;
}

function barrierBefore(first: WorkStep, parts: BarrierParts): WorkStep {
  const { groups, number, failedMax, isCounted, isLarge } = parts;
  const of = first.source.id;
  const before = groups
    .slice(0, number - 1)
    .flat()
    .map((step) => step.id);
  const limit = describeLimit(before.length, isCounted ? failedMax : 0);
  const purpose = `wave ${number} of ${groups.length} of ${of} begins if ${limit}`;
  const id = `${of}_wave${number}`;
  const last = (groups[number - 2] ?? []).map((step) => step.id);
  if (isLarge) return countingBarrier(first, { id, last, purpose, failedMax });
  if (isCounted) return barrier(first, { id, after: before, purpose, demand: mayGoOn(first, before, failedMax) });
  return barrier(first, { id, after: last, purpose, demand: null });
}

// It waits for the wave before it alone: that wave waited for the barrier before, and so for all earlier ones.
function countingBarrier(
  first: WorkStep,
  from: {
    readonly id: string;
    readonly last: readonly string[];
    readonly purpose: string;
    readonly failedMax: number;
  },
): WorkStep {
  const { id, last, purpose, failedMax } = from;
  const after = [...new Set([first.id, ...last])];
  const failures = { of: first.source.id, max: failedMax };
  return { ...barrier(first, { id, after, purpose, demand: hasRun(first.id) }), failures };
}

function lastBarrier(
  first: WorkStep,
  from: { readonly groups: Groups; readonly failedMax: number; readonly isLarge: boolean },
): WorkStep {
  const { groups, failedMax, isLarge } = from;
  const of = first.source.id;
  const id = `${of}_waves`;
  const all = groups.flat().map((step) => step.id);
  const purpose = `${of} is over, and well if ${describeLimit(all.length, failedMax)}`;
  const last = (groups.at(-1) ?? []).map((step) => step.id);
  if (isLarge) return countingBarrier(first, { id, last, purpose, failedMax });
  return barrier(first, { id, after: all, purpose, demand: mayGoOn(first, all, failedMax) });
}

function describeLimit(count: number, failedMax: number): string {
  if (failedMax >= count) return `the ${count} before ran, done or failed`;
  return failedMax === 0 ? `none of the ${count} before failed` : `at most ${failedMax} of the ${count} before failed`;
}

// A step that was skipped has not failed, so the barrier also asks that the canary ran. If a later wave was skipped,
// too many steps failed before it, and those still count.
function mayGoOn(first: WorkStep, ids: readonly string[], failedMax: number): Formula {
  const limit = atMostFailed(ids, failedMax);
  return joinLogic<Formula>("&&", [hasRun(first.id), ...(limit === undefined ? [] : [limit])], 0);
}

function barrier(
  first: WorkStep,
  from: {
    readonly id: string;
    readonly after: readonly string[];
    readonly purpose: string;
    readonly demand: Formula | null;
  },
): WorkStep {
  const { id, after, purpose, demand } = from;
  const source: ProposedStep = {
    id,
    action: "",
    purpose,
    kind: "wait",
    after,
    when: "",
    args: [{ name: "forMs", from: "literal", value: "1" }],
    expect: [],
    onFailure: "stop",
  };
  return {
    id,
    source,
    pointer: first.pointer,
    action: null,
    parameters: proposedKind("wait").parameters,
    each: null,
    after,
    demand,
    wave: null,
    failures: null,
  };
}

/** A step of a later wave waits for its barrier alone. What the proposed step asks was asked before the first wave. */
function behind(step: WorkStep, barrierId: string): WorkStep {
  return { ...step, source: { ...step.source, after: [barrierId], when: "" }, after: [barrierId] };
}

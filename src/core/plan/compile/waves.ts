import type { Waves } from "../../domain/domain.ts";
import { type Formula, joinLogic, referTo } from "../../guard/formula.ts";
import { problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { quote } from "../../value/text.ts";
import type { ProposedStep } from "../wire/proposal.ts";
import { atMostFailed, atMostSize } from "./at-most.ts";
import type { Compilation } from "./compilation.ts";
import type { WorkStep } from "./expand-steps.ts";
import { notRun } from "./outcomes.ts";

/*
 * A write over a fleet. Between two waves stands a barrier: a wait of a millisecond that runs only if the waves before let it, and
 * for which every step of the next wave waits. So the condition is written once a wave and not once a step, and a plan grows
 * with the fleet and not with its square.
 *
 *   s1_1  ─►  s1_wave2  ─►  s1_2, s1_3  ─►  s1_wave3  ─►  s1_4  ─►  s1_waves  ─►  what waits for s1
 *
 * Without `onFailure: branch` one failure ends the run by itself, and a barrier asks that all of the wave before ran. With it a barrier
 * counts, and `s1_waves` stands behind the last wave: where it does not run although the canary did, the plan escalates.
 */

/** What one step has become, in waves. */
export interface ArrangedWaves {
  /** The canary: it waits for what the proposed step waits for. */
  readonly entries: readonly WorkStep[];
  /** Barriers and later waves, their `after` final. */
  readonly followers: readonly WorkStep[];
  /** What a step waits for that waits for the proposed one. */
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
  /** Ran: the waves have begun. */
  readonly first: string;
  /** Ran: all waves are over, and no more have failed than may. */
  readonly passed: string;
}

/** Comparisons that one barrier may make, which the kernel reads back, and that the barriers of one step may make together, which are checked. */
const comparisonsMax = { barrier: 4_000, together: 10_000 } as const;

/**
 * Sizes of the waves of so many steps, the canary first. A share is of the whole fleet, rounded down: a wave is never larger than
 * declared, and never empty.
 */
export function waveSizes(count: number, waves: Waves): readonly number[] {
  const batch =
    waves.batch.kind === "count" ? waves.batch.count : Math.max(1, Math.floor((count * waves.batch.percent) / 100));
  const sizes: number[] = [];
  for (let left = count; left > 0; left -= sizes.at(-1) ?? left)
    sizes.push(Math.min(left, sizes.length === 0 ? waves.canary : batch));
  return sizes;
}

/** Puts the steps that one proposed step has become in waves, in their order; `undefined` when that was refused. */
export function arrangeWaves(
  compilation: Compilation,
  steps: readonly WorkStep[],
  waves: Waves,
): ArrangedWaves | undefined {
  const [first] = steps;
  invariant(first !== undefined, "what is put in waves has steps");
  const isCounted = first.source.onFailure === "branch";
  const failedMax = isCounted ? waves.abortAbove : 0;
  const groups = inGroups(steps, { sizes: waveSizes(steps.length, waves), abortAbove: failedMax });
  if (isCounted && refuseLargeCount(compilation, first, { groups, failedMax })) return undefined;
  const barriers = groups
    .slice(1)
    .map((_, index) => barrierBefore(first, { groups, number: index + 2, failedMax, isCounted }));
  const followers = barriers.flatMap((barrier, index) => [
    barrier,
    ...(groups[index + 1] ?? []).map((step) => behind(step, barrier.id)),
  ]);
  const entries = groups[0] ?? [];
  if (!isCounted) return { entries, followers, exits: (groups.at(-1) ?? []).map((step) => step.id), counted: null };
  const last = lastBarrier(first, { groups, failedMax });
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

/** What a step with a condition of its own must ask besides: that the waves it waits for were skipped or are over, not given up. */
export function notGivenUp({ first, passed }: CountedWaves): Formula {
  return joinLogic<Formula>("||", [compare(first, "==", notRun), compare(passed, "!=", notRun)], 0);
}

/** The waves began and more steps failed than may. */
export function givenUp({ first, passed }: CountedWaves): Formula {
  return joinLogic<Formula>("&&", [compare(first, "!=", notRun), compare(passed, "==", notRun)], 0);
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

function refuseLargeCount(
  compilation: Compilation,
  first: WorkStep,
  from: { readonly groups: Groups; readonly failedMax: number },
): boolean {
  const { groups, failedMax } = from;
  const before = groups.map((_, index) => groups.slice(0, index + 1).reduce((sum, group) => sum + group.length, 0));
  const sizes = before.map((count) => atMostSize(count, failedMax));
  const together = sizes.reduce((sum, size) => sum + size, 0);
  if (Math.max(...sizes) <= comparisonsMax.barrier && together <= comparisonsMax.together) return false;
  const claim = `counting up to ${failedMax} failures of ${quote(first.source.id)} in ${groups.length} waves over ${before.at(-1) ?? 0} objects takes ${together} comparisons, at most ${comparisonsMax.together} and ${comparisonsMax.barrier} a wave`;
  compilation.problems.push(problem("E_PLAN_WAVES", first.pointer, claim));
  return true;
}

interface BarrierParts {
  readonly groups: Groups;
  readonly number: number;
  readonly failedMax: number;
  readonly isCounted: boolean;
}

function barrierBefore(first: WorkStep, { groups, number, failedMax, isCounted }: BarrierParts): WorkStep {
  const of = first.source.id;
  const before = groups
    .slice(0, number - 1)
    .flat()
    .map((step) => step.id);
  const purpose = `wave ${number} of ${groups.length} of ${of} begins if ${describeLimit(before.length, isCounted ? failedMax : 0)}`;
  const id = `${of}_wave${number}`;
  if (isCounted) return barrier(first, { id, after: before, purpose, demand: mayGoOn(first, before, failedMax) });
  return barrier(first, { id, after: (groups[number - 2] ?? []).map((step) => step.id), purpose, demand: null });
}

function lastBarrier(
  first: WorkStep,
  { groups, failedMax }: { readonly groups: Groups; readonly failedMax: number },
): WorkStep {
  const of = first.source.id;
  const all = groups.flat().map((step) => step.id);
  return barrier(first, {
    id: `${of}_waves`,
    after: all,
    purpose: `${of} is over, and well if ${describeLimit(all.length, failedMax)}`,
    demand: mayGoOn(first, all, failedMax),
  });
}

function describeLimit(count: number, failedMax: number): string {
  if (failedMax >= count) return `the ${count} before ran, done or failed`;
  return failedMax === 0 ? `none of the ${count} before failed` : `at most ${failedMax} of the ${count} before failed`;
}

// Of steps that were skipped none has failed: that the canary ran is asked besides. A later wave that was skipped had too many
// failures before it, and they still count.
function mayGoOn(first: WorkStep, ids: readonly string[], failedMax: number): Formula {
  const limit = atMostFailed(ids, failedMax);
  return joinLogic<Formula>("&&", [compare(first.id, "!=", notRun), ...(limit === undefined ? [] : [limit])], 0);
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
    parameters: barrierParameters,
    each: null,
    after,
    demand,
    wave: null,
  };
}

const barrierParameters: WorkStep["parameters"] = [
  {
    name: "forMs",
    type: { kind: "integer", min: 1, max: 1 },
    summary: "",
    integrityMin: "proposer",
    confidentialityMax: "internal",
  },
];

/** A step of a later wave: when it runs is the barrier's to say, which asked what the proposed step asks. */
function behind(step: WorkStep, barrierId: string): WorkStep {
  return { ...step, source: { ...step.source, after: [barrierId], when: "" }, after: [barrierId] };
}

function compare(id: string, operator: "==" | "!=", outcome: string): Formula {
  return {
    kind: "comparison",
    operator,
    left: referTo([id], 0),
    right: { kind: "constant", value: outcome, column: 0 },
    column: 0,
  };
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draftFleet, scaleAll } from "../../../../test/support/fleet.ts";
import { literal, probeLoad, scale, step } from "../../../../test/support/proposals.ts";
import type { Waves } from "../../domain/domain.ts";
import { evaluateGuard } from "../../guard/evaluate-guard.fixture.ts";
import type { Formula } from "../../guard/formula.ts";
import { parseCompiledGuard } from "../../guard/parse-guard.ts";
import { canonicalText } from "../../value/canonical.ts";
import type { PlanStep } from "../plan.ts";
import type { ProposedStep } from "../wire/proposal.ts";

type Steps = readonly PlanStep[];

const twoByTwo: Waves = { canary: 1, batch: { kind: "count", count: 2 }, abortAbove: 0 };
const forgiving: Waves = { ...twoByTwo, abortAbove: 1 };

/*
 * An interpreter of the wire form, of its own: everything that can start has started, any step under way may settle
 * next, as done or as failed. It knows which object belongs to which wave from the declaration alone.
 */
interface World {
  readonly steps: Steps;
  readonly waveOf: ReadonlyMap<string, number>;
  readonly failedMax: number;
  /** Whether the rest goes on when an ending is reached, so that a second one would show. */
  readonly showsSecondEnding: boolean;
}

/** Explores every order of settlements and outcomes; tells what went wrong, and how many states there were. */
function explore(world: World): {
  readonly wrong: readonly string[];
  readonly stateCount: number;
  readonly endings: ReadonlySet<string>;
} {
  const [wrong, endings] = [new Set<string>(), new Set<string>()];
  const stateCount = walk(world, { wrong, atRest: (state) => endings.add(endingOf(world, state, wrong)) });
  return { wrong: [...wrong], stateCount, endings };
}

/** The endings that runs of a plan come to, whatever stands in it; two at once would stand joined. */
function exploreEndings(steps: Steps): ReadonlySet<string> {
  const endings = new Set<string>();
  const atRest = (state: ReadonlyMap<string, string>): unknown =>
    endings.add(
      steps
        .filter((found) => state.get(found.id) === "ended")
        .map((found) => found.kind)
        .join(" and "),
    );
  walk(
    { steps, waveOf: new Map(), failedMax: Number.POSITIVE_INFINITY, showsSecondEnding: true },
    { wrong: new Set(), atRest },
  );
  return endings;
}

function walk(
  world: World,
  { wrong, atRest }: { readonly wrong: Set<string>; readonly atRest: (state: ReadonlyMap<string, string>) => unknown },
): number {
  const seen = new Set<string>();
  const open = [startAll(world, new Map(), wrong)];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const key = canonicalText(Object.fromEntries(state));
    if (seen.has(key)) continue;
    seen.add(key);
    const underWay = world.steps.filter((found) => state?.get(found.id) === "under way");
    if (underWay.length === 0) atRest(state);
    for (const found of underWay) {
      for (const outcome of outcomesOf(found))
        open.push(startAll(world, new Map([...state, [found.id, outcome]]), wrong));
    }
  }
  return seen.size;
}

function outcomesOf(found: PlanStep): readonly string[] {
  if (found.kind === "act")
    return found.onFailure === "branch" || found.wave !== undefined ? ["done", "failed"] : ["done"];
  return found.kind === "probe"
    ? [...found.outcomes.map((outcome) => outcome.name), "none_of_these", "no_answer"]
    : ["elapsed"];
}

function startAll(world: World, from: ReadonlyMap<string, string>, wrong: Set<string>): ReadonlyMap<string, string> {
  const state = new Map(from);
  for (const found of world.steps) {
    if (state.has(found.id) || isOver(world, state)) continue;
    const isReady = found.after.every(
      (id) => state.has(id) && state.get(id) !== "under way" && state.get(id) !== "ended",
    );
    if (!isReady) continue;
    if (!holds(found, state)) state.set(found.id, "not_run");
    else if (found.kind === "escalate" || found.kind === "end") state.set(found.id, "ended");
    else {
      if (found.kind === "act") checkStart(world, { found, state, wrong });
      state.set(found.id, "under way");
    }
  }
  return state;
}

function isOver({ steps, showsSecondEnding }: World, state: ReadonlyMap<string, string>): boolean {
  return steps.some(
    (found) =>
      (state.get(found.id) === "ended" && !showsSecondEnding) ||
      (found.kind === "act" && found.onFailure !== "branch" && state.get(found.id) === "failed"),
  );
}

function holds(found: PlanStep, state: ReadonlyMap<string, string>): boolean {
  if (found.when === "") return found.after.every((id) => state.get(id) !== "not_run");
  const parsed = parseCompiledGuard(found.when);
  if (!parsed.ok) throw new Error(found.when);
  return evaluateGuard({ formula: parsed.value as Formula, reads: [] }, (id) => state.get(id));
}

function checkStart(
  { steps, waveOf, failedMax }: World,
  at: { readonly found: PlanStep; readonly state: ReadonlyMap<string, string>; readonly wrong: Set<string> },
): void {
  const wave = waveNumber(at.found, waveOf);
  const acts = steps.filter((other) => other.kind === "act");
  for (const other of acts) {
    const known = at.state.get(other.id);
    if (waveNumber(other, waveOf) < wave && (known === undefined || known === "under way"))
      at.wrong.add(`${at.found.id} starts before ${other.id} has settled`);
    if (waveNumber(other, waveOf) > wave && known !== undefined)
      at.wrong.add(`${at.found.id} starts behind ${other.id}`);
  }
  const failed = acts.filter((other) => at.state.get(other.id) === "failed").length;
  if (failed > failedMax) at.wrong.add(`${at.found.id} starts after ${failed} failures`);
}

function waveNumber(found: PlanStep, waveOf: ReadonlyMap<string, number>): number {
  return found.kind === "act" ? (waveOf.get(found.target ?? "") ?? Number.NaN) : 0;
}

/** What a run that has come to rest came to; it must be what the failures say. */
function endingOf({ steps, failedMax }: World, state: ReadonlyMap<string, string>, wrong: Set<string>): string {
  const acts = steps.filter((found) => found.kind === "act");
  const failed = acts.filter((found) => state.get(found.id) === "failed").length;
  const reached = steps.filter((found) => state.get(found.id) === "ended").map((found) => found.kind);
  const isCounted = acts.some((found) => found.kind === "act" && found.onFailure === "branch");
  const expected = failed <= failedMax ? "end" : isCounted ? "escalate" : "";
  if (reached.join() !== expected) wrong.add(`${failed} failures end in \`${reached.join()}\``);
  if (expected === "end" && acts.some((found) => !["done", "failed"].includes(state.get(found.id) ?? "")))
    wrong.add("it ends with objects left out");
  return expected;
}

/** The wave of each object by its number, counted out by hand. */
function countOut(size: number, { canary, batch }: Waves): ReadonlyMap<string, number> {
  const perWave = batch.kind === "count" ? batch.count : Math.max(1, Math.trunc((batch.percent / 100) * size));
  const ids = Array.from({ length: size }, (_, index) => `deploy/d${String(index + 1).padStart(2, "0")}`);
  return new Map(ids.map((id, index) => [id, index < canary ? 1 : 2 + Math.floor((index - canary) / perWave)]));
}

const anyFleet = fc.record({
  size: fc.integer({ min: 1, max: 7 }),
  canary: fc.integer({ min: 1, max: 3 }),
  abortAbove: fc.integer({ min: 0, max: 3 }),
  goesOn: fc.boolean(),
  batch: fc.oneof(
    fc.record({ kind: fc.constant("count" as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant("percent" as const), percent: fc.constantFrom(10, 25, 34, 50, 100) }),
  ),
});

describe("waves, over every order in which steps settle and every outcome", () => {
  it("start in order, stop after too many failures, and reach the one ending that is right", () => {
    const total = { states: 0, endings: new Set<string>() };

    fc.assert(
      fc.property(anyFleet, ({ size, goesOn, ...waves }) => {
        const { steps } = draftFleet([scaleAll("s1", { onFailure: goesOn ? "branch" : "stop" })], { size, waves });
        const found = explore({
          steps,
          waveOf: countOut(size, waves),
          failedMax: goesOn ? waves.abortAbove : 0,
          showsSecondEnding: false,
        });
        total.states += found.stateCount;
        found.endings.forEach((ending) => total.endings.add(ending));
        expect(found.wrong).toEqual([]);
      }),
      { numRuns: 150, seed: 43 },
    );

    expect([...total.endings].sort()).toEqual(["", "end", "escalate"]);
    expect(total.states).toBeGreaterThan(5_000);
  });

  it("reach exactly one ending beside, behind and before whatever else the plan does", () => {
    const some = (id: string, names: readonly string[], change: Partial<ProposedStep> = {}): ProposedStep =>
      scaleAll(id, {
        args: [{ name: "deploy", from: "each", value: JSON.stringify(names) }, literal("replicas", 3)],
        ...change,
      });
    const drain = (id: string, names: readonly string[], change: Partial<ProposedStep> = {}): ProposedStep => ({
      ...some(id, names, change),
      action: "k8s.drain",
      args: [{ name: "deploy", from: "each", value: JSON.stringify(names) }, literal("phase", "stopped")],
    });
    const probe = probeLoad("p", { args: [literal("deploy", "d01")] });
    const cases: Readonly<Record<string, readonly ProposedStep[]>> = {
      "two side by side, either of which may be given up": [some("s1", ["d01", "d02"]), drain("s2", ["d03", "d04"])],
      "one behind the other": [some("s1", ["d01", "d02"]), some("s2", ["d03", "d04"], { after: ["s1"] })],
      "behind a question, with one answer that nobody foresees": [
        probe,
        some("s1", ["d01", "d02", "d03"], { after: ["p"], when: "p == 'idle'" }),
      ],
      "on one branch of two that meet again": [
        probe,
        some("s1", ["d01", "d02"], { after: ["p"], when: "p == 'idle'" }),
        scale("s2", { deploy: "d03", after: ["p", "s1"], when: "p in ['idle', 'contention']", onFailure: "stop" }),
      ],
      "beside a step of another kind": [
        some("s1", ["d01", "d02"]),
        step("s2", { kind: "wait", args: [literal("forMs", 5)] }),
      ],
      "before an `end` that is written out": [some("s1", ["d01", "d02"]), step("s2", { kind: "end", after: ["s1"] })],
    };

    for (const [name, proposed] of Object.entries(cases)) {
      for (const abortAbove of [0, 1]) {
        const found = exploreEndings(draftFleet(proposed, { size: 4, waves: { ...forgiving, abortAbove } }).steps);
        expect([name, abortAbove, [...found].sort()]).toEqual([name, abortAbove, ["end", "escalate"]]);
      }
    }
  });

  it("are told apart from a plan without waves: the same search finds a step that starts too early", () => {
    const { steps } = draftFleet([scaleAll("s1", { onFailure: "stop" })], { size: 3 });

    const found = explore({ steps, waveOf: countOut(3, twoByTwo), failedMax: 0, showsSecondEnding: false });

    expect(found.wrong).toContain("s1_2 starts before s1_1 has settled");
  });
});

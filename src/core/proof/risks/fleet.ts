import type { FactType } from "../../domain/domain.ts";
import { splitObject } from "../../plan/compile/ground-guard.ts";
import { isCallStep } from "../../plan/kinds/index.ts";
import type { Assignment, CallStep, Plan } from "../../plan/plan.ts";
import { quote } from "../../value/text.ts";
import { counted } from "../../value/units.ts";
import type { World, WorldStep } from "../world.ts";
import { named, type Ran, type Risk } from "./risk.ts";

/** A write with the step that the plan has for it. */
interface Write {
  readonly step: WorldStep;
  readonly call: CallStep;
  readonly type: string;
}

function writesOf(plan: Plan, ran: Ran): readonly Write[] {
  return ran.flatMap((step) => {
    const call = plan.steps[step.at];
    if (call === undefined || !isCallStep(call) || call.class === "read" || call.target === null) return [];
    return [{ step, call, type: splitObject(call.target)[0] }];
  });
}

/** Half of the objects of a type, or more, that are written before any of them was looked at. */
export function wholeFleets(plan: Plan, world: World, courses: readonly Ran[]): readonly Risk[] {
  const counts = new Map<string, number>();
  for (const { object } of plan.pins.targets) {
    const [type] = splitObject(object);
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  const risks = new Map<string, Risk>();
  for (const ran of courses)
    for (const [key, writes] of Map.groupBy(writesOf(plan, ran), ({ call, type }) => `${type} ${call.action}`)) {
      const first = firstOf(world, writes);
      const objects = new Set(first.map(({ call }) => call.target));
      const count = counts.get(writes[0]?.type ?? "") ?? 0;
      if (risks.has(key) || objects.size < 2 || objects.size * 2 < count) continue;
      const of = `the ${count} objects of type ${quote(writes[0]?.type ?? "")} that the plan reads`;
      const what = `${objects.size} of ${of}`;
      const by = quote(first[0]?.call.action ?? "");
      const text = `${what} are written at once by ${by}, with no first one to look at`;
      risks.set(key, { code: "whole_fleet", steps: first.map(({ step }) => step.id), text });
    }
  return [...risks.values()];
}

/** The writes that wait for no other of them. */
function firstOf(world: World, writes: readonly Write[]): readonly Write[] {
  const first: Write[] = [];
  for (const write of writes)
    if (!first.some((earlier) => world.isBefore(earlier.step.at, write.step.at))) first.push(write);
  return first;
}

/** Releases that reach one object after another with nothing between. */
export function unsoakedReleases(plan: Plan, world: World, courses: readonly Ran[]): readonly Risk[] {
  const looks = world.steps.filter(({ kind }) => kind === "wait" || kind === "approve" || kind === "probe");
  const isSoaked = (earlier: Write, later: Write): boolean =>
    (earlier.call.post?.holdMs ?? 0) > 0 ||
    looks.some(({ at }) => world.isBefore(earlier.step.at, at) && world.isBefore(at, later.step.at));
  const releases = releaseFacts(plan);
  const risks = new Map<string, Risk>();
  for (const ran of courses) {
    const known = new Map<string, Write>();
    for (const write of writesOf(plan, ran))
      for (const { fact, value } of write.call.effect.filter((set) => releases.has(set.fact) && isGiven(write, set))) {
        const key = `${write.type} ${lastPart(fact)} ${String(value)}`;
        const earlier = known.get(key);
        known.set(key, write);
        if (earlier === undefined || earlier.call.target === write.call.target) continue;
        // Side by side they are a fleet written at once.
        if (!world.isBefore(earlier.step.at, write.step.at) || risks.has(key) || isSoaked(earlier, write)) continue;
        const reaches = `${quote(String(value))} reaches ${write.call.target} after ${earlier.call.target}`;
        const text = `${reaches} with no wait, probe or question between`;
        risks.set(key, { code: "no_soak", steps: [earlier.step.id, write.step.id], text });
      }
  }
  return [...risks.values()];
}

/** Facts that say which release runs: their values are declared in an order. */
function releaseFacts({ observations }: Plan): ReadonlySet<Assignment["fact"]> {
  return new Set(
    observations.flatMap(({ object, facts }) =>
      facts.flatMap(({ fact, type }) => (isRelease(type) ? [`${object.replace("/", ".")}.${fact}`] : [])),
    ),
  );
}

/** Whether the proposal chose the value, and not the action. */
function isGiven({ call }: Write, { value }: Assignment): boolean {
  return call.args.some((argument) => argument.value.kind === "literal" && argument.value.value === value);
}

function isRelease({ kind }: FactType): boolean {
  return kind === "releases" || kind === "version";
}

function lastPart(fact: string): string {
  return fact.slice(fact.lastIndexOf(".") + 1);
}

/** With fewer writes a person reads each. */
const manyWrites = 20;

/** Nine of ten writes are of one action. */
const commonShare = 0.9;

/** Writes unlike all others, among so many equal ones that nobody reads each. */
export function buriedSteps({ steps }: Plan): readonly Risk[] {
  const writes = steps.filter((step) => isCallStep(step)).filter(({ class: kind }) => kind !== "read");
  if (writes.length < manyWrites) return [];
  const byAction = [...Map.groupBy(writes, ({ action }) => action).values()].toSorted(
    (one, other) => other.length - one.length,
  );
  const [common = [], ...others] = byAction;
  const few = others.flat();
  if (few.length === 0 || common.length < commonShare * writes.length) return [];
  const names = few.map(({ id, action, target }) => `${quote(id)} (${action}${target === null ? "" : ` ${target}`})`);
  const verb = few.length === 1 ? "is" : "are";
  const text = `${counted(few.length, "write")} of ${writes.length} ${verb} unlike the others: ${named(names)}`;
  return [{ code: "buried_step", steps: few.map(({ id }) => id), text }];
}

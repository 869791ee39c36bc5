import type { FactValue } from "../../domain/domain.ts";
import { parseCompiledGuard } from "../../guard/parse-guard.ts";
import { parsePlanGuard } from "../../guard/plan-guard.ts";
import { canonicalText } from "../../value/canonical.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { ancestorBits, hasBit, type StepBits } from "../branches/ancestor-bits.ts";
import { certainBits } from "../branches/certain-steps.ts";
import { isCallStep } from "../kinds/index.ts";
import type { Assignment, CallStep, Plan, PlanStep } from "../plan.ts";
import { type OwnNames, ownNames } from "./own-names.ts";
import { sentBy, traitsOf, type WriteTrait, type WriteTraits, writeTraits } from "./write-traits.ts";

/** In what two groups of the same action differ. */
export type ChangeDifference = WriteTrait | "what is sent" | "what runs before";

/** What a write does to a fact. */
export interface FactChange {
  /** The fact's own name for one of the object that is written, else its full name. */
  readonly fact: string;
  /**
   * What it may be before: what was read when it was planned, and what earlier steps of the plan may have made it. What
   * an earlier step is certain to have overwritten is left out. Empty if nobody knows.
   */
  readonly before: readonly FactValue[];
  readonly after: FactValue;
}

/** A write, and everything in which it can differ from another. */
export interface StudiedWrite {
  readonly step: CallStep;
  readonly traits: WriteTraits;
  readonly sent: ReadonlyMap<string, string>;
  readonly changes: readonly FactChange[];
  readonly meanwhile: readonly FactChange[];
  /** The condition that decides whether it runs. Later waves have that of the canary. */
  readonly when: string;
  /** Its precondition, in which the object itself is called `self`. */
  readonly pre: string;
  /** The kinds of step that run before it, its own apart. */
  readonly before: string;
}

/** A step that gives a fact a value. `canFail`: its failure is a branch, and it may have run without doing so. */
interface Writer {
  readonly index: number;
  readonly value: FactValue;
  readonly canFail: boolean;
}

interface Study {
  readonly plan: Plan;
  readonly byId: ReadonlyMap<string, PlanStep>;
  readonly ancestors: readonly StepBits[];
  readonly known: ReadonlyMap<string, FactValue>;
  /** For each fact, the steps that give it a value, by index. */
  readonly writers: ReadonlyMap<string, readonly Writer[]>;
  /** For each step, those that have run for certain once it is due. */
  readonly certain: () => readonly StepBits[];
  /** Conditions that several steps of one action have, word for word. */
  readonly shared: ReadonlySet<string>;
  /** The canary of each fleet. */
  readonly canaries: ReadonlyMap<string, CallStep>;
}

/** Looks at each write of a plan. */
export function studyWrites(plan: Plan): readonly StudiedWrite[] {
  const study = beginStudy(plan);
  const kinds = new StepKinds();
  const drafts = plan.steps.map((step, index) => draftOf(study, kinds, { step, index }));
  const told = new Map<string, Map<StepBits, readonly string[]>>();
  const kindsBeforeOf = ({ step }: Draft, bits: StepBits): readonly string[] => {
    const fleet = step.wave?.of ?? "";
    const known = told.get(fleet) ?? new Map<StepBits, readonly string[]>();
    const before = known.get(bits) ?? kindsBefore(study, kinds, { bits, wave: step.wave });
    told.set(fleet, known.set(bits, before));
    return before;
  };
  return drafts.flatMap((draft, index) => {
    const bits = study.ancestors[index];
    if (draft === null || draft.step.class === "read" || bits === undefined) return [];
    const own = kinds.kindOf(draft.step.id);
    return [
      {
        ...draft,
        before: kindsBeforeOf(draft, bits)
          .filter((kind) => kind !== own)
          .join(),
      },
    ];
  });
}

/** Parts writes into groups of equal ones, in the order of the first of each. */
export function partEqual(writes: readonly StudiedWrite[]): readonly (readonly StudiedWrite[])[] {
  const rough = partBy(writes, ({ traits, before }) =>
    [...writeTraits.map((trait) => traits[trait]), before].join("\n"),
  );
  const fine = rough.flatMap((members) => {
    const shared = sharedPlaces(members);
    return partBy(members, ({ sent }) => shared.map((at) => sent.get(at) ?? "").join("\n"));
  });
  const order = new Map(writes.map((write, index) => [write, index]));
  const firstOf = ([first]: readonly StudiedWrite[]): number => (first === undefined ? 0 : (order.get(first) ?? 0));
  return [...fine].sort((left, right) => firstOf(left) - firstOf(right));
}

/** In what two writes differ. */
export function differenceOf(left: StudiedWrite, right: StudiedWrite): readonly ChangeDifference[] {
  const traits = writeTraits.filter((trait) => left.traits[trait] !== right.traits[trait]);
  return [
    ...traits,
    ...(left.before === right.before ? [] : (["what runs before"] as const)),
    ...(traits.length > 0 || left.before !== right.before ? [] : (["what is sent"] as const)),
  ];
}

/**
 * The places of what is sent in which members of a group must agree. In the others each member has a value that no
 * other has, such as its address: those come from the inventory, since the action and its arguments are the same.
 */
function sharedPlaces(members: readonly StudiedWrite[]): readonly string[] {
  const places = [...new Set(members.flatMap(({ sent }) => [...sent.keys()]))];
  return places.filter((at) => {
    const values = new Set(members.map(({ sent }) => sent.get(at) ?? ""));
    return values.size < members.length;
  });
}

function partBy<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  const parts = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [item]);
    else part.push(item);
  }
  return [...parts.values()];
}

function beginStudy(plan: Plan): Study {
  const writers = new Map<string, Writer[]>();
  plan.steps.forEach((step, index) => {
    if (!isCallStep(step)) return;
    const canFail = step.onFailure === "branch";
    for (const { fact, value } of step.effect)
      writers.set(fact, [...(writers.get(fact) ?? []), { index, value, canFail }]);
  });
  const fleets = plan.steps.flatMap((step) =>
    isCallStep(step) && step.wave?.number === 1 ? [[step.wave.of, step] as const] : [],
  );
  return {
    plan,
    byId: new Map(plan.steps.map((step) => [step.id, step])),
    ancestors: ancestorBits(plan.steps),
    known: new Map(plan.pins.targets.flatMap(({ facts }) => facts.map(({ name, value }) => [name, value]))),
    writers,
    certain: certainIn(plan),
    shared: sharedConditions(plan),
    // The first canary counts; where there are several, they were made of one proposed step.
    canaries: new Map(fleets.toReversed()),
  };
}

/** Few plans write one fact twice, so this is found where it is asked for. */
function certainIn({ steps }: Plan): Study["certain"] {
  let found: readonly StepBits[] | null = null;
  return () => {
    const indexOf = new Map(steps.map(({ id }, index) => [id, index]));
    found ??= certainBits(
      steps.map(({ id, after, when }, at) => {
        // A later release may have written a condition that this one cannot read. Nothing is concluded from it.
        if (when !== "" && !parseCompiledGuard(when).ok) return { at, id, after: [], when: null };
        return { at, id, after: after.flatMap((other) => indexOf.get(other) ?? []), when: parsePlanGuard(when) };
      }),
    );
    return found;
  };
}

function conditionKey({ action, when }: CallStep): string {
  return `${action} ${when}`;
}

function sharedConditions({ steps }: Plan): ReadonlySet<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const step of steps) {
    if (!isCallStep(step) || step.when === "") continue;
    const key = conditionKey(step);
    if (seen.has(key)) shared.add(key);
    seen.add(key);
  }
  return shared;
}

/** Steps that do the same to their own objects are of one kind, which has a short name. */
class StepKinds {
  readonly #names = new Map<string, string>();
  readonly #byStep = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #own = new Map<string, string>();

  add(step: CallStep, key: string): void {
    const kind = this.#names.get(key) ?? `#${this.#names.size + 1}`;
    this.#names.set(key, kind);
    this.#byStep.set(step.id, kind);
    // The second step of a kind on one object is not the first one.
    const place = `${kind} ${step.target ?? ""}`;
    const count = (this.#counts.get(place) ?? 0) + 1;
    this.#counts.set(place, count);
    this.#own.set(step.id, `${kind}_${count}`);
  }

  kindOf(id: string): string | undefined {
    return this.#byStep.get(id);
  }

  /** What a step on the same object is called. */
  ownName(id: string): string | null {
    return this.#own.get(id) ?? null;
  }
}

type Draft = Omit<StudiedWrite, "before">;

function draftOf(
  study: Study,
  kinds: StepKinds,
  at: { readonly step: PlanStep; readonly index: number },
): Draft | null {
  const { step, index } = at;
  if (!isCallStep(step)) return null;
  // What an `each` asks is the same question for all of its objects, also for the one that it is about.
  const isVerbatim = step.wave !== undefined || study.shared.has(conditionKey(step));
  const isOwn = (id: string): boolean => {
    if (isVerbatim) return false;
    const other = study.byId.get(id);
    return other !== undefined && isCallStep(other) && other.target === step.target;
  };
  const own = ownNames(step.target, (id) => (isOwn(id) ? kinds.ownName(id) : null));
  const { when, after } = conditionOf(study, step);
  const changes = changesOf(study, own, { index, assignments: step.effect });
  const meanwhile = changesOf(study, own, { index, assignments: step.during });
  const ownAfter = after.filter(isOwn).map(own.step).sort();
  const traits = traitsOf(step, {
    own,
    effect: asJson([changes, meanwhile]),
    when: [own.guard(when), ownAfter],
  });
  const sent = sentBy(step, own);
  // A read's kind includes what it sends: what follows from it depends on that.
  kinds.add(step, canonicalText([traits, step.class === "read" ? [...sent] : []]));
  return { step, traits, sent, changes, meanwhile, when, pre: own.guard(step.pre) };
}

/** The condition of a step. A later wave waits for its barrier alone, and what its canary asks was asked before. */
function conditionOf(
  { canaries }: Study,
  step: CallStep,
): { readonly when: string; readonly after: readonly string[] } {
  const { wave } = step;
  const canary = wave === undefined ? undefined : canaries.get(wave.of);
  if (wave === undefined || wave.number === 1 || canary === undefined) return step;
  const isBehind = step.when === "" && step.after.length === 1 && step.after[0] === `${wave.of}_wave${wave.number}`;
  return isBehind ? canary : step;
}

function changesOf(
  study: Study,
  own: OwnNames,
  from: { readonly index: number; readonly assignments: readonly Assignment[] },
): readonly FactChange[] {
  return from.assignments.map(({ fact, value }) => {
    const before = valuesBefore(study, fact, from.index);
    const name = own.fact(fact);
    return { fact: name.startsWith("self.") ? name.slice("self.".length) : name, before, after: value };
  });
}

function valuesBefore({ ancestors, known, writers, certain }: Study, fact: string, at: number): readonly FactValue[] {
  const read = known.get(fact);
  const made = (writers.get(fact) ?? []).filter(({ index }) => hasBit(ancestors[at], index));
  const all = [...new Set([...(read === undefined ? [] : [read]), ...made.map(({ value }) => value)])];
  if (made.length === 0 || all.length < 2) return all;
  const done = made.filter(({ index, canFail }) => !canFail && hasBit(certain()[at], index));
  if (done.length === 0) return all;
  // What was there before a step that has run for certain is there no more.
  const last = made.filter(({ index }) => !done.some((later) => hasBit(ancestors[later.index], index)));
  return [...new Set(last.map(({ value }) => value))];
}

function kindsBefore(
  { plan }: Study,
  kinds: StepKinds,
  from: { readonly bits: StepBits; readonly wave: CallStep["wave"] },
): readonly string[] {
  const before = plan.steps.flatMap((step, index) =>
    hasBit(from.bits, index) && !isOfFleet(step, from.wave) ? [kinds.kindOf(step.id) ?? step.id] : [],
  );
  return [...new Set(before)].sort();
}

/** Whether a step is of the fleet itself: another write of it, or a barrier between its waves. */
function isOfFleet(step: PlanStep, wave: CallStep["wave"]): boolean {
  if (wave === undefined) return false;
  if (isCallStep(step)) return step.wave?.of === wave.of;
  if (step.kind !== "wait" || !step.id.startsWith(`${wave.of}_wave`)) return false;
  const number = step.id.slice(`${wave.of}_wave`.length);
  return /^[1-9]\d*$/.test(number) && Number(number) <= wave.count;
}

// Every part of a plan is JSON. Our interfaces have no index signature, so the compiler cannot see it.
function asJson(value: readonly unknown[]): JsonValue {
  return value as JsonValue;
}

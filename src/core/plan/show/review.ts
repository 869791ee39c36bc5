import type { FactValue } from "../../domain/domain.ts";
import { parseCompiledGuard } from "../../guard/parse-guard.ts";
import { describeUnmet, factsIn, holds, parsePlanGuard } from "../../guard/plan-guard.ts";
import { askerName, describePreparer } from "../../value/actor-name.ts";
import { canonicalText } from "../../value/canonical.ts";
import type { Digest } from "../../value/digest.ts";
import { sortedUnique } from "../../value/sorted-unique.ts";
import { inQuotationMarks } from "../../value/text.ts";
import { counted, describeDuration, describeSize } from "../../value/units.ts";
import { describeUsd } from "../../value/usd.ts";
import { isCallStep, titleOf } from "../kinds/index.ts";
import type { ReviewLine } from "../kinds/step-kind.ts";
import type { Bounds, CallStep, FolderPin, ObjectObservation, ObjectRef, Plan, PlanStep } from "../plan.ts";
import { planHash, planName } from "../plan-hash.ts";
import { briefOperation } from "./describe-operation.ts";
import { describeMap, describeWholeType } from "./describe-value.ts";
import { groupWrites, type WriteGroup } from "./group-writes.ts";
import { describeCall, detailsOfStep, waveName } from "./review-step.ts";
import { unheldInvariants } from "./unheld-invariants.ts";
import { goalLabel, markOfAsker, markOfGoal } from "./word-goal.ts";

/**
 * What a person reads before signing: a pure function of the plan's canonical bytes (I16). Counts and targets come
 * first, then warnings, then every step, then every definition and pin. Everything that stands in the plan stands here.
 * Texts are as the plan has them; `renderReview` makes them inert.
 */
export interface Review {
  readonly format: "interlock.review/1";
  readonly planHash: Digest;
  readonly planName: string;
  readonly counts: ReviewCounts;
  /** Objects that are written, sorted. */
  readonly targets: readonly ObjectRef[];
  /** What would be changed, equal writes together. */
  readonly writes: readonly WriteGroup[];
  readonly marks: readonly ReviewMark[];
  readonly summary: readonly ReviewLine[];
  readonly steps: readonly ReviewStep[];
  readonly definitions: readonly ReviewSection[];
  readonly bounds: Bounds;
}

/** How many steps there are of each class. */
export interface ReviewCounts {
  readonly irreversible: number;
  readonly reversible: number;
  readonly read: number;
  /** Waits, questions and endings. */
  readonly other: number;
}

/** Something a person must know before signing; `stepId` is `null` where it is about the plan. */
export interface ReviewMark {
  readonly kind:
    | "not_proven"
    | "irreversible"
    | "unearned"
    | "unfenced"
    | "no_way_back"
    | "outside_value"
    | "lab"
    | "no_goal"
    | "goal_by_model"
    | "goal_by_actor"
    | "not_enforced"
    | "unmet_now"
    | "successor"
    | "risk"
    | "undecided"
    | "operation"
    | "restores";
  readonly stepId: string | null;
  readonly text: string;
}

/** One step: a title, and every field of it as a line. */
export interface ReviewStep {
  readonly id: string;
  readonly kind: PlanStep["kind"];
  /** What is done to what, in one line. */
  readonly title: string;
  readonly class: CallStep["class"] | null;
  readonly details: readonly ReviewLine[];
}

/** Lines about the plan as a whole, under one heading. */
export interface ReviewSection {
  readonly title: string;
  readonly lines: readonly ReviewLine[];
}

/**
 * Writes the review of a plan.
 *
 * @param foreseen - what following its effects showed, behind the marks of the plan itself
 * @param hash - its hash, for a caller who has just read the plan by it
 */
export function reviewPlan(plan: Plan, foreseen: readonly ReviewMark[] = [], hash: Digest = planHash(plan)): Review {
  const writes = plan.steps.filter(isCallStep).filter((step) => step.class !== "read");
  const pinned = pinnedWorld(plan);
  return {
    format: "interlock.review/1",
    planHash: hash,
    planName: planName(hash),
    counts: countSteps(plan),
    targets: sortedUnique(writes.flatMap((step) => step.target ?? [])),
    writes: groupWrites(plan),
    marks: [
      ...marksOfPlan(plan),
      ...foreseen,
      ...plan.steps.flatMap((step) => [...unmetNow(step, pinned), ...marksOfStep(step)]),
    ],
    summary: summaryOf(plan),
    steps: plan.steps.map((step) => ({
      id: step.id,
      kind: step.kind,
      title: titleOf(step),
      class: isCallStep(step) ? step.class : null,
      details: detailsOfStep(step),
    })),
    definitions: [
      observationsOf(plan),
      pinsOf(plan),
      factsOf(plan),
      { title: "invariants", lines: plan.invariants.map(({ name, holds }) => ({ label: name, text: holds })) },
    ],
    bounds: plan.bounds,
  };
}

function countSteps(plan: Plan): ReviewCounts {
  const classes = plan.steps.map((step) => (isCallStep(step) ? step.class : "other"));
  const count = (wanted: string): number => classes.filter((found) => found === wanted).length;
  return {
    irreversible: count("irreversible"),
    reversible: count("reversible"),
    read: count("read"),
    other: count("other"),
  };
}

function marksOfPlan(plan: Plan): readonly ReviewMark[] {
  const marks: ReviewMark[] = [];
  const mark = (kind: ReviewMark["kind"], text: string): void => void marks.push({ kind, stepId: null, text });
  if (plan.proof.kind === "not_attempted") mark("not_proven", "not proven: no proof was attempted");
  if (plan.proof.kind === "not_proven") mark("not_proven", `not proven within ${plan.proof.stateCount} states`);
  if (plan.goal === "") mark("no_goal", "no goal: success means that each step was done, and nothing more");
  const worded = markOfGoal(plan);
  if (worded !== null) mark("goal_by_model", worded);
  const given = markOfAsker(plan);
  if (given !== null) mark("goal_by_actor", given);
  for (const text of unheldInvariants(plan)) mark("not_enforced", text);
  if (plan.domain.environment === "lab") mark("lab", "laboratory: unattended approvals are accepted for this domain");
  if (plan.parent !== null) mark("successor", describeParent(plan.parent));
  return marks;
}

function describeParent({ runId, incidentId }: NonNullable<Plan["parent"]>): string {
  const incident = incidentId === null ? "" : `, sharing the limit of incident ${incidentId}`;
  return `successor of run ${runId}${incident}`;
}

/** The facts that a plan was pinned with, and the steps that change each. */
interface PinnedWorld {
  readonly known: ReadonlyMap<string, FactValue>;
  readonly changedBy: ReadonlyMap<string, ReadonlySet<string>>;
}

function pinnedWorld(plan: Plan): PinnedWorld {
  const known = new Map(plan.pins.targets.flatMap(({ facts }) => facts).map(({ name, value }) => [name, value]));
  const changedBy = new Map<string, Set<string>>();
  for (const step of plan.steps)
    if (isCallStep(step))
      for (const { fact } of step.effect) changedBy.set(fact, (changedBy.get(fact) ?? new Set()).add(step.id));
  return { known, changedBy };
}

/** A precondition that does not hold now, and that no other step of the plan could make true. */
function unmetNow(step: PlanStep, { known, changedBy }: PinnedWorld): readonly ReviewMark[] {
  // A review is written of every plan, so a guard that does not parse is only left out here.
  const pre = isCallStep(step) && parseCompiledGuard(step.pre).ok ? parsePlanGuard(step.pre) : null;
  if (pre === null) return [];
  const read = factsIn(pre);
  const isChanged = (fact: string): boolean => {
    const steps = changedBy.get(fact);
    return steps !== undefined && (steps.size > 1 || !steps.has(step.id));
  };
  if (!read.every((fact) => known.has(fact)) || read.some(isChanged) || holds(pre, (fact) => known.get(fact)))
    return [];
  const text = `its precondition does not hold now: ${describeUnmet(pre, (fact) => known.get(fact))}`;
  return [{ kind: "unmet_now", stepId: step.id, text }];
}

function marksOfStep(step: PlanStep): readonly ReviewMark[] {
  if (!isCallStep(step)) return [];
  const marks: ReviewMark[] = [];
  const mark = (kind: ReviewMark["kind"], text: string): void => void marks.push({ kind, stepId: step.id, text });
  for (const argument of step.args) {
    if (argument.value.kind === "output")
      mark(
        "outside_value",
        `${argument.name} comes from ${argument.value.stepId} while running; its type is the only check`,
      );
  }
  if (step.class === "read") return marks;
  if (step.class === "irreversible" && step.compensation === null)
    mark("irreversible", "irreversible: there is no way back");
  if (step.class === "irreversible" && step.compensation !== null)
    mark("unearned", "treated as irreversible: its way back has never been tried");
  if (step.class === "reversible" && step.compensation === null) mark("no_way_back", "no way back");
  if (step.operation !== undefined) mark("operation", briefOperation(step.operation));
  if (!step.fenced) mark("unfenced", "unfenced: the target does not compare what it was when it is written");
  return marks;
}

function summaryOf(plan: Plan): readonly ReviewLine[] {
  const { proposer, domain, proof, intent, preparedBy = null } = plan;
  const prepared = describePreparer(preparedBy, proposer.onBehalfOf);
  const asker = intent === undefined ? "" : askerName(intent.by, preparedBy);
  return [
    ...(intent === undefined ? [] : [{ label: "asked", text: intent.text, saidBy: asker }]),
    { label: goalLabel({ asked: intent ?? null, proposer, preparedBy }), text: plan.goal === "" ? "none" : plan.goal },
    {
      label: "proposed by",
      text: `${proposer.kind} ${inQuotationMarks(proposer.id)}, on behalf of ${proposer.onBehalfOf}`,
    },
    ...(prepared === null ? [] : [{ label: "prepared by", text: prepared }]),
    { label: "domain", text: `${domain.name} ${domain.version} (${domain.environment})` },
    {
      label: "proof",
      text:
        proof.kind === "proven"
          ? `proven over ${proof.stateCount} states, up to ${proof.faultCountMax} faults`
          : proof.kind === "not_proven"
            ? `not proven within ${proof.stateCount} states`
            : "not attempted",
    },
    { label: "summary", text: plan.summary, saidBy: "the proposer" },
    ...plan.assumptions.map((text) => ({ label: "assumes", text, saidBy: "the proposer" })),
    ...plan.inputs.map(({ name, value }) => ({ label: "input", text: `${name} = ${canonicalText(value)}` })),
    ...wavesOf(plan),
    { label: "at most", text: describeBounds(plan.bounds) },
  ];
}

/** A write over a fleet as a whole, one line for each wave: what goes first, and what is touched together. */
function wavesOf(plan: Plan): readonly ReviewLine[] {
  const lines = new Map<string, { readonly name: string; readonly of: string; readonly targets: string[] }>();
  for (const step of plan.steps) {
    if (!isCallStep(step) || step.wave === undefined) continue;
    const { of, number, count } = step.wave;
    const line = lines.get(`${of} ${number}`) ?? { of, name: waveName({ number, count }), targets: [] };
    line.targets.push(step.target ?? step.id);
    lines.set(`${of} ${number}`, line);
  }
  return [...lines.values()].map(({ of, name, targets }) => ({ label: of, text: `${name}: ${targets.join(", ")}` }));
}

function describeBounds(bounds: Bounds): string {
  return [
    counted(bounds.stepCount, "step"),
    counted(bounds.writeCount, "write"),
    counted(bounds.callCount, "call"),
    describeSize(bounds.outputBytes),
    describeUsd(bounds.costUsd),
    describeDuration(bounds.durationMs),
  ].join(", ");
}

function observationsOf(plan: Plan): ReviewSection {
  const lines = plan.observations.flatMap(({ object, call, facts, fingerprint, fence, fresh }) => [
    {
      label: object,
      text: [
        `read by ${describeCall(call)}`,
        `known by ${fingerprint.join(", ")}`,
        fence === null ? "no fence" : `fence ${fence}`,
        ...(fresh === undefined ? [] : [describeFreshness(fresh)]),
      ].join("; "),
    },
    ...facts.map((fact) => ({ label: `${object} ${fact.fact}`, text: describeExtraction(fact) })),
  ]);
  return { title: "how objects are read", lines };
}

function describeFreshness(fresh: NonNullable<ObjectObservation["fresh"]>): string {
  const when = fresh.kind === "is" ? `is ${canonicalText(fresh.value)}` : `is at most ${fresh.withinMs} ms old`;
  return `counts while ${fresh.pointer} ${when}`;
}

function describeExtraction({ pointer, type, map, atLeast }: ObjectObservation["facts"][number]): string {
  const mapped = map === null ? "" : `; ${describeMap(map)}`;
  const threshold = atLeast === null ? "" : `, true from ${atLeast}`;
  return `at ${JSON.stringify(pointer)}, ${describeWholeType(type)}${mapped}${threshold}`;
}

function pinsOf(plan: Plan): ReviewSection {
  const { targets, programs = [], folders = [], ...digests } = plan.pins;
  return {
    title: "pins: the plan is refused when one of these has changed",
    lines: [
      ...Object.entries(digests)
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([label, value]) => ({ label, text: value ?? "none" })),
      ...targets.map((pin) => ({ label: pin.object, text: pin.fingerprint })),
      ...programs.map(({ path, digest }) => ({ label: "program", text: `${path} ${digest}` })),
      ...folders.map((pin) => ({ label: "folder", text: describeFolder(pin) })),
    ],
  };
}

function describeFolder({ path, leadsTo, file }: FolderPin): string {
  if (leadsTo === null) return `${path} cannot be opened`;
  return `${path}${leadsTo === path ? "" : ` leads to ${leadsTo}`} (file ${file})`;
}

// Only the fingerprint makes a plan stale. A fact that it does not cover may have changed by then, and the signer must
// know.
function factsOf(plan: Plan): ReviewSection {
  const title =
    "facts when it was planned: each step reads them again before it writes, " +
    "and only a changed fingerprint refuses the plan";
  return {
    title,
    lines: plan.pins.targets.flatMap((pin) =>
      pin.facts.map((fact) => ({ label: fact.name, text: canonicalText(fact.value) })),
    ),
  };
}

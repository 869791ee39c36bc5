import { canonicalText } from "../../value/canonical.ts";
import { counted, describeDuration, describeSize } from "../../value/units.ts";
import { describeUsd } from "../../value/usd.ts";
import { detailsOfKind, isCallStep } from "../kinds/index.ts";
import type { ReviewLine } from "../kinds/step-kind.ts";
import type {
  Call,
  CallStep,
  Compensation,
  PlanArgument,
  PlanOperation,
  PlanStep,
  ThenRun,
  WavePlace,
} from "../plan.ts";
import { detailsOfOperation } from "./describe-operation.ts";
import { describeWholeType } from "./describe-value.ts";

/**
 * Everything that stands in a step, one line for each field. Usual values are shown too: nothing may be hidden from a
 * reader.
 */
export function detailsOfStep(step: PlanStep): readonly ReviewLine[] {
  const lines: ReviewLine[] = [];
  if (step.purpose !== "") lines.push({ label: "purpose", text: step.purpose, saidBy: "the plan" });
  lines.push({ label: "after", text: step.after.length === 0 ? "the beginning" : step.after.join(", ") });
  if (step.when !== "") lines.push({ label: "when", text: step.when });
  return [...lines, ...detailsOfKind(step), ...(isCallStep(step) ? detailsOfCall(step) : [])];
}

/** A call with everything that it would send. */
export function describeCall(call: Call): string {
  const what = `${call.connection}/${call.operation} (${call.connector}, ${call.access})`;
  const within = `within ${describeDuration(call.timeoutMs)}, reply of at most ${describeSize(call.outputBytesMax)}`;
  return `${what} with ${canonicalText(call.with)}, ${within}`;
}

function detailsOfCall(step: CallStep): readonly ReviewLine[] {
  return [
    ...step.args.map((argument) => ({ label: "argument", text: describeArgument(argument) })),
    ...(step.pre === "" ? [] : [{ label: "only if", text: step.pre }]),
    ...(step.reads.length === 0 ? [] : [{ label: "reads before", text: step.reads.join(", ") }]),
    { label: "call", text: describeCall(step.call) },
    ...operationLines(step.operation, "operation"),
    ...assignments("meanwhile", step.during),
    ...assignments("effect", step.effect),
    ...detailsOfPost(step),
    ...step.output.map((field) => ({
      label: "output",
      text: `${field.name} at ${JSON.stringify(field.pointer)}, ${describeWholeType(field.type)}`,
    })),
    ...step.outcomes.map((outcome) => ({ label: "outcome", text: `${outcome.name} when ${outcome.when}` })),
    { label: "on failure", text: step.onFailure },
    ...(step.wave === undefined ? [] : [{ label: "wave", text: describeWave(step.wave) }]),
    ...detailsOfCompensation(step.compensation),
    { label: "locks", text: step.locks.length === 0 ? "nothing" : step.locks.join(", ") },
    { label: "repeats", text: describeRepeats(step) },
    { label: "limits", text: describeLimits(step) },
    { label: "definition", text: `${step.action} ${step.actionDigest}` },
  ];
}

// Where a value comes from: an operator outranks a proposer, and both outrank a target's answer.
const sources: Readonly<Record<PlanArgument["integrity"], string>> = {
  endorsed: "the operator",
  proposer: "the proposer",
  external: "outside",
};

function describeArgument({ name, type, integrity, value }: PlanArgument): string {
  const shown =
    value.kind === "literal"
      ? canonicalText(value.value)
      : `${value.stepId}#/${value.field}${value.pointer} (known while running)`;
  return `${name} = ${shown} (from ${sources[integrity]}; ${describeWholeType(type)})`;
}

function describeLimits({ costUsd, cooldownMs, rate }: CallStep): string {
  const pause = cooldownMs === 0 ? "no pause" : `a pause of ${describeDuration(cooldownMs)}`;
  const pace = rate === null ? "no rate" : `at most ${rate.count} in ${describeDuration(rate.perMs)}`;
  return `${describeUsd(costUsd)}, ${pause} after it, ${pace}`;
}

/** A step's place in a write over a fleet: `canary, wave 1 of 4 of s1, which goes on while none has failed`. */
function describeWave({ of, number, count, abortAbove }: WavePlace): string {
  const limit = abortAbove === 0 ? "none has" : `at most ${abortAbove} have`;
  return `${waveName({ number, count })} of ${of}, which goes on while ${limit} failed`;
}

/** What a wave is called: `canary, wave 1 of 4`, `wave 2 of 4`. */
export function waveName({ number, count }: Pick<WavePlace, "number" | "count">): string {
  return `${number === 1 ? "canary, " : ""}wave ${number} of ${count}`;
}

function assignments(label: string, list: CallStep["effect"]): readonly ReviewLine[] {
  return list.map(({ fact, value }) => ({ label, text: `${fact} = ${canonicalText(value)}` }));
}

function detailsOfPost({ post }: CallStep): readonly ReviewLine[] {
  if (post === null) return [];
  const hold = post.holdMs === 0 ? "" : `, then for ${describeDuration(post.holdMs)}`;
  const asked = `within ${describeDuration(post.withinMs)}, asked every ${describeDuration(post.everyMs)}${hold}`;
  return [{ label: "done when", text: `${post.expect} ${asked}; reads ${post.reads.join(", ")}` }];
}

function detailsOfCompensation(way: Compensation | null): readonly ReviewLine[] {
  if (way === null) return [];
  return [
    ...linesOfUndo(way).map((text) => ({ label: "way back", text })),
    ...operationLines(way.operation, "way back"),
    ...(way.thenRun ?? []).flatMap((next) => [
      ...linesOfUndo(next).map((text) => ({ label: "then run", text })),
      ...operationLines(next.operation, "then run"),
      { label: "then run", text: `on ${next.target ?? "the domain"}; locks ${next.locks.join(", ")}` },
      ...(next.covers.length === 0
        ? []
        : [{ label: "then run", text: `puts right what ${next.covers.join(", ")} did, with no undo of its own` }]),
    ]),
  ];
}

function linesOfUndo(way: Compensation | ThenRun): readonly string[] {
  const args = way.args.map((argument) => {
    const value = argument.from === "literal" ? canonicalText(argument.value) : `${argument.fact} as it was`;
    return `${argument.name} = ${value} (${describeWholeType(argument.type)})`;
  });
  const asked = `within ${describeDuration(way.withinMs)}, asked every ${describeDuration(way.everyMs)}`;
  const { during = [], effect = [], copies = [], openPre = [] } = way;
  const restored = way.restores.length === 0 ? "nothing by itself" : way.restores.join(", ");
  const set = (changes: typeof effect): string =>
    changes.map(({ fact, value }) => `${fact} = ${canonicalText(value)}`).join(", ");
  return [
    `${way.action}: ${args.join("; ")}`,
    describeCall(way.call),
    ...(during.length === 0 ? [] : [`meanwhile ${set(during)}`]),
    ...(effect.length === 0 ? [] : [`effect ${set(effect)}`]),
    ...copies.map(({ fact, of }) => `effect ${fact} = what ${of} was`),
    ...openPre.map((part) => `sent although nobody knows whether this precondition holds then: ${part}`),
    `restores ${restored} ${asked}; reads ${way.reads.join(", ")}`,
    `${describeRepeats(way)}; ${way.actionDigest}`,
  ];
}

function operationLines(operation: PlanOperation | undefined, label: string): readonly ReviewLine[] {
  return operation === undefined ? [] : detailsOfOperation(operation, { label, describeCall });
}

type Repeats = Pick<CallStep, "retry" | "idempotency" | "fenced" | "landsWithinMs">;

function describeRepeats({ retry, idempotency, fenced, landsWithinMs }: Repeats): string {
  const pause = `${describeDuration(retry.backoffMs)} apart at first`;
  const attempts = `at most ${counted(retry.attemptsMax, "attempt")}, ${pause}`;
  const landing =
    landsWithinMs === null ? "nobody can say how late it may land" : `lands within ${describeDuration(landsWithinMs)}`;
  return `${attempts}, idempotency ${idempotency}; ${fenced ? "fenced" : "not fenced"}; ${landing}`;
}

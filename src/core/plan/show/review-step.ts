import { canonicalText } from "../../value/canonical.ts";
import { counted, describeDuration, describeSize } from "../../value/units.ts";
import { detailsOfKind, isCallStep } from "../kinds/index.ts";
import type { ReviewLine } from "../kinds/step-kind.ts";
import type { Call, CallStep, Compensation, PlanArgument, PlanStep, WavePlace } from "../plan.ts";
import { describeWholeType } from "./describe-value.ts";

/** Everything that stands in a step, one line for each field. Usual values are shown too: nothing may be hidden from a reader. */
export function detailsOfStep(step: PlanStep): readonly ReviewLine[] {
  const lines: ReviewLine[] = [];
  if (step.purpose !== "") lines.push({ label: "purpose", text: step.purpose });
  lines.push({ label: "after", text: step.after.length === 0 ? "the beginning" : step.after.join(", ") });
  if (step.when !== "") lines.push({ label: "when", text: step.when });
  return [...lines, ...detailsOfKind(step), ...(isCallStep(step) ? detailsOfCall(step) : [])];
}

/** A call with everything it would send. */
export function describeCall(call: Call): string {
  return `${call.connection}/${call.operation} (${call.connector}, ${call.access}) with ${canonicalText(call.with)}, within ${describeDuration(call.timeoutMs)}, reply of at most ${describeSize(call.outputBytesMax)}`;
}

function detailsOfCall(step: CallStep): readonly ReviewLine[] {
  return [
    ...step.args.map((argument) => ({ label: "argument", text: describeArgument(argument) })),
    ...(step.pre === "" ? [] : [{ label: "only if", text: step.pre }]),
    ...(step.reads.length === 0 ? [] : [{ label: "reads before", text: step.reads.join(", ") }]),
    { label: "call", text: describeCall(step.call) },
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
    {
      label: "repeats",
      text: `${describeRetry(step)}; ${step.fenced ? "fenced" : "not fenced"}; ${describeLanding(step.landsWithinMs)}`,
    },
    {
      label: "limits",
      text: `${step.costUsd} USD, ${step.cooldownMs === 0 ? "no pause" : `a pause of ${describeDuration(step.cooldownMs)}`} after it, ${step.rate === null ? "no rate" : `at most ${step.rate.count} in ${describeDuration(step.rate.perMs)}`}`,
    },
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

/** A step's place in a write over a fleet: `canary, wave 1 of 4 of s1`. */
function describeWave({ of, number, count, abortAbove }: WavePlace): string {
  return `${waveName({ number, count })} of ${of}, which goes on while ${abortAbove === 0 ? "none has" : `at most ${abortAbove} have`} failed`;
}

/** The name of a wave among its like. */
export function waveName({ number, count }: Pick<WavePlace, "number" | "count">): string {
  return `${number === 1 ? "canary, " : ""}wave ${number} of ${count}`;
}

function assignments(label: string, list: CallStep["effect"]): readonly ReviewLine[] {
  return list.map(({ fact, value }) => ({ label, text: `${fact} = ${canonicalText(value)}` }));
}

function detailsOfPost({ post }: CallStep): readonly ReviewLine[] {
  if (post === null) return [];
  const hold = post.holdMs === 0 ? "" : `, then for ${describeDuration(post.holdMs)}`;
  return [
    {
      label: "done when",
      text: `${post.expect} within ${describeDuration(post.withinMs)}, asked every ${describeDuration(post.everyMs)}${hold}; reads ${post.reads.join(", ")}`,
    },
  ];
}

function detailsOfCompensation(way: Compensation | null): readonly ReviewLine[] {
  if (way === null) return [];
  const args = way.args.map(
    (argument) =>
      `${argument.name} = ${argument.from === "literal" ? canonicalText(argument.value) : `${argument.fact} as it was`} (${describeWholeType(argument.type)})`,
  );
  return [
    { label: "way back", text: `${way.action}: ${args.join("; ")}` },
    { label: "way back", text: describeCall(way.call) },
    {
      label: "way back",
      text: `restores ${way.restores.join(", ")} within ${describeDuration(way.withinMs)}, asked every ${describeDuration(way.everyMs)}; reads ${way.reads.join(", ")}`,
    },
    {
      label: "way back",
      text: `${describeRetry(way)}; ${way.fenced ? "fenced" : "not fenced"}; ${describeLanding(way.landsWithinMs)}; ${way.actionDigest}`,
    },
  ];
}

function describeRetry({ retry, idempotency }: Pick<CallStep, "retry" | "idempotency">): string {
  return `at most ${counted(retry.attemptsMax, "attempt")}, ${describeDuration(retry.backoffMs)} apart at first, idempotency ${idempotency}`;
}

function describeLanding(landsWithinMs: number | null): string {
  return landsWithinMs === null
    ? "nobody can say how late it may land"
    : `lands within ${describeDuration(landsWithinMs)}`;
}

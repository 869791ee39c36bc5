import type { ArgumentDeclaration, ValueType } from "../../domain/domain.ts";
import { canFit, describeType, isValidator, writeOutObjects } from "../../domain/value-type.ts";
import { problem } from "../../value/codes.ts";
import { quote, suggestName } from "../../value/text.ts";
import type { PlanArgument } from "../plan.ts";
import { parseReference, typeOfReference } from "../wire/reference.ts";
import { type ArgumentPlace, type Binding, type PlacedReference, refuseArgument } from "./binding.ts";
import type { WorkStep } from "./work-step.ts";

/** Binds an argument to a part of an earlier step's output; `undefined` when that was refused. */
export function bindReference(binding: Binding, place: ArgumentPlace): PlanArgument | undefined {
  const { declared, pointer } = place;
  const { action } = binding.step;
  const shown = quote(place.proposed.value);
  if (action === null) {
    const claim = `${quote(declared.name)} is known before the run`;
    return refuseArgument(binding, problem("E_ARG_SCHEMA", pointer, claim, "write it as a literal"));
  }
  if (action.target?.argument === declared.name) {
    const claim = `the target of ${quote(action.name)} would be chosen by a step's output`;
    return refuseArgument(binding, problem("E_PLAN_REF_TARGET", pointer, claim));
  }
  const reference = parseReference(place.proposed.value);
  if (typeof reference === "string")
    return refuseArgument(binding, problem("E_PLAN_DANGLING_REF", pointer, `${shown} leads nowhere: ${reference}`));
  const type = producedType(binding, { reference, pointer });
  if (type === undefined) return undefined;
  if (!canFit(type, declared.type)) {
    const claim = `${shown} is ${describeType(type)}, ${quote(declared.name)} takes ${describeType(declared.type)}`;
    return refuseArgument(binding, problem("E_PLAN_REF_TYPE", pointer, claim));
  }
  if (!mayReceiveOutside(binding.step, declared)) {
    const taker = `${quote(declared.name)} of ${quote(action.name)}`;
    const claim = `${shown} comes from outside and ${taker} is ${describeType(declared.type)}`;
    return refuseArgument(binding, problem("E_TAINT", pointer, claim));
  }
  binding.references.push({ reference, pointer });
  return {
    name: declared.name,
    type: writeOutObjects(declared.type, binding.pass.index.idsOf),
    integrity: "external",
    value: { kind: "output", stepId: reference.stepId, field: reference.field, pointer: reference.pointer },
  };
}

/** The declared type of what a reference leads to. */
function producedType(binding: Binding, { reference, pointer }: PlacedReference): ValueType | undefined {
  const { stepsById, pass } = binding;
  const { stepId, field } = reference;
  const producer = stepsById.get(stepId);
  const isProposed = pass.request.proposal.steps.some((source) => source.id === stepId);
  const wasExpanded = isProposed && stepsById.has(`${stepId}_1`);
  // That step was refused, which has been reported.
  if (producer === undefined && isProposed && !wasExpanded) return undefined;
  if (producer === undefined || producer.action === null || producer.each !== null) {
    const why =
      producer?.action === null
        ? "that step has no output"
        : wasExpanded || producer !== undefined
          ? "that step was expanded into several"
          : "there is no such step";
    const claim = `${quote(`${stepId}#/${field}`)} leads nowhere: ${why}`;
    const hint = suggestName(stepId, [...stepsById.keys()]);
    return refuseArgument(binding, problem("E_PLAN_DANGLING_REF", pointer, claim, hint));
  }
  const type = typeOfReference(reference, producer.action.output);
  if (type !== undefined) return type;
  const fields = producer.action.output.map((output) => `${stepId}#/${output.name}`);
  const claim = `${quote(producer.action.name)} declares no output at ${quote(`/${field}${reference.pointer}`)}`;
  const hint = suggestName(`${stepId}#/${field}`, fields);
  return refuseArgument(binding, problem("E_PLAN_DANGLING_REF", pointer, claim, hint));
}

/**
 * A read may look where outside values point. A write takes one only where its type leaves an attacker nothing but a
 * choice.
 */
function mayReceiveOutside(step: WorkStep, declared: ArgumentDeclaration): boolean {
  if (declared.integrityMin === "endorsed") return false;
  if (step.action?.class === "read") return declared.integrityMin === "external" || isValidator(declared.type);
  return isValidator(declared.type);
}

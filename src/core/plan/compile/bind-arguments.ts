import type { ArgumentDeclaration, Integrity } from "../../domain/domain.ts";
import { canFit, checkValue, describeType, isValidator, writeOutObjects } from "../../domain/value-type.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { assertNever } from "../../value/invariant.ts";
import { parseJson } from "../../value/json.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { limits } from "../../value/limits.ts";
import { quote, suggestName } from "../../value/text.ts";
import type { ObjectRef, PlanArgument } from "../plan.ts";
import type { ProposedArgument } from "../wire/proposal.ts";
import { parseReference, type Reference, typeOfReference } from "../wire/reference.ts";
import type { Compilation } from "./compilation.ts";
import { optionalParameters, type WorkStep } from "./expand-steps.ts";

/** A step's arguments, each with its type, origin and value or reference. */
export interface BoundStep {
  readonly step: WorkStep;
  /** In the order in which the action declares them: by name. */
  readonly args: readonly PlanArgument[];
  readonly target: ObjectRef | null;
  /** References among the arguments, with the place that made them. */
  readonly references: readonly { readonly reference: Reference; readonly pointer: string }[];
}

/**
 * Gives every declared argument its value: literals are read by the strict reader and checked against the declared type, inputs
 * are endorsed, references are typed against the producing output. An outside value may reach a write only through a type that
 * is itself a validator (I14).
 */
export function bindArguments(
  compilation: Compilation,
  step: WorkStep,
  stepsById: ReadonlyMap<string, WorkStep>,
): BoundStep {
  const { source, parameters, pointer } = step;
  const references: { reference: Reference; pointer: string }[] = [];
  const binding: Binding = { compilation, step, stepsById, references };
  refuseStrays(binding);
  const args = parameters.flatMap((declared) => {
    const position = source.args.findIndex((argument) => argument.name === declared.name);
    const proposed = source.args[position];
    if (proposed !== undefined)
      return bindOne(binding, { declared, proposed, pointer: `${pointer}/args/${position}/value` }) ?? [];
    if (!optionalParameters.includes(declared.name) || step.action !== null) {
      const told = problem(
        "E_ARG_MISSING",
        `${pointer}/args`,
        `the argument ${quote(declared.name)} is missing: ${describeType(declared.type)}`,
      );
      compilation.problems.push(told);
    }
    return [];
  });
  return { step, args, target: targetOf(step, args), references };
}

interface Binding {
  readonly compilation: Compilation;
  readonly step: WorkStep;
  readonly stepsById: ReadonlyMap<string, WorkStep>;
  readonly references: { reference: Reference; pointer: string }[];
}

interface Place {
  readonly declared: ArgumentDeclaration;
  readonly proposed: ProposedArgument;
  readonly pointer: string;
}

function refuseStrays({ compilation, step }: Binding): void {
  const known = step.parameters.map((declared) => declared.name);
  step.source.args.forEach((argument, position) => {
    const at = `${step.pointer}/args/${position}/name`;
    const what = step.action === null ? `a step of kind \`${step.source.kind}\`` : quote(step.action.name);
    if (!known.includes(argument.name))
      compilation.problems.push(
        problem(
          "E_ARG_UNKNOWN",
          at,
          `${what} has no argument ${quote(argument.name)}`,
          suggestName(argument.name, known),
        ),
      );
    else if (step.source.args.findIndex((other) => other.name === argument.name) !== position) {
      compilation.problems.push(problem("E_ARG_UNKNOWN", at, `the argument ${quote(argument.name)} is given twice`));
    }
  });
}

function bindOne(binding: Binding, place: Place): PlanArgument | undefined {
  switch (place.proposed.from) {
    case "literal":
      return bindLiteral(binding, place);
    case "input":
      return bindInput(binding, place);
    case "step":
      return bindReference(binding, place);
    case "each":
      return bindElement(binding, place);
    default:
      return assertNever(place.proposed.from);
  }
}

function bindLiteral(binding: Binding, place: Place): PlanArgument | undefined {
  const parsed = parseJson(place.proposed.value, {
    bytesMax: limits.valueBytesMax,
    depthLevelsMax: limits.depthLevelsMax,
  });
  if (parsed.ok) return accept(binding, { ...place, value: parsed.value, integrity: "proposer" });
  const hint = /^[A-Za-z]/.test(place.proposed.value)
    ? "a literal holds JSON: a text stands in double quotes"
    : undefined;
  return refuse(
    binding,
    ...parsed.error.map((found) => ({
      ...found,
      pointer: place.pointer,
      hint: found.code === "E_JSON_INVALID" && hint !== undefined ? hint : found.hint,
    })),
  );
}

function bindInput(binding: Binding, place: Place): PlanArgument | undefined {
  const { inputs, inputsUsed } = binding.compilation;
  const name = place.proposed.value;
  const value = inputs.get(name);
  if (value === undefined) {
    const message = `the input ${quote(name)} was not given`;
    const found =
      inputs.size === 0
        ? problem("E_PLAN_INPUT", place.pointer, message, "give it a value", { do: "plan", input: name })
        : problem("E_PLAN_INPUT", place.pointer, message, suggestName(name, [...inputs.keys()]));
    return refuse(binding, found);
  }
  inputsUsed.add(name);
  return accept(binding, { ...place, value, integrity: "endorsed" });
}

/** An element of the inventory is the domain's word, one of a list the proposer's. */
function bindElement(binding: Binding, place: Place): PlanArgument | undefined {
  const { each } = binding.step;
  if (each === null) return undefined;
  const isInventory = binding.compilation.index.types.has(place.proposed.value);
  return accept(binding, { ...place, value: each.value, integrity: isInventory ? "endorsed" : "proposer" });
}

function accept(
  binding: Binding,
  found: Place & { readonly value: JsonValue; readonly integrity: Integrity },
): PlanArgument | undefined {
  const { declared, value, integrity, pointer } = found;
  const problems = checkValue(declared.type, value, { pointer, idsOf: binding.compilation.index.idsOf });
  if (problems.length > 0) return refuse(binding, ...problems.map((one) => ({ ...one, pointer })));
  if (integrity === "proposer" && declared.integrityMin === "endorsed") {
    return refuse(
      binding,
      problem(
        "E_TAINT",
        pointer,
        `the argument ${quote(declared.name)} is for operators to give, not for a proposer`,
        "take it from an `input`",
      ),
    );
  }
  return { name: declared.name, type: declared.type, integrity, value: { kind: "literal", value } };
}

function bindReference(binding: Binding, place: Place): PlanArgument | undefined {
  const { declared, pointer } = place;
  const { step } = binding;
  if (step.action === null)
    return refuse(
      binding,
      problem("E_ARG_SCHEMA", pointer, `${quote(declared.name)} is known before the run`, "write it as a literal"),
    );
  if (step.action.target?.argument === declared.name) {
    return refuse(
      binding,
      problem(
        "E_PLAN_REF_TARGET",
        pointer,
        `the target of ${quote(step.action.name)} would be chosen by a step's output`,
      ),
    );
  }
  const reference = parseReference(place.proposed.value);
  if (typeof reference === "string")
    return refuse(
      binding,
      problem("E_PLAN_DANGLING_REF", pointer, `${quote(place.proposed.value)} leads nowhere: ${reference}`),
    );
  const type = producedType(binding, { reference, pointer });
  if (type === undefined) return undefined;
  if (!canFit(type, declared.type)) {
    return refuse(
      binding,
      problem(
        "E_PLAN_REF_TYPE",
        pointer,
        `${quote(place.proposed.value)} is ${describeType(type)}, ${quote(declared.name)} takes ${describeType(declared.type)}`,
      ),
    );
  }
  if (!mayReceiveOutside(step, declared)) {
    return refuse(
      binding,
      problem(
        "E_TAINT",
        pointer,
        `${quote(place.proposed.value)} comes from outside and ${quote(declared.name)} of ${quote(step.action.name)} is ${describeType(declared.type)}`,
      ),
    );
  }
  binding.references.push({ reference, pointer });
  const validator = writeOutObjects(declared.type, binding.compilation.index.idsOf);
  return {
    name: declared.name,
    type: validator,
    integrity: "external",
    value: { kind: "output", stepId: reference.stepId, field: reference.field, pointer: reference.pointer },
  };
}

function producedType(binding: Binding, from: { readonly reference: Reference; readonly pointer: string }) {
  const { reference, pointer } = from;
  const producer = binding.stepsById.get(reference.stepId);
  const wasExpanded =
    binding.stepsById.has(`${reference.stepId}_1`) &&
    binding.compilation.request.proposal.steps.some((source) => source.id === reference.stepId);
  const isBroken =
    !wasExpanded &&
    producer === undefined &&
    binding.compilation.request.proposal.steps.some((source) => source.id === reference.stepId);
  // What is wrong with that step was told there.
  if (isBroken) return undefined;
  if (producer === undefined || producer.action === null || producer.each !== null) {
    const why =
      producer?.action === null
        ? "that step has no output"
        : wasExpanded || producer !== undefined
          ? "that step was expanded into several"
          : "there is no such step";
    return refuse(
      binding,
      problem(
        "E_PLAN_DANGLING_REF",
        pointer,
        `${quote(`${reference.stepId}#/${reference.field}`)} leads nowhere: ${why}`,
        suggestName(reference.stepId, [...binding.stepsById.keys()]),
      ),
    );
  }
  const type = typeOfReference(reference, producer.action.output);
  if (type !== undefined) return type;
  const fields = producer.action.output.map((field) => `${reference.stepId}#/${field.name}`);
  return refuse(
    binding,
    problem(
      "E_PLAN_DANGLING_REF",
      pointer,
      `${quote(producer.action.name)} declares no output at ${quote(`/${reference.field}${reference.pointer}`)}`,
      suggestName(`${reference.stepId}#/${reference.field}`, fields),
    ),
  );
}

/** Reads may look where outside values point; writes only where the argument's type leaves nothing to an attacker but a choice. */
function mayReceiveOutside(step: WorkStep, declared: ArgumentDeclaration): boolean {
  if (declared.integrityMin === "endorsed") return false;
  if (step.action?.class === "read") return declared.integrityMin === "external" || isValidator(declared.type);
  return isValidator(declared.type);
}

function targetOf(step: WorkStep, args: readonly PlanArgument[]): ObjectRef | null {
  const target = step.action?.target ?? null;
  const named = target === null ? undefined : args.find((argument) => argument.name === target.argument);
  if (target === null || named === undefined || named.value.kind !== "literal") return null;
  return `${target.type}/${String(named.value.value)}`;
}

function refuse(binding: Binding, ...found: readonly Problem[]): undefined {
  const { step } = binding;
  // What is wrong with every expansion alike is told once.
  const isNew = (one: Problem): boolean =>
    !binding.compilation.problems.some(
      (known) => known.code === one.code && known.pointer === one.pointer && known.message === one.message,
    );
  binding.compilation.problems.push(...(step.each === null ? found : found.filter(isNew)));
}

import type { Integrity } from "../../domain/domain.ts";
import { checkValue, describeType } from "../../domain/value-type.ts";
import { problem } from "../../value/codes.ts";
import { assertNever } from "../../value/invariant.ts";
import { parseJson } from "../../value/json.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { limits } from "../../value/limits.ts";
import { quote, suggestName } from "../../value/text.ts";
import { proposedKind } from "../kinds/index.ts";
import type { ObjectRef, PlanArgument } from "../plan.ts";
import { bindReference } from "./bind-reference.ts";
import { type ArgumentPlace, type Binding, type BoundStep, refuseArgument } from "./binding.ts";
import type { Pass } from "./compilation.ts";
import type { WorkStep } from "./work-step.ts";

/**
 * Gives every declared argument its value. The strict reader reads literals, which are checked against the declared
 * type; inputs are endorsed; references are checked against the type of the output they come from. An outside value
 * reaches a write only through a type that is itself a validator (I14).
 */
export function bindArguments(pass: Pass, step: WorkStep, stepsById: ReadonlyMap<string, WorkStep>): BoundStep {
  const { source, parameters, pointer } = step;
  const binding: Binding = { pass, step, stepsById, references: [], inputsUsed: [] };
  refuseStrays(binding);
  const optional = step.action === null ? proposedKind(source.kind).optional : [];
  const args = parameters.flatMap((declared) => {
    const position = source.args.findIndex((argument) => argument.name === declared.name);
    const proposed = source.args[position];
    if (proposed !== undefined)
      return bindOne(binding, { declared, proposed, pointer: `${pointer}/args/${position}/value` }) ?? [];
    if (!optional.includes(declared.name)) {
      const claim = `the argument ${quote(declared.name)} is missing: ${describeType(declared.type)}`;
      pass.problems.push(problem("E_ARG_MISSING", `${pointer}/args`, claim));
    }
    return [];
  });
  const { references, inputsUsed } = binding;
  return { step, args, target: targetOf(step, args), references, inputsUsed };
}

function refuseStrays({ pass, step }: Binding): void {
  const known = step.parameters.map((declared) => declared.name);
  const what = step.action === null ? `a step of kind \`${step.source.kind}\`` : quote(step.action.name);
  step.source.args.forEach(({ name }, position) => {
    const at = `${step.pointer}/args/${position}/name`;
    if (!known.includes(name)) {
      const claim = `${what} has no argument ${quote(name)}`;
      pass.problems.push(problem("E_ARG_UNKNOWN", at, claim, suggestName(name, known)));
    } else if (step.source.args.findIndex((other) => other.name === name) !== position) {
      pass.problems.push(problem("E_ARG_UNKNOWN", at, `the argument ${quote(name)} is given twice`));
    }
  });
}

function bindOne(binding: Binding, place: ArgumentPlace): PlanArgument | undefined {
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

function bindLiteral(binding: Binding, place: ArgumentPlace): PlanArgument | undefined {
  const parsed = parseJson(place.proposed.value, {
    bytesMax: limits.valueBytesMax,
    depthLevelsMax: limits.depthLevelsMax,
  });
  if (parsed.ok) return accept(binding, { ...place, value: parsed.value, integrity: "proposer" });
  const hint = /^[A-Za-z]/.test(place.proposed.value)
    ? "a literal holds JSON: a text stands in double quotes"
    : undefined;
  return refuseArgument(
    binding,
    ...parsed.error.map((found) => ({
      ...found,
      pointer: place.pointer,
      hint: found.code === "E_JSON_INVALID" && hint !== undefined ? hint : found.hint,
    })),
  );
}

function bindInput(binding: Binding, place: ArgumentPlace): PlanArgument | undefined {
  const { inputs } = binding.pass;
  const name = place.proposed.value;
  const value = inputs.get(name);
  if (value === undefined) {
    const message = `the input ${quote(name)} was not given`;
    const found =
      inputs.size === 0
        ? problem("E_PLAN_INPUT", place.pointer, message, "give it a value", { do: "plan", input: name })
        : problem("E_PLAN_INPUT", place.pointer, message, suggestName(name, [...inputs.keys()]));
    return refuseArgument(binding, found);
  }
  binding.inputsUsed.push(name);
  return accept(binding, { ...place, value, integrity: "endorsed" });
}

/** An element of the inventory comes from the domain, an element of a list from the proposer. */
function bindElement(binding: Binding, place: ArgumentPlace): PlanArgument | undefined {
  const { each } = binding.step;
  if (each === null) return undefined;
  const isInventory = binding.pass.index.types.has(place.proposed.value);
  return accept(binding, { ...place, value: each.value, integrity: isInventory ? "endorsed" : "proposer" });
}

function accept(
  binding: Binding,
  found: ArgumentPlace & { readonly value: JsonValue; readonly integrity: Integrity },
): PlanArgument | undefined {
  const { declared, value, integrity, pointer } = found;
  const problems = checkValue(declared.type, value, { pointer, idsOf: binding.pass.index.idsOf });
  if (problems.length > 0) return refuseArgument(binding, ...problems.map((one) => ({ ...one, pointer })));
  if (integrity === "proposer" && declared.integrityMin === "endorsed") {
    return refuseArgument(
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

function targetOf(step: WorkStep, args: readonly PlanArgument[]): ObjectRef | null {
  const target = step.action?.target ?? null;
  const named = target === null ? undefined : args.find((argument) => argument.name === target.argument);
  if (target === null || named === undefined || named.value.kind !== "literal") return null;
  return `${target.type}/${String(named.value.value)}`;
}

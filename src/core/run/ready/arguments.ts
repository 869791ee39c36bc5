import { checkValue } from "../../domain/value-type.ts";
import type { CallStep, PlanArgument } from "../../plan/plan.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { getAtPointer, parsePointer } from "../../value/pointer.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import type { Effort, RunState } from "../words/state.ts";
import { stepAt } from "./prepare.ts";

/**
 * Values of a step's arguments that come from earlier outputs, each held against the argument's declared type: the type in the
 * approved plan is the only way for a value from outside into a call (I2, I14).
 */
export function resolveArguments(run: RunState, call: CallStep): Result<Effort["args"], Problem> {
  const found: { readonly name: string; readonly value: JsonValue }[] = [];
  for (const argument of call.args) {
    if (argument.value.kind === "literal") continue;
    const value = outputValue(run, argument.value);
    if (value === undefined)
      return fail(problem("E_STEP_ARGUMENT", "", `\`${argument.value.stepId}\` gave nothing for \`${argument.name}\``));
    // The compiler wrote the inventory's ids out into the type of every argument that comes from an output.
    const [flaw] = checkValue(argument.type, value, { pointer: "", idsOf: () => [] });
    if (flaw !== undefined)
      return fail(
        problem(
          "E_STEP_ARGUMENT",
          "",
          `\`${argument.value.stepId}\` gave a wrong value for \`${argument.name}\`: ${flaw.message}`,
        ),
      );
    found.push({ name: argument.name, value });
  }
  return ok(found.sort((left, right) => (left.name < right.name ? -1 : 1)));
}

function outputValue(
  run: RunState,
  from: Extract<PlanArgument["value"], { readonly kind: "output" }>,
): JsonValue | undefined {
  const index = run.prepared.indexById.get(from.stepId);
  const state = index === undefined ? undefined : vectorAt(run.steps, index);
  if (index === undefined || state?.kind !== "settled") return undefined;
  const field = stepAt(run.prepared, index).call?.output.find((declared) => declared.name === from.field);
  if (field === undefined) return undefined;
  const value = at(state.output, field.pointer);
  return value === undefined ? undefined : at(value, from.pointer);
}

function at(document: JsonValue, pointer: string): JsonValue | undefined {
  const tokens = parsePointer(pointer);
  invariant(tokens.ok, "a compiled plan's pointers are JSON Pointers");
  return getAtPointer(document, tokens.value);
}

import type { FactValue } from "../../domain/domain.ts";
import { checkValue } from "../../domain/value-type.ts";
import { factName, type ObservedObject } from "../../plan/compile/read-object.ts";
import type { CallStep, Compensation, PlanArgument } from "../../plan/plan.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { getAtPointer, parsePointer } from "../../value/pointer.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { describeUnreadable, findUnreadable } from "../../value/unreadable.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import type { RunState } from "../words/state.ts";
import type { Effort } from "../words/step.ts";
import { factIn, whyUnknown } from "./facts.ts";
import { stepAt } from "./prepare.ts";

type Arguments = Effort["args"];

/**
 * The values of a step's arguments that come from earlier outputs, each checked against the argument's declared type.
 * That type, in the approved plan, is the only way for a value from outside into a call (I2, I14).
 */
export function resolveArguments(run: RunState, call: CallStep): Result<Arguments, Problem> {
  const found: Mutable<Arguments> = [];
  for (const argument of call.args) {
    if (argument.value.kind === "literal") continue;
    const value = outputValue(run, argument.value);
    const marker = value === undefined ? null : findUnreadable(value, []);
    if (marker !== null) {
      const gave = `\`${argument.value.stepId}\` gave ${describeUnreadable(marker)}, for \`${argument.name}\``;
      return fail(problem("E_STEP_ARGUMENT", "", gave));
    }
    if (value === undefined)
      return fail(problem("E_STEP_ARGUMENT", "", `\`${argument.value.stepId}\` gave nothing for \`${argument.name}\``));
    // The compiler copied the inventory's ids into the type of every argument that comes from an output.
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
  return ok(found.sort(byName));
}

/**
 * The values of the undo's arguments that come from the facts of before. The literals are in the plan.
 *
 * @param from.isThenRun - whether it runs after an undo: then the facts are those of the step that is undone, and the
 *   compiler gave their whole names
 */
export function undoArguments(
  call: CallStep,
  before: readonly ObservedObject[],
  { isThenRun }: { readonly isThenRun: boolean },
): Result<Arguments, Problem> {
  const found: Mutable<Arguments> = [];
  invariant(call.compensation !== null, "only a step with a way back is undone");
  for (const argument of call.compensation.args) {
    if (argument.from === "literal") continue;
    const value = isThenRun ? factIn(before, argument.fact) : factBefore(call, before, argument.fact);
    if (value === null)
      return fail(
        problem(
          "E_COMPENSATION_FAILED",
          "",
          `\`${argument.fact}\` was not seen before the write, so it cannot be put back`,
        ),
      );
    found.push({ name: argument.name, value });
  }
  return ok(found.sort(byName));
}

/**
 * A fact that a way back needs and that a reading does not show, with what was read instead: one that an argument puts
 * back, or that the undo is proven by. `null` if the reading shows all of them, or the step has no way back.
 */
export function unseenForUndo(
  call: CallStep,
  before: readonly ObservedObject[],
): { readonly fact: string; readonly why: string | undefined } | null {
  const { compensation } = call;
  if (compensation === null) return null;
  const unseen = unseenFor(call, compensation, before);
  if (unseen !== null || compensation.thenRun === undefined) return unseen;
  for (const next of compensation.thenRun) {
    const later = unseenFor(call, next, before);
    if (later !== null) return later;
  }
  return null;
}

function unseenFor(
  call: CallStep,
  { args, restores }: Pick<Compensation, "args" | "restores">,
  before: readonly ObservedObject[],
): ReturnType<typeof unseenForUndo> {
  for (const argument of args)
    if (argument.from === "before" && factBefore(call, before, argument.fact) === null)
      return { fact: argument.fact, why: whyUnknown(before, argument.fact) };
  for (const fact of restores) if (factIn(before, fact) === null) return { fact, why: whyUnknown(before, fact) };
  return null;
}

/** A compiled plan gives the whole name of the fact; one that a library made may give its name in the target alone. */
function factBefore({ target }: CallStep, before: readonly ObservedObject[], fact: string): FactValue | null {
  return target === null ? null : (factIn(before, fact) ?? factIn(before, factName(target, fact)));
}

/** The undo's arguments that are literals in the plan. */
export function undoLiterals(compensation: Compensation): Arguments {
  return compensation.args.flatMap((argument) =>
    argument.from === "literal" ? [{ name: argument.name, value: argument.value }] : [],
  );
}

type Mutable<T extends readonly unknown[]> = T[number][];

function byName(left: { readonly name: string }, right: { readonly name: string }): number {
  return left.name < right.name ? -1 : 1;
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

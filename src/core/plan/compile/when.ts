import { formatGuard } from "../../guard/format-guard.ts";
import { type Formula, joinLogic, listReferences } from "../../guard/formula.ts";
import type { Scope } from "../../guard/guard-type.ts";
import { parseWhen } from "../../guard/parse-when.ts";
import { typeGuard } from "../../guard/type-guard.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { assertNever } from "../../value/invariant.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { quote, suggestName } from "../../value/text.ts";
import { foldFormula } from "./fold-formula.ts";
import { isExpanded, readableOutcomes, type WorkStep } from "./work-step.ts";

/**
 * A step's condition as canonical text and formula. The empty one has no formula: it asks that everything in `after`
 * ran.
 */
export interface When {
  readonly text: string;
  readonly formula: Formula | undefined;
}

/**
 * Reads a step's `when`: a formula over outcomes of the steps in its `after`.
 *
 * @param stepsById - all steps after expansion
 */
export function readWhen(step: WorkStep, stepsById: ReadonlyMap<string, WorkStep>): Result<When, readonly Problem[]> {
  const pointer = `${step.pointer}/when`;
  if (step.source.when.trim() === "") return ok(demanded(step));
  const parsed = parseWhen(step.source.when, pointer);
  if (!parsed.ok) return parsed;
  const strangers = [...new Set(listReferences(parsed.value).map((reference) => reference.key))].filter(
    (id) => !step.after.includes(id),
  );
  if (strangers.length > 0) return fail(strangers.map((id) => refuseStranger(id, { step, stepsById, pointer })));
  const scope: Scope = {
    resolve: ([id = ""]) => ({ kind: "values", values: readableOutcomes(stepsById.get(id) ?? step) }),
    names: () => step.after,
  };
  const typed = typeGuard(parsed.value, scope, pointer);
  if (!typed.ok) return typed;
  // A part that constants decide asks nothing of outcomes; unlike outcomes, constants may be compared by order.
  const formula = foldFormula(parsed.value);
  if (formula.kind !== "constant") return ok(demanded(step, formula));
  const hint =
    formula.value === true ? "leave `when` empty: the step then runs if all it waits for ran" : "remove the step";
  return fail([
    problem("E_PLAN_WHEN", pointer, `the condition is always ${String(formula.value)}, whatever the outcomes`, hint),
  ]);
}

/**
 * The source's condition, if any, and what the compiler asks in addition. They are joined as formulas: a text could be
 * written so that it undoes the joining.
 */
function demanded({ demand }: WorkStep, own?: Formula): When {
  const parts = [own, demand ?? undefined].filter((part) => part !== undefined);
  if (parts.length === 0) return { text: "", formula: undefined };
  const formula = joinLogic<Formula>("&&", parts, 0);
  return { text: formatGuard(formula), formula };
}

function refuseStranger(
  id: string,
  at: { readonly step: WorkStep; readonly stepsById: ReadonlyMap<string, WorkStep>; readonly pointer: string },
): Problem {
  const { step, stepsById, pointer } = at;
  if (step.source.after.includes(id)) {
    const claim = `${quote(id)} is expanded into several steps, which have no one outcome`;
    return problem("E_PLAN_WHEN", pointer, claim, "wait for it in `after`; an empty `when` asks that all of them ran");
  }
  const isStep = [...stepsById.values()].some((other) => other.source.id === id && !isExpanded(other));
  const hint = isStep ? `add ${quote(id)} to \`after\`` : suggestName(id, step.after);
  return problem("E_PLAN_WHEN", pointer, `${quote(id)} is not a step this one waits for`, hint);
}

/**
 * Which outcomes of which steps a formula is about: `s1 == 'a'` is about `a`, `s1 != 'a'` about all the others, a
 * comparison of two steps about all outcomes of both.
 */
export function outcomesRead(
  formula: Formula,
  allOf: (stepId: string) => readonly string[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const read = new Map<string, Set<string>>();
  const note = (stepId: string, outcomes: readonly string[], isNegated: boolean): void => {
    const known = read.get(stepId) ?? new Set();
    const about = isNegated ? allOf(stepId).filter((outcome) => !outcomes.includes(outcome)) : outcomes;
    about.forEach((outcome) => known.add(outcome));
    read.set(stepId, known);
  };
  const visit = (part: Formula, isNegated: boolean): void => {
    switch (part.kind) {
      case "constant":
        return;
      case "reference":
        return note(part.key, allOf(part.key), false);
      case "not":
        return visit(part.operand, !isNegated);
      case "logic":
        return part.operands.forEach((operand) => visit(operand, isNegated));
      case "membership":
        return part.element.kind === "reference"
          ? note(
              part.element.key,
              part.items.map((item) => String(item.value)),
              isNegated,
            )
          : visit(part.element, isNegated);
      case "comparison": {
        const [name, constant] = part.left.kind === "reference" ? [part.left, part.right] : [part.right, part.left];
        const isOther = part.operator === "!=";
        if (name.kind === "reference" && constant.kind === "constant")
          return note(name.key, [String(constant.value)], isOther !== isNegated);
        // Two conditions compared are each asked both ways.
        for (const side of [part.left, part.right]) [false, true].forEach((way) => visit(side, way));
        return;
      }
      default:
        return assertNever(part);
    }
  };
  visit(formula, false);
  return read;
}

import { formatGuard } from "../guard/format-guard.ts";
import { formatText, type GuardValue } from "../guard/formula.ts";
import { describeUnmet, factsIn } from "../guard/plan-guard.ts";
import { quote } from "../value/text.ts";
import type { Finding } from "./finding.ts";
import { fixersOf, foreseenStatesMax } from "./foresee.ts";
import { tellWayBack } from "./tell-way-back.ts";
import type { World, WorldStep } from "./world.ts";

/** What a finding says to people: what happens, to what, with which values, and what would have to change. */
export interface ToldFinding {
  readonly message: string;
  /** Particular to this plan; `null` leaves it to the code's own. */
  readonly hint: string | null;
}

/** Words a finding. */
export function tellFinding(world: World, finding: Finding): ToldFinding {
  if (finding.back !== null) return tellWayBack(finding, finding.back);
  const { code, step, name } = finding;
  const id = quote(step?.id ?? "");
  switch (code) {
    case "E_EFFECT_PRE":
      // A precondition that its arguments alone decide has no fact to name.
      if (finding.conjunct.kind === "constant")
        return {
          message: `${id} cannot be sent${when(finding)}: its arguments alone make its precondition false`,
          hint: `give ${id} other arguments, or leave it out`,
        };
      return {
        message: `${id} cannot be sent${when(finding)}: its precondition is false then: ${found(finding)}`,
        hint: hintBefore(world, finding),
      };
    case "E_EFFECT_EXPECT":
      return tellExpect(finding);
    case "E_EFFECT_INVARIANT":
      return {
        message: `the invariant ${quote(name)} is false ${momentOf(finding)}${when(finding)}: ${found(finding)}`,
        hint: isAllItsOwn(finding) ? hintOwn(finding) : hintBefore(world, finding),
      };
    case "E_EFFECT_NOT_RESTORED":
      return {
        message:
          `the invariant ${quote(name)} is false before the plan and at its end` +
          `${when(finding)}: ${found(finding)}`,
        hint: null,
      };
    case "E_EFFECT_SIDE_BY_SIDE":
      return tellSideBySide(finding);
    case "E_EFFECT_GOAL":
      return {
        message: `no ending of the plan reaches the goal: ${found(finding)}`,
        hint: null,
      };
    // What happens on a way back says where on it, and was worded there.
    case "E_EFFECT_UNDO_PRE":
    case "E_EFFECT_UNDO_RESTORES":
    case "E_EFFECT_UNDO_INVARIANT":
    case "E_EFFECT_LIMIT": {
      const what = name === "" ? `the precondition of ${id}` : `the invariant ${quote(name)}`;
      return {
        message:
          `whether ${what} holds takes more than ${foreseenStatesMax} states to find out: ` +
          quote(formatGuard(finding.conjunct)),
        hint: null,
      };
    }
  }
}

function tellExpect(finding: Finding): ToldFinding {
  const [id, otherId] = [quote(finding.step?.id ?? ""), quote(finding.other?.id ?? "")];
  if (finding.moment === null)
    return { message: `${id} expects what its own effect makes false: ${found(finding)}`, hint: null };
  if (finding.moment.last === null)
    return { message: `${id} expects what nothing makes true by then: ${found(finding)}`, hint: null };
  const after = finding.other === null ? "" : ` if ${otherId} comes first`;
  return {
    message: `${id} expects what is false once it is done${after}${when(finding)}: ${found(finding)}`,
    hint: finding.other === null ? null : `let ${otherId} wait for ${id}, or expect less`,
  };
}

function tellSideBySide(finding: Finding): ToldFinding {
  const { step, other, moment, name } = finding;
  const [id, otherId] = [quote(step?.id ?? ""), quote(other?.id ?? "")];
  const both = `${otherId} and ${id} may run side by side`;
  const what = name === "" ? `the precondition of ${id}` : `the invariant ${quote(name)}`;
  const isWaiting = other !== null && moment?.running.includes(other) !== true && moment?.done.includes(other) !== true;
  const isUnderWay = moment?.running.some((running) => running === other) === true;
  const order = isWaiting
    ? `if ${id} comes first`
    : isUnderWay
      ? `while ${otherId} is under way`
      : `if ${otherId} comes first`;
  return {
    message: `${both}, and ${order}${when(finding)}, ${what} is false: ${found(finding)}`,
    hint: isWaiting
      ? `let ${id} wait for ${otherId}`
      : `let ${otherId} wait for ${id}${isUnderWay ? ", or the other way round" : ""}`,
  };
}

/** What is needed, and what was found instead. */
function found({ conjunct, moment, moreCount, step }: Finding): string {
  const lookup = (fact: string): GuardValue | undefined =>
    moment === null ? step?.effect.get(fact) : moment.facts.get(fact);
  const more = moreCount === 0 ? "" : `; ${moreCount} more of its conditions are false`;
  return `${describeUnmet(conjunct, lookup)}${since(conjunct, moment, step)}${more}`;
}

/** The step that gave one of the facts its value. */
function since(conjunct: Finding["conjunct"], moment: Finding["moment"], about: WorldStep | null): string {
  const facts = factsIn(conjunct);
  const by = moment?.done.findLast(
    (step) =>
      step !== about && facts.some((fact) => step.effect.get(fact) === moment.facts.get(fact) && step.effect.has(fact)),
  );
  return by === undefined ? "" : `, by ${quote(by.id)}`;
}

function momentOf({ moment }: Finding): string {
  if (moment === null || moment.last === null) return "";
  const id = quote(moment.last.id);
  return moment.phase === "during" ? `while ${id} is under way` : `once ${id} is done`;
}

/** The outcomes that lead there. */
function when({ course }: Finding): string {
  if (course.length === 0) return "";
  const outcomes = course.slice(0, 4).map(({ stepId, outcome }) => `${stepId} == ${formatText(outcome)}`);
  return ` when ${quote(`${outcomes.join(" && ")}${course.length > 4 ? " && …" : ""}`)}`;
}

/** Whether the step sets every fact of the condition itself, so that nothing before it could help. */
function isAllItsOwn({ conjunct, moment, step }: Finding): boolean {
  if (step === null || moment === null || moment.last !== step || moment.phase === "during") return false;
  return factsIn(conjunct).every((fact) => step.effect.has(fact));
}

function hintOwn({ step }: Finding): string {
  const id = quote(step?.id ?? "");
  return `${id} sets all of it by itself: give ${id} other arguments, or leave it out`;
}

/** Which step would make it true, or that none does. */
function hintBefore(world: World, finding: Finding): string | null {
  const { conjunct, moment, step } = finding;
  if (moment === null || step === null) return null;
  const fixers = fixersOf(world, conjunct, moment).filter((other) => other !== step);
  const [first] = fixers;
  const needed = quote(formatGuard(conjunct));
  if (first === undefined && finding.code === "E_EFFECT_INVARIANT")
    return `${quote(step.id)} makes it false: leave it out, or change first what the invariant needs`;
  if (first === undefined) return `nothing in the plan makes ${needed} true before ${quote(step.id)}`;
  return `${quote(first.id)} makes ${needed} true: ${orderHint(world, step, first)}`;
}

function orderHint(world: World, step: WorldStep, first: WorldStep): string {
  if (world.isBefore(step.at, first.at)) return `put it before ${quote(step.id)}`;
  return `let ${quote(step.id)} wait for it`;
}

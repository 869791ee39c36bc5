import { formatText, type GuardValue } from "../guard/formula.ts";
import { describeUnmet } from "../guard/plan-guard.ts";
import { quote } from "../value/text.ts";
import type { BackMoment, Finding } from "./finding.ts";

/** Words what a way back does wrong: when it begins, what it sends, and what is false then. */
export function tellWayBack(
  finding: Finding,
  back: BackMoment,
): { readonly message: string; readonly hint: string | null } {
  const undoes = back.isThenRun
    ? `${quote(back.action)}, which runs after the undo of ${idOf(finding)},`
    : `${quote(back.action)}, which undoes ${idOf(finding)},`;
  const why = `${begins(finding, back)}: ${found(finding)}${undone(back)}`;
  switch (finding.code) {
    case "E_EFFECT_UNDO_PRE":
      return { message: `${undoes} is sent although its precondition is false, ${why}`, hint: escalate(back) };
    case "E_EFFECT_UNDO_RESTORES":
      return {
        message: `${undoes} does not put back what was there before, ${why}`,
        hint: `let the domain give ${quote(back.action)} the value of before (\`before\`), or ${escalate(back)}`,
      };
    default:
      return {
        message: `the invariant ${quote(finding.name)} is false ${momentOf(back)} ${undoes.slice(0, -1)}, ${why}`,
        hint: escalate(back),
      };
  }
}

function idOf({ step }: Finding): string {
  return quote(step?.id ?? "");
}

function momentOf({ phase }: BackMoment): string {
  return phase === "during" ? "during" : "after";
}

function begins({ course }: Finding, { trigger, isEnding, isTouched }: BackMoment): string {
  const id = quote(trigger.id);
  const outcomes = course.slice(0, 4).map(({ stepId, outcome }) => `${stepId} == ${formatText(outcome)}`);
  const when =
    outcomes.length === 0 ? "" : ` (${quote(`${outcomes.join(" && ")}${course.length > 4 ? " && …" : ""}`)})`;
  if (isEnding) return `when the plan ends at ${id}${when}`;
  return `when ${id} fails${isTouched ? " after it was sent" : ""}${when}`;
}

function found({ conjunct, moment, moreCount }: Finding): string {
  const lookup = (fact: string): GuardValue | undefined => moment?.facts.get(fact);
  const more = moreCount === 0 ? "" : `; ${moreCount} more of its conditions are false`;
  return `${describeUnmet(conjunct, lookup)}${more}`;
}

function undone({ undone: ids }: BackMoment): string {
  if (ids.length === 0) return "";
  const named = ids.slice(0, 4).map(quote).join(", ");
  return `; undone before: ${named}${ids.length > 4 ? `, and ${ids.length - 4} more` : ""}`;
}

function escalate({ trigger, isEnding }: BackMoment): string {
  const id = quote(trigger.id);
  return isEnding
    ? `let the plan end with \`escalate\` in place of ${id}, or change the order of its steps`
    : `let ${id} escalate when it fails (\`onFailure: escalate\`), or change the order of the steps`;
}

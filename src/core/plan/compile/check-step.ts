import type { Action, OnFailure } from "../../domain/domain.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { quote, suggestName } from "../../value/text.ts";
import { callRulesOf } from "../kinds/index.ts";
import type { ProposedStep } from "../wire/proposal.ts";
import { actionOf, type Pass } from "./compilation.ts";

/** The action a step names: `null` for a kind that calls nothing, `undefined` when it was refused. */
export function findAction(pass: Pass, source: ProposedStep, pointer: string): Action | null | undefined {
  const refuse = (found: Problem): undefined => void pass.problems.push(found);
  const isCall = callRulesOf(source.kind) !== null;
  if (!isCall && source.action === "") return null;
  if (!isCall)
    return refuse(problem("E_ACTION_KIND", `${pointer}/action`, `a step of kind \`${source.kind}\` has no action`));
  if (source.action === "")
    return refuse(problem("E_ACTION_KIND", `${pointer}/action`, `a step of kind \`${source.kind}\` names an action`));
  const action = actionOf(pass, source.action);
  if (action !== undefined) return action;
  const { name, actions } = pass.request.domain;
  const claim = `the domain \`${name}\` has no action ${quote(source.action)}`;
  const hint = suggestName(
    source.action,
    actions.map((known) => known.name),
  );
  return refuse(problem("E_ACTION_UNKNOWN", `${pointer}/action`, claim, hint));
}

/** What is wrong with a step regardless of its arguments and of other steps. */
export function checkStep(
  source: ProposedStep,
  at: { readonly action: Action | null; readonly pointer: string },
): readonly Problem[] {
  const { action, pointer } = at;
  const call = callRulesOf(source.kind);
  const problems: Problem[] = [];
  if (call?.readsOnly === true && action !== null && action.class !== "read") {
    const claim = `${quote(action.name)} writes: a ${source.kind} only reads`;
    problems.push(problem("E_ACTION_KIND", `${pointer}/kind`, claim, "make it an `act`"));
  }
  if (source.expect.length > 0 && (action === null || action.class === "read")) {
    const hint = "put the expectation on the write, or into `goal`";
    problems.push(problem("E_ACTION_KIND", `${pointer}/expect`, "only a write has something to expect", hint));
  }
  if (call?.canFail === true && action !== null && !asCautious[action.onFailure].includes(source.onFailure)) {
    const claim = `${quote(source.onFailure)} is less cautious than ${quote(action.name)} asks for`;
    const hint = `choose one of ${asCautious[action.onFailure].map(quote).join(", ")}`;
    problems.push(problem("E_PLAN_ON_FAILURE", `${pointer}/onFailure`, claim, hint));
  }
  return problems;
}

// What a proposal may choose, by what the action declares: only what is at least as cautious. `branch` goes on, `stop`
// and `recover` leave things as they are, `rollback` undoes them, `escalate` hands them to a person. Stopping is not
// more cautious than undoing: an action that asks for the way back is not served by standing still.
const asCautious: Readonly<Record<OnFailure, readonly OnFailure[]>> = {
  branch: ["branch", "stop", "recover", "rollback", "escalate"],
  recover: ["recover", "stop", "rollback", "escalate"],
  stop: ["stop", "recover", "rollback", "escalate"],
  rollback: ["rollback", "escalate"],
  escalate: ["escalate"],
};

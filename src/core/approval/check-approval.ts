import { isCallStep } from "../plan/kinds/index.ts";
import type { Plan } from "../plan/plan.ts";
import { type Problem, problem } from "../value/codes.ts";
import type { Digest } from "../value/digest.ts";
import { quote } from "../value/text.ts";
import type { Approval } from "./approval.ts";
import { type CurrentStore, checkStore } from "./check-store.ts";

/** What the site allows of approvals. */
export interface ApprovalRules {
  /** A single operator may approve their own proposal. Every such approval is marked everywhere. */
  readonly solo: boolean;
  /** How long an approval may be valid at most. */
  readonly validMsMax: number;
}

/**
 * Everything that keeps an approval from entitling this plan to run at this time (I1): wrong hash, expired, the
 * approver's own proposal without `solo`, unattended outside a lab, a target that was not typed, another store, a term
 * that nothing here enforces. The signature must be verified already. The kernel checks that an approval is used only
 * once.
 *
 * @returns every problem; empty if the approval is good
 */
export function checkApproval(
  approval: Approval,
  plan: Plan,
  options: {
    readonly planHash: Digest;
    readonly nowMs: number;
    readonly rules: ApprovalRules;
    readonly store: CurrentStore;
  },
): readonly Problem[] {
  const { planHash, nowMs, rules, store } = options;
  const problems: Problem[] = [];
  if (approval.planHash !== planHash)
    problems.push(problem("E_APPROVAL_HASH", "/planHash", "the approval is for another plan"));
  if (nowMs >= approval.expiresAtMs)
    problems.push(problem("E_APPROVAL_EXPIRED", "/expiresAtMs", "the approval has expired"));
  if (isValidTooLong(approval, nowMs, rules))
    problems.push(
      problem("E_APPROVAL_EXPIRED", "/expiresAtMs", "the approval is valid for longer than this site allows"),
    );
  if (approval.principal.kind !== "person")
    problems.push(problem("E_APPROVAL_CHANNEL", "/principal/kind", "only a person approves"));
  problems.push(
    ...checkStore(approval, store),
    ...checkTerms(approval),
    ...checkApprover(approval, plan, rules),
    ...checkTypedTargets(approval, plan),
  );
  return problems;
}

/** Terms that narrow an approval. This release knows their place in the form and enforces none of them. */
const unenforced = ["intentDigest", "roster", "role"] as const;

/** The approver relies on every term. An approval with a term that nothing here enforces does not count. */
function checkTerms(approval: Approval): readonly Problem[] {
  return unenforced
    .filter((term) => approval[term] !== undefined)
    .map((term) =>
      problem("E_APPROVAL_TERMS", `/${term}`, `this release cannot hold an approval to its ${quote(term)}`),
    );
}

/**
 * Whether a signature would be valid for longer than the site allows, counted from its own date or from now, whichever
 * is earlier: a date in the future buys no time.
 */
export function isValidTooLong(
  signed: { readonly issuedAtMs: number; readonly expiresAtMs: number },
  nowMs: number,
  rules: ApprovalRules,
): boolean {
  return signed.expiresAtMs - Math.min(signed.issuedAtMs, nowMs) > rules.validMsMax;
}

/** Whether the approver is also the proposer, or the person for whom it was proposed. */
export function isOwnProposal(approverId: string, plan: Plan): boolean {
  return approverId === plan.proposer.id || approverId === plan.proposer.onBehalfOf;
}

/** Targets of the irreversible steps of a plan that is not proven, sorted. The approver has to type each of them. */
export function targetsToType(plan: Plan): readonly string[] {
  if (plan.proof.kind === "proven") return [];
  const targets = new Set<string>();
  for (const step of plan.steps) {
    if (isCallStep(step) && step.class === "irreversible") targets.add(step.target ?? step.action);
  }
  return [...targets].sort();
}

/**
 * Refuses the name of a target that the plan does not change. Somebody who types one too many believes that another
 * plan is before them. It is asked before an approval is signed.
 */
export function checkNoOtherTarget(typedTargets: readonly string[], plan: Plan): readonly Problem[] {
  const changed = new Set(
    plan.steps.flatMap((step) => (isCallStep(step) && step.class !== "read" ? [step.target ?? step.action] : [])),
  );
  return [...new Set(typedTargets)]
    .filter((target) => !changed.has(target))
    .map((target) => {
      const hint = "look whether this is the plan that you mean, then leave the name out";
      return problem("E_APPROVAL_TARGET", "/typedTargets", `this plan does not change ${quote(target)}`, hint);
    });
}

function checkApprover(approval: Approval, plan: Plan, rules: ApprovalRules): readonly Problem[] {
  const problems: Problem[] = [];
  const isOwn = isOwnProposal(approval.principal.id, plan);
  if (isOwn && !(rules.solo && approval.solo)) {
    problems.push(
      problem(
        "E_APPROVAL_SELF",
        "/principal/id",
        `${quote(approval.principal.id)} proposed this plan and may not approve it`,
      ),
    );
  }
  if (!approval.attended && plan.domain.environment !== "lab") {
    problems.push(
      problem(
        "E_APPROVAL_UNATTENDED",
        "/attended",
        `an unattended key approves under \`environment: lab\` alone, this domain is \`${plan.domain.environment}\``,
      ),
    );
  }
  return problems;
}

function checkTypedTargets(approval: Approval, plan: Plan): readonly Problem[] {
  const missing = targetsToType(plan).filter((target) => !approval.typedTargets.includes(target));
  return missing.map((target) =>
    problem(
      "E_APPROVAL_TARGET",
      "/typedTargets",
      `${quote(target)} is changed irreversibly and its name was not typed`,
    ),
  );
}

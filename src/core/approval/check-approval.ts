import { isCallStep } from "../plan/kinds/index.ts";
import type { Plan } from "../plan/plan.ts";
import { groupWrites, type WriteGroup } from "../plan/show/group-writes.ts";
import { type Problem, problem } from "../value/codes.ts";
import type { Digest } from "../value/digest.ts";
import { sortedUnique } from "../value/sorted-unique.ts";
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

/** Whether the approver is also the proposer, the person for whom it was proposed, or the one who gave the command. */
export function isOwnProposal(approverId: string, { proposer, preparedBy }: Plan): boolean {
  return [proposer.id, proposer.onBehalfOf, preparedBy?.id].includes(approverId);
}

/** What a person did for a plan that is their own. */
export function ownPart(personId: string, { proposer }: Plan): string {
  return personId === proposer.id || personId === proposer.onBehalfOf ? "proposed this plan" : "had this plan made";
}

/**
 * What the approver has to type: action and target of each irreversible step of a plan that is not proven, equal steps
 * together, sorted. A target alone would approve whatever else the plan does to it.
 */
export function phrasesToType(plan: Plan): readonly string[] {
  if (plan.proof.kind === "proven") return [];
  const irreversible = groupWrites(plan).filter((group) => group.class === "irreversible");
  return sortedUnique(irreversible.map(({ phrase }) => phrase));
}

/** Targets of the irreversible steps of a plan that is not proven, sorted. A grant has to name each of them. */
export function irreversibleTargets(plan: Plan): readonly string[] {
  if (plan.proof.kind === "proven") return [];
  const targets = new Set<string>();
  for (const step of plan.steps) {
    if (isCallStep(step) && step.class === "irreversible") targets.add(step.target ?? step.action);
  }
  return [...targets].sort();
}

/**
 * Refuses what was typed for something that the plan does not do. Somebody who types one too many believes that another
 * plan is before them. It is asked before an approval is signed.
 */
export function checkNoOtherTarget(typedTargets: readonly string[], plan: Plan): readonly Problem[] {
  const groups = groupWrites(plan);
  const done = new Set(groups.flatMap((group) => [group.phrase, ...singlePhrases(group)]));
  return [...new Set(typedTargets)]
    .filter((typed) => !done.has(typed))
    .map((typed) => {
      const meant = groups.filter(({ targets }) => targets.includes(typed)).map(({ phrase }) => quote(phrase));
      if (meant.length === 0) {
        const hint = "look whether this is the plan that you mean, then leave it out";
        return problem("E_APPROVAL_TARGET", "/typedTargets", `this plan does not do ${quote(typed)}`, hint);
      }
      const hint = `look at what is done to it, then type the action too: ${meant.join(", ")}`;
      return problem("E_APPROVAL_TARGET", "/typedTargets", `${quote(typed)} names no action`, hint);
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
        `${quote(approval.principal.id)} ${ownPart(approval.principal.id, plan)} and may not approve it`,
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

/** What may be typed instead of the phrase of a group: each of its writes. */
function singlePhrases({ action, targets }: WriteGroup): readonly string[] {
  return targets.map((target) => `${action} ${target}`);
}

function isTypedOneByOne(phrase: string, plan: Plan, typed: ReadonlySet<string>): boolean {
  return groupWrites(plan)
    .filter((group) => group.phrase === phrase)
    .every((group) => singlePhrases(group).every((single) => typed.has(single)));
}

function checkTypedTargets(approval: Approval, plan: Plan): readonly Problem[] {
  // Earlier forms have the targets alone, and what was signed in them counts as it did.
  const typed = new Set(approval.typedTargets);
  const missing =
    approval.format !== "interlock.approval/3"
      ? irreversibleTargets(plan).filter((target) => !typed.has(target))
      : phrasesToType(plan).filter((phrase) => !typed.has(phrase) && !isTypedOneByOne(phrase, plan, typed));
  return missing.map((phrase) =>
    problem("E_APPROVAL_TARGET", "/typedTargets", `${quote(phrase)} is irreversible and was not typed`),
  );
}

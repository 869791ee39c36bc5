import type { Action, Domain, Environment } from "../domain/domain.ts";
import type { Plan } from "../plan/plan.ts";
import { type Problem, problem } from "../value/codes.ts";
import { quote } from "../value/text.ts";
import type { Envelope, Grant } from "./approval.ts";
import { type ApprovalRules, irreversibleTargets, isOwnProposal, isValidTooLong, ownPart } from "./check-approval.ts";
import { checkEnvelope, type EnvelopeUse } from "./check-envelope.ts";
import { type CurrentStore, checkStore } from "./check-store.ts";

/**
 * Everything that keeps a grant from entitling this plan to run at this time (I1, I2): more than is left of its
 * envelope, expired, another store, the granter's own proposal without `solo`, unattended outside a lab. The signature
 * must be verified already. A target that an approver would have to type has to be named in the grant itself: `type/*`
 * does not cover the target of an irreversible step.
 *
 * @returns every problem; empty if the grant is good
 */
export function checkGrant(
  grant: Grant,
  plan: Plan,
  options: {
    readonly nowMs: number;
    readonly rules: ApprovalRules;
    readonly used: EnvelopeUse;
    readonly store: CurrentStore;
  },
): readonly Problem[] {
  const { nowMs, rules, used, store } = options;
  const problems: Problem[] = [...checkStore(grant, store), ...checkEnvelope(plan, grant.envelope, used)];
  if (nowMs >= grant.expiresAtMs) problems.push(problem("E_APPROVAL_EXPIRED", "/expiresAtMs", "the grant has expired"));
  problems.push(...checkGranter(grant, plan.domain.environment, { nowMs, rules }));
  if (isOwnProposal(grant.principal.id, plan) && !rules.solo) {
    problems.push(
      problem(
        "E_APPROVAL_SELF",
        "/principal/id",
        `${quote(grant.principal.id)} ${ownPart(grant.principal.id, plan)} and may not run it under their own grant`,
      ),
    );
  }
  for (const target of irreversibleTargets(plan).filter((wanted) => !grant.envelope.targets.includes(wanted))) {
    problems.push(
      problem(
        "E_APPROVAL_TARGET",
        "/envelope/targets",
        `${quote(target)} is changed irreversibly and the grant does not name it`,
      ),
    );
  }
  return problems;
}

/**
 * Everything wrong with a grant before it is signed: an envelope that no plan of this domain could fit, or a signer who
 * may not grant it.
 */
export function checkNewGrant(grant: Grant, domain: Domain, rules: ApprovalRules): readonly Problem[] {
  const problems: Problem[] = [];
  const { envelope } = grant;
  if (envelope.domain !== domain.name)
    problems.push(problem("E_ENVELOPE", "/envelope/domain", `the site's domain is ${quote(domain.name)}`));
  const actions = domain.actions.map(({ name }) => name);
  for (const action of envelope.actions.filter((name) => !actions.includes(name)))
    problems.push(problem("E_ACTION_UNKNOWN", "/envelope/actions", `the domain has no action ${quote(action)}`));
  const objects = new Set(domain.inventory.flatMap(({ type, id }) => [`${type}/*`, `${type}/${id}`]));
  for (const target of envelope.targets.filter((name) => !objects.has(name)))
    problems.push(problem("E_DOMAIN_NAME", "/envelope/targets", `the inventory has no ${quote(target)}`));
  // What a name that does not exist could be used for is not worth a second problem.
  if (problems.length === 0) problems.push(...checkUse(envelope, domain));
  problems.push(...checkGranter(grant, domain.environment, { nowMs: grant.issuedAtMs, rules }));
  return problems;
}

/** Whether every action and every target of an envelope can count for some plan. */
function checkUse(envelope: Envelope, domain: Domain): readonly Problem[] {
  const granted = domain.actions.filter(({ name, class: kind }) => kind !== "read" && envelope.actions.includes(name));
  const covers = (target: string, action: Action): boolean => {
    const [type, id] = [target.slice(0, target.indexOf("/")), target.slice(target.indexOf("/") + 1)];
    return action.target?.type === type && (id !== "*" || action.class !== "irreversible");
  };
  const problems: Problem[] = [];
  // A way back runs because its action did: nothing has to run it for its own sake.
  const waysBack = new Set(granted.map(({ compensate }) => compensate?.action));
  for (const action of granted) {
    if (waysBack.has(action.name)) continue;
    if (action.class === "irreversible" && !envelope.irreversible)
      problems.push(
        problem(
          "E_ENVELOPE",
          "/envelope/actions",
          `${quote(action.name)} is irreversible, and the grant permits no irreversible step`,
          "permit irreversible steps too, or leave the action out",
        ),
      );
    else if (!envelope.targets.some((target) => covers(target, action)))
      problems.push(
        problem(
          "E_ENVELOPE",
          "/envelope/actions",
          `no target of the grant is one on which ${quote(action.name)} could run under it`,
          "add such a target, by its own name if the action is irreversible, or leave the action out",
        ),
      );
  }
  for (const target of envelope.targets)
    if (!granted.some((action) => covers(target, action)))
      problems.push(
        problem(
          "E_ENVELOPE",
          "/envelope/targets",
          `no action of the grant could run on ${quote(target)} under it`,
          "name each target of an irreversible action by itself, or leave the target out",
        ),
      );
  return problems;
}

function checkGranter(
  grant: Grant,
  environment: Environment,
  at: { readonly nowMs: number; readonly rules: ApprovalRules },
): readonly Problem[] {
  const problems: Problem[] = [];
  if (grant.principal.kind !== "person")
    problems.push(problem("E_APPROVAL_CHANNEL", "/principal/kind", "only a person grants"));
  if (isValidTooLong(grant, at.nowMs, at.rules))
    problems.push(problem("E_APPROVAL_EXPIRED", "/expiresAtMs", "the grant is valid for longer than this site allows"));
  if (!grant.attended && environment !== "lab") {
    problems.push(
      problem(
        "E_APPROVAL_UNATTENDED",
        "/attended",
        `an unattended key grants under \`environment: lab\` alone, this domain is \`${environment}\``,
      ),
    );
  }
  return problems;
}

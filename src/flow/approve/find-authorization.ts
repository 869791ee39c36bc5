import { checkApproval } from "../../core/approval/check-approval.ts";
import { readApprovalStatement } from "../../core/approval/parse-approval.ts";
import type { Authorization } from "../../core/run/words/input.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { AuthorizationSearch } from "./authorization-search.ts";
import { findGrant } from "./grant-envelope.ts";
import { isBorneOut, notBorneOut, openSigned } from "./open-signed.ts";

/**
 * The authorization by which a plan may run: its newest approval, if no run of the plan has started since and if it
 * holds, with its signature checked against the identities known here; or else the newest grant whose envelope it fits;
 * or none, if nothing is written. A plan that only reads has a budget where nobody has approved it, so an approval that
 * is there is used. The kernel still checks hash, time, single use and what is left of a grant.
 */
export function findAuthorization(search: AuthorizationSearch): Result<Authorization, readonly Problem[]> {
  const { plan, planHash, site, records, unusedApproval } = search;
  const newest = records.approvals.findLast((approval) => approval.planHash === planHash);
  const approval = newest === undefined ? notApproved : readAuthorization(newest.envelope, search);
  if (approval.ok && newest?.approvalId === unusedApproval) return approval;
  if (plan.bounds.writeCount === 0) return ok({ kind: "read_only", policies: site.pins.policies });
  // The kernel refuses it, and names the run that used it.
  if (approval.ok) return approval;
  const grant = findGrant(search);
  return grant.ok ? grant : fail(withoutRepeats([...approval.error, ...grant.error]));
}

const notApproved: Result<Authorization, readonly Problem[]> = fail([
  problem("E_APPROVAL_MISSING", "", "nobody has approved this plan"),
]);

/** Several grants, and several steps, may lack the same thing. */
function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  const key = ({ code, message }: Problem): string => `${code} ${message}`;
  return [...new Map(problems.toReversed().map((found) => [key(found), found])).values()].reverse();
}

function readAuthorization(
  envelopeDigest: Digest,
  options: AuthorizationSearch,
): Result<Authorization, readonly Problem[]> {
  const { site, plan, planHash, log, identities, nowMs, store } = options;
  const opened = openSigned(envelopeDigest, log, identities);
  if (!opened.ok) return fail([opened.error]);
  const approval = readApprovalStatement(opened.value.statement);
  if (!approval.ok) return fail([approval.error]);
  const { approvalId, principal, expiresAtMs, attended, solo } = approval.value;
  if (!isBorneOut(approval.value, opened.value.signer)) return fail([notBorneOut()]);
  const problems = checkApproval(approval.value, plan, { planHash, nowMs, rules: site.rules, store });
  return problems.length > 0
    ? fail(problems)
    : ok({ kind: "approval", approvalId, planHash, principal, expiresAtMs, attended, solo });
}

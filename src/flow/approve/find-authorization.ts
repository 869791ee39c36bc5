import { checkApproval } from "../../core/approval/check-approval.ts";
import { readApprovalStatement } from "../../core/approval/parse-approval.ts";
import { mapGet } from "../../core/run/collections/persistent-map.ts";
import type { Authorization } from "../../core/run/words/input.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, shortDigest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { AuthorizationSearch } from "./authorization-search.ts";
import { findGrant } from "./grant-envelope.ts";
import { isBorneOut, notBorneOut, openSigned } from "./open-signed.ts";

/**
 * The authorization by which a plan may run: the newest approval of its hash that holds, with its signature checked
 * against the identities known here; or else the newest grant whose envelope it fits; or none, if nothing is written. A
 * plan that only reads has a budget where nobody has approved it, so an approval that is there is used.
 * The kernel still checks hash, time, single use and what is left of a grant.
 */
export function findAuthorization(search: AuthorizationSearch): Result<Authorization, readonly Problem[]> {
  const { plan, site } = search;
  const read = readApprovals(search);
  const usable = read.find(({ authorization, isUsed }) => authorization.ok && !isUsed);
  if (usable !== undefined) return usable.authorization;
  if (plan.bounds.writeCount === 0) return ok({ kind: "read_only", policies: site.pins.policies });
  const approval = explainApproval(search, read);
  if (approval.ok) return approval;
  const grant = findGrant(search);
  return grant.ok ? grant : fail(withoutRepeats([...approval.error, ...grant.error]));
}

/** Several grants, and several steps, may lack the same thing. */
function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  const key = ({ code, message }: Problem): string => `${code} ${message}`;
  return [...new Map(problems.toReversed().map((found) => [key(found), found])).values()].reverse();
}

interface ReadApproval {
  readonly authorization: Result<Authorization, readonly Problem[]>;
  readonly isUsed: boolean;
}

/** The approvals of this plan, newest first. */
function readApprovals(search: AuthorizationSearch): readonly ReadApproval[] {
  const { planHash, records } = search;
  return records.approvals
    .filter((approval) => approval.planHash === planHash)
    .reverse()
    .map(({ envelope, approvalId }) => ({
      authorization: readAuthorization(envelope, search),
      isUsed: mapGet(search.usedApprovals, approvalId) !== undefined,
    }));
}

/** The newest approval says what is wrong: its approver wants to know. The kernel refuses one that was used. */
function explainApproval(
  { records }: AuthorizationSearch,
  [newestOfPlan]: readonly ReadApproval[],
): Result<Authorization, readonly Problem[]> {
  if (newestOfPlan !== undefined) return newestOfPlan.authorization;
  const [newest] = records.approvals.slice(-1);
  if (newest === undefined) return fail([problem("E_APPROVAL_MISSING", "", "nobody has approved this plan")]);
  const message = `nobody has approved this plan; the latest approval is for \`${shortDigest(newest.planHash)}\``;
  return fail([problem("E_APPROVAL_HASH", "", message)]);
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

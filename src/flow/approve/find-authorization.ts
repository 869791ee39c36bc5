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
 * against the identities known here; or else the newest grant whose envelope it fits; or none, if nothing is written.
 * The kernel still checks hash, time, single use and what is left of a grant.
 */
export function findAuthorization(search: AuthorizationSearch): Result<Authorization, readonly Problem[]> {
  const { plan, site } = search;
  if (plan.bounds.writeCount === 0) return ok({ kind: "read_only", policies: site.pins.policies });
  const approval = findApproval(search);
  if (approval.ok) return approval;
  const grant = findGrant(search);
  return grant.ok ? grant : fail(withoutRepeats([...approval.error, ...grant.error]));
}

/** Several grants, and several steps, may lack the same thing. */
function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  const key = ({ code, message }: Problem): string => `${code} ${message}`;
  return [...new Map(problems.toReversed().map((found) => [key(found), found])).values()].reverse();
}

function findApproval(search: AuthorizationSearch): Result<Authorization, readonly Problem[]> {
  const { planHash, records } = search;
  const candidates = records.approvals.filter((approval) => approval.planHash === planHash).reverse();
  if (candidates.length === 0) {
    const [newest] = records.approvals.slice(-1);
    if (newest === undefined) return fail([problem("E_APPROVAL_MISSING", "", "nobody has approved this plan")]);
    return fail([
      problem(
        "E_APPROVAL_HASH",
        "",
        `nobody has approved this plan; the latest approval is for \`${shortDigest(newest.planHash)}\``,
      ),
    ]);
  }
  const isUsed = (approvalId: string): boolean => mapGet(search.usedApprovals, approvalId) !== undefined;
  const read = candidates.map(({ envelope, approvalId }) => ({
    authorization: readAuthorization(envelope, search),
    isUsed: isUsed(approvalId),
  }));
  const usable = read.find(({ authorization, isUsed: used }) => authorization.ok && !used);
  // The newest approval says what is wrong: its approver wants to know. The kernel refuses one that was used.
  return (
    (usable ?? read[0])?.authorization ?? fail([problem("E_APPROVAL_MISSING", "", "nobody has approved this plan")])
  );
}

function readAuthorization(
  envelopeDigest: Digest,
  options: AuthorizationSearch,
): Result<Authorization, readonly Problem[]> {
  const { site, plan, planHash, log, identities, nowMs } = options;
  const opened = openSigned(envelopeDigest, log, identities);
  if (!opened.ok) return fail([opened.error]);
  const approval = readApprovalStatement(opened.value.statement);
  if (!approval.ok) return fail([approval.error]);
  const { approvalId, principal, expiresAtMs, attended, solo } = approval.value;
  if (!isBorneOut(approval.value, opened.value.signer)) return fail([notBorneOut()]);
  const problems = checkApproval(approval.value, plan, { planHash, nowMs, rules: site.rules });
  return problems.length > 0
    ? fail(problems)
    : ok({ kind: "approval", approvalId, planHash, principal, expiresAtMs, attended, solo });
}

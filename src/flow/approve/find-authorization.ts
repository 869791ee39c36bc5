import { checkApproval } from "../../core/approval/check-approval.ts";
import { readApprovalStatement } from "../../core/approval/parse-approval.ts";
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
  return grant.ok ? grant : fail([...approval.error, ...grant.error]);
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
  let refused: readonly Problem[] = [];
  for (const candidate of candidates) {
    const authorization = readAuthorization(candidate.envelope, search);
    if (authorization.ok) return authorization;
    // Only the problems of the newest approval: its approver wants to know them.
    if (refused.length === 0) refused = authorization.error;
  }
  return fail(refused);
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

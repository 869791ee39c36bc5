import { randomUUID } from "node:crypto";
import type { Approval, SignedEnvelope } from "../../core/approval/approval.ts";
import { checkApproval, isOwnProposal } from "../../core/approval/check-approval.ts";
import { approvalStatement, readApprovalStatement } from "../../core/approval/parse-approval.ts";
import type { Plan } from "../../core/plan/plan.ts";
import type { Authorization } from "../../core/run/words/input.ts";
import type { SiteState } from "../../core/run/words/state.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { signStatement } from "../../identities/dsse.ts";
import type { Identity } from "../../identities/identity.ts";
import type { LogSource } from "../../log/load-state.ts";
import type { Signer } from "../../ports.ts";
import type { Site } from "../site/site.ts";
import type { SiteRecords } from "../site/site-records.ts";
import { findGrant } from "./grant-envelope.ts";
import { isBorneOut, notBorneOut, openSigned } from "./open-signed.ts";

/** Who approves, until when, and what that person typed. */
export interface ApprovalRequest {
  readonly signer: Signer;
  readonly nowMs: number;
  readonly validForMs: number;
  readonly typedTargets: readonly string[];
}

/** A signed approval and the digest under which its envelope lies beside the log. */
export interface SignedApproval {
  readonly approval: Approval;
  readonly envelope: SignedEnvelope;
  readonly envelopeDigest: Digest;
}

/** Plan → approval: a person's signature over the plan's hash, refused before it is made where it could never count. */
export async function approvePlan(
  site: Site,
  plan: Plan,
  planHash: Digest,
  request: ApprovalRequest,
): Promise<Result<SignedApproval, readonly Problem[]>> {
  const { signer, nowMs } = request;
  const approval: Approval = {
    format: "interlock.approval/1",
    approvalId: `ap_${randomUUID()}`,
    planHash,
    principal: { kind: "person", id: signer.person, keyId: signer.keyId },
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + request.validForMs,
    attended: signer.attended,
    solo: site.rules.solo && isOwnProposal(signer.person, plan),
    typedTargets: [...request.typedTargets].sort(),
  };
  const problems = checkApproval(approval, plan, { planHash, nowMs, rules: site.rules });
  if (problems.length > 0) return fail(problems);
  const envelope = await signStatement(approvalStatement(approval), signer, { kind: "approval", planHash });
  if (!envelope.ok) return fail([envelope.error]);
  return ok({ approval, envelope: envelope.value, envelopeDigest: digest("interlock.envelope/1", envelope.value) });
}

/** What is looked through for an authorization. `grants`: what is left of each, as the site's fold has it. */
export interface AuthorizationSearch {
  readonly site: Site;
  readonly plan: Plan;
  readonly planHash: Digest;
  readonly records: SiteRecords;
  readonly log: LogSource;
  readonly identities: readonly Identity[];
  readonly nowMs: number;
  readonly grants: SiteState["grants"];
}

/**
 * The authorization that entitles a plan to run: the newest approval of its hash that holds, its signature verified against the
 * identities known here; else the newest grant whose envelope it fits; or none needed where nothing is written. What the kernel
 * still checks is hash, time, single use and what is left.
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
        `nobody has approved this plan; the latest approval is for \`${newest.planHash.slice(7, 19)}\``,
      ),
    ]);
  }
  let refused: readonly Problem[] = [];
  for (const candidate of candidates) {
    const authorization = readAuthorization(candidate.envelope, search);
    if (authorization.ok) return authorization;
    // What the newest one lacks is what its approver wants to know.
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

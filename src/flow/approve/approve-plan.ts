import { randomUUID } from "node:crypto";
import type { Approval, SignedEnvelope } from "../../core/approval/approval.ts";
import { checkApproval, checkNoOtherTarget, isOwnProposal } from "../../core/approval/check-approval.ts";
import type { CurrentStore } from "../../core/approval/check-store.ts";
import { approvalStatement, parseApproval } from "../../core/approval/parse-approval.ts";
import type { Plan } from "../../core/plan/plan.ts";
import type { Problem } from "../../core/value/codes.ts";
import { type Digest, digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { Clock, Signer } from "../../ports.ts";
import { findTooShort } from "../plan/approval-span.ts";
import type { Site } from "../site/site.ts";
import { findUnreadable, signKnown } from "./sign-known.ts";

/** Who approves, until when, and what that person typed. */
export interface ApprovalRequest {
  readonly signer: Signer;
  /** The folder of the public keys that are believed here. */
  readonly identityFolder: string;
  /** Measures how long the signer takes. */
  readonly clock: Pick<Clock, "sleep">;
  readonly nowMs: number;
  readonly validForMs: number;
  readonly typedTargets: readonly string[];
  /** The store in which the approval is to count. */
  readonly store: CurrentStore;
}

/** A signed approval, and the digest under which its envelope is stored beside the log. */
export interface SignedApproval {
  readonly approval: Approval;
  readonly envelope: SignedEnvelope;
  readonly envelopeDigest: Digest;
}

/**
 * Plan → approval: a person's signature over the plan's hash. If the signature could never count, it is refused before
 * it is made.
 */
export async function approvePlan(
  site: Site,
  plan: Plan,
  planHash: Digest,
  request: ApprovalRequest,
): Promise<Result<SignedApproval, readonly Problem[]>> {
  const { signer, nowMs, store } = request;
  const approval: Approval = {
    format: "interlock.approval/3",
    approvalId: `ap_${randomUUID()}`,
    planHash,
    principal: { kind: "person", id: signer.person, keyId: signer.keyId },
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + request.validForMs,
    attended: signer.attended,
    solo: site.rules.solo && isOwnProposal(signer.person, plan),
    typedTargets: [...request.typedTargets].sort(),
    storeId: store.storeId,
    place: store.place,
  };
  const problems = [
    ...checkApproval(approval, plan, { planHash, nowMs, rules: site.rules, store }),
    ...checkNoOtherTarget(approval.typedTargets, plan),
    ...findTooShort(plan, request.validForMs),
    ...findUnreadable(approval, parseApproval),
  ];
  if (problems.length > 0) return fail(problems);
  const envelope = await signKnown(request, signer, {
    statement: approvalStatement(approval),
    said: approval,
    purpose: { kind: "approval", planHash },
  });
  if (!envelope.ok) return fail([envelope.error]);
  return ok({ approval, envelope: envelope.value, envelopeDigest: digest("interlock.envelope/1", envelope.value) });
}

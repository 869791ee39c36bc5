import { randomUUID } from "node:crypto";
import type { Envelope, Grant, SignedEnvelope } from "../../core/approval/approval.ts";
import { isOwnProposal } from "../../core/approval/check-approval.ts";
import { checkGrant, checkNewGrant } from "../../core/approval/check-grant.ts";
import type { CurrentStore } from "../../core/approval/check-store.ts";
import { envelopeDigest, grantStatement, parseGrant, readGrantStatement } from "../../core/approval/parse-approval.ts";
import { mapGet } from "../../core/run/collections/persistent-map.ts";
import type { Authorization } from "../../core/run/words/input.ts";
import type { GrantState, SiteState } from "../../core/run/words/state.ts";
import type { Problem } from "../../core/value/codes.ts";
import { type Digest, digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { Identity } from "../../identities/identity.ts";
import type { Clock, Signer } from "../../ports.ts";
import type { Site } from "../site/site.ts";
import type { SiteRecords } from "../site/site-records.ts";
import type { AuthorizationSearch } from "./authorization-search.ts";
import { isBorneOut, notBorneOut, openSigned, type SignedDocuments } from "./open-signed.ts";
import { findUnreadable, signKnown } from "./sign-known.ts";

/** Who grants, until when, and what. */
export interface GrantRequest {
  readonly signer: Signer;
  /** The folder of the public keys that are believed here. */
  readonly identityFolder: string;
  /** Measures how long the signer takes. */
  readonly clock: Pick<Clock, "sleep">;
  readonly nowMs: number;
  readonly validForMs: number;
  readonly envelope: Envelope;
  /** The store in which the grant is to count. */
  readonly store: CurrentStore;
}

/** A signed grant, and the digest under which its signed envelope is stored beside the log. */
export interface SignedGrant {
  readonly grant: Grant;
  readonly signed: SignedEnvelope;
  readonly signedDigest: Digest;
}

/**
 * A person's signature over an envelope of effects. If the signature could never count, it is refused before it is
 * made.
 */
export async function signGrant(site: Site, request: GrantRequest): Promise<Result<SignedGrant, readonly Problem[]>> {
  const { signer, nowMs } = request;
  const grant: Grant = {
    format: "interlock.grant/2",
    grantId: `gr_${randomUUID()}`,
    principal: { kind: "person", id: signer.person, keyId: signer.keyId },
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + request.validForMs,
    attended: signer.attended,
    envelope: request.envelope,
    storeId: request.store.storeId,
    place: request.store.place,
  };
  const problems = [...checkNewGrant(grant, site.pack.domain, site.rules), ...findUnreadable(grant, parseGrant)];
  if (problems.length > 0) return fail(problems);
  const { grantId } = grant;
  const signed = await signKnown(request, signer, {
    statement: grantStatement(grant, envelopeDigest(grant.envelope)),
    said: grant,
    purpose: { kind: "grant", grantId },
  });
  if (!signed.ok) return fail([signed.error]);
  return ok({ grant, signed: signed.value, signedDigest: digest("interlock.envelope/1", signed.value) });
}

/** The newest grant by which a plan may run, or what is wrong with each grant that has not expired. */
export function findGrant(search: AuthorizationSearch): Result<Authorization, readonly Problem[]> {
  const { plan, planHash, site, nowMs, store } = search;
  const refused: Problem[] = [];
  for (const { grantId, envelope } of search.records.grants.toReversed()) {
    const left = mapGet(search.grants, grantId);
    if (left === undefined || nowMs >= left.expiresAtMs) continue;
    const grant = readGrant(envelope, search);
    if (!grant.ok) {
      refused.push(grant.error);
      continue;
    }
    const problems = checkGrant(grant.value, plan, {
      nowMs,
      rules: site.rules,
      used: usedOf(grant.value, left),
      store,
    });
    const { expiresAtMs, attended, principal } = grant.value;
    if (problems.length === 0)
      return ok({ kind: "grant", grantId, planHash, expiresAtMs, attended, solo: isOwnProposal(principal.id, plan) });
    refused.push(...problems);
  }
  return fail(refused);
}

/** A grant as people see it. */
export interface GrantView {
  readonly grantId: string;
  readonly person: string;
  readonly attended: boolean;
  readonly expiresAtMs: number;
  readonly isExpired: boolean;
  readonly envelope: Envelope;
  readonly writeCountLeft: number;
  readonly costUsdLeft: number;
}

/** Every grant whose signature holds, newest first, with what is left of it; and what is wrong with the others. */
export function listGrants(from: {
  readonly records: SiteRecords;
  readonly log: SignedDocuments;
  readonly identities: readonly Identity[];
  readonly state: SiteState;
  readonly nowMs: number;
}): { readonly grants: readonly GrantView[]; readonly problems: readonly Problem[] } {
  const grants: GrantView[] = [];
  const problems: Problem[] = [];
  for (const recorded of from.records.grants.toReversed()) {
    const left = mapGet(from.state.grants, recorded.grantId);
    const grant = readGrant(recorded.envelope, from);
    if (!grant.ok) problems.push({ ...grant.error, message: `${recorded.grantId}: ${grant.error.message}` });
    if (!grant.ok || left === undefined) continue;
    const { grantId, principal, attended, expiresAtMs, envelope } = grant.value;
    // The latest time ever seen counts, as it does for the kernel.
    const isExpired = Math.max(from.nowMs, from.state.lastSeenMs) >= expiresAtMs;
    grants.push({
      grantId,
      person: principal.id,
      attended,
      expiresAtMs,
      isExpired,
      envelope,
      writeCountLeft: left.writeCountLeft,
      costUsdLeft: left.costUsdLeft,
    });
  }
  return { grants, problems };
}

function readGrant(
  signedDigest: Digest,
  from: { readonly log: SignedDocuments; readonly identities: readonly Identity[] },
): Result<Grant, Problem> {
  const opened = openSigned(signedDigest, from.log, from.identities);
  if (!opened.ok) return opened;
  const grant = readGrantStatement(opened.value.statement);
  if (!grant.ok) return grant;
  return isBorneOut(grant.value, opened.value.signer) ? grant : fail(notBorneOut());
}

function usedOf({ envelope }: Grant, left: GrantState): { readonly writeCount: number; readonly costUsd: number } {
  return { writeCount: envelope.writeCountMax - left.writeCountLeft, costUsd: envelope.costUsdMax - left.costUsdLeft };
}

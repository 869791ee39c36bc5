import type { Digest } from "../value/digest.ts";

/** A person or agent known by a key or a session. Agents never hold the capability to approve. */
export interface Principal {
  readonly kind: "person" | "agent" | "service";
  /** Stable name of the human or service behind it, e.g. `alice`: two keys of one person are one principal. */
  readonly id: string;
  /** Digest of the public key that signs for it, or `null` where no key is involved. */
  readonly keyId: Digest | null;
}

/**
 * A person's statement over one plan hash: single-use and expiring. Signed as an in-toto statement in a DSSE envelope;
 * `approvalId` is what makes it single-use. What the review showed is what is signed: the hash of the canonical bytes.
 */
export interface Approval {
  readonly format: "interlock.approval/1";
  readonly approvalId: string;
  readonly planHash: Digest;
  readonly principal: Principal;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /**
   * False: no key that other programs of the user cannot use; accepted only under `environment: lab`, marked
   * everywhere.
   */
  readonly attended: boolean;
  /** True: the approver also proposed; accepted only where the site says `solo: true`, marked everywhere. */
  readonly solo: boolean;
  /** Targets of irreversible, unproven steps, as the approver typed them; sorted. */
  readonly typedTargets: readonly string[];
}

/** A person's signed, expiring permission for an envelope; plans that fit what is left of it are approved under it. */
export interface Grant {
  readonly format: "interlock.grant/1";
  readonly grantId: string;
  readonly principal: Principal;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly attended: boolean;
  readonly envelope: Envelope;
}

/** The largest set of effects permitted. Lists are sorted; an empty list permits nothing. */
export interface Envelope {
  readonly domain: string;
  readonly actions: readonly string[];
  /** `type/id`, or `type/*`. */
  readonly targets: readonly string[];
  readonly writeCountMax: number;
  readonly costUsdMax: number;
  readonly durationMsMax: number;
  readonly irreversible: boolean;
}

/** A DSSE envelope (https://github.com/secure-systems-lab/dsse): payload in base64, signatures over its PAE bytes. */
export interface SignedEnvelope {
  readonly payloadType: "application/vnd.in-toto+json";
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

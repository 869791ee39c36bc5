import type { Digest } from "../value/digest.ts";

/** A person, agent or service known by a key or a session. Only a person can approve. */
export interface Principal {
  readonly kind: "person" | "agent" | "service";
  /** Stable name of the human or service behind it, for example `alice`. Two keys of one person are one principal. */
  readonly id: string;
  /** Digest of the public key that signs for it, or `null` if no key is involved. */
  readonly keyId: Digest | null;
}

/** Where a store lies: a copy of it lies elsewhere, or is another file. */
export interface StoreAddress {
  /** The real path of its folder. */
  readonly path: string;
  /** The number by which the file system knows the file that holds the log. A copy has another one. */
  readonly file: string;
}

/** The one store in which what a person signed counts. */
export interface SignedFor {
  /** The store's id, made at random when the store was created. A copy has the same one. */
  readonly storeId: string;
  /** `null` where the log is in a journal elsewhere: that has one owner at a time, wherever its owner is. */
  readonly place: StoreAddress | null;
}

/**
 * A person's statement over one plan hash: single-use and expiring. Signed as an in-toto statement in a DSSE envelope;
 * `approvalId` is what makes it single-use. What the review showed is what is signed: the hash of the canonical bytes.
 */
export interface Approval {
  readonly format: ApprovalFormat;
  readonly approvalId: string;
  readonly planHash: Digest;
  readonly principal: Principal;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /**
   * False if other programs of the user could have used the key. Such an approval counts only under `environment: lab`,
   * and is marked everywhere.
   */
  readonly attended: boolean;
  /** True if the approver also proposed. That counts only if the site says `solo: true`, and is marked everywhere. */
  readonly solo: boolean;
  /**
   * What the approver typed for the irreversible, unproven steps: action and target, equal steps together
   * (`phrasesToType`); sorted. In earlier forms it is the targets alone.
   */
  readonly typedTargets: readonly string[];
  /**
   * Digest of the intent that the review showed beside the plan. Like all below: not in `/1`, absent where not said. No
   * release writes this one, `roster` or `role` yet. A release that does not enforce a term refuses an approval that
   * holds it.
   */
  readonly intentDigest?: Digest;
  /** Digest of the roster that says who may approve, as the approver knew it. */
  readonly roster?: Digest;
  /** In which of the roster's roles the approver signs. How many approvals a plan needs is the roster's to say. */
  readonly role?: string;
  /** The one store whose engine may use it. Always there from `/3` on. */
  readonly storeId?: string;
  /** Where that store lies (`SignedFor`). Always there from `/3` on, and in no earlier form. */
  readonly place?: StoreAddress | null;
}

/**
 * The forms an approval may have. New ones have the last; one of an earlier form keeps its bytes and counts as it did.
 */
export const approvalFormats = ["interlock.approval/1", "interlock.approval/2", "interlock.approval/3"] as const;

/** The tag of an approval's form, which is also the predicate type of its statement. */
export type ApprovalFormat = (typeof approvalFormats)[number];

/** A person's signed, expiring permission for an envelope; plans that fit what is left of it are approved under it. */
export interface Grant {
  readonly format: GrantFormat;
  readonly grantId: string;
  readonly principal: Principal;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly attended: boolean;
  readonly envelope: Envelope;
  /** The one store in which it counts, and where that lies. Both are always there from `/2` on, and not before. */
  readonly storeId?: string;
  readonly place?: StoreAddress | null;
}

/** The forms a grant may have, the newest last. */
export const grantFormats = ["interlock.grant/1", "interlock.grant/2"] as const;

/** The tag of a grant's form, which is also the predicate type of its statement. */
export type GrantFormat = (typeof grantFormats)[number];

/** The largest permitted set of effects. Lists are sorted; an empty list permits nothing. */
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

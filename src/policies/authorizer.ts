import type { Principal } from "../core/approval/approval.ts";
import type { Problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";

/** What someone asks to do. `resource` is a plan hash, a run id, an object or a pack's name. */
export interface AuthorizationRequest {
  readonly principal: Principal;
  readonly capability: Capability;
  readonly resource: string;
  /** Facts the rule may read, such as the plan's proposer and its class counts. */
  readonly context: Readonly<Record<string, string | number | boolean>>;
}

export type Capability =
  | "trust"
  | "propose"
  | "read"
  | "approve"
  | "grant"
  | "apply"
  | "stop"
  | "kill"
  | "resolve"
  | "rollback"
  | "freeze"
  | "test_actions"
  | "archive"
  | "destroy";

/** Whatever is not permitted is forbidden, an error included (I10). */
export type AuthorizationDecision =
  | { readonly kind: "permit"; readonly policies: Digest | null; readonly reason: string }
  | { readonly kind: "forbid"; readonly policies: Digest | null; readonly problem: Problem };

/** The seam behind which the built-in rule stands today and a policy engine may stand tomorrow. */
export interface Authorizer {
  authorize(request: AuthorizationRequest): AuthorizationDecision;
}

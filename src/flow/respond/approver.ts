import type { Authorization } from "../../core/run/words/input.ts";
import { assertNever } from "../../core/value/invariant.ts";

/** The person behind an authorization, for a report. */
export function approverOf(authorization: Authorization): string {
  switch (authorization.kind) {
    case "approval":
      return authorization.principal.id;
    case "grant":
      return `grant ${authorization.grantId}`;
    case "read_only":
      return "nobody: it only reads";
    default:
      return assertNever(authorization);
  }
}

import { problem } from "../core/value/codes.ts";
import { type Digest, parseDigest } from "../core/value/digest.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import type { AuthorizationDecision, AuthorizationRequest, Authorizer } from "../ports.ts";
import { nameOf, ownField, problemIn } from "./read-answer.ts";

/**
 * The same rules, but whatever they answer, what comes out is a decision (I10, I17). Only an answer of its own field
 * `kind: "permit"` permits. Everything else forbids: another kind, no answer, a promise, an exception.
 *
 * @param onDefect - hears what was thrown, and of a promise how it was rejected
 */
export function guardAuthorizer(authorizer: Authorizer, onDefect: (error: unknown) => void): Authorizer {
  return {
    authorize: (request) => {
      try {
        const answer: unknown = authorizer.authorize(request);
        // Nobody waits for a promise, so its rejection would end the process.
        if (isThenable(answer)) Promise.resolve(answer).catch(onDefect);
        const read = readDecision(answer);
        return read.ok ? read.value : forbid(request, `the authorizer ${read.error}`);
      } catch (error) {
        onDefect(error);
        return forbid(request, `the authorizer threw ${nameOf(error)}`);
      }
    },
  };
}

/**
 * Reads what an authorizer answered: a decision, or why it is none. May throw, as reading a getter may.
 */
export function readDecision(answer: unknown): Result<AuthorizationDecision, string> {
  if (isThenable(answer)) return fail("answered with a promise");
  const kind = ownField(answer, "kind");
  const policies = policiesIn(answer);
  if (kind === "permit") {
    const reason = ownField(answer, "reason");
    return ok({ kind, policies, reason: typeof reason === "string" ? reason : "" });
  }
  if (kind !== "forbid") return fail("gave no decision");
  const given = problemIn(ownField(answer, "problem"));
  return given === null ? fail("gave no reason") : ok({ kind, policies, problem: given });
}

function isThenable(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && typeof Reflect.get(answer, "then") === "function";
}

function policiesIn(answer: unknown): Digest | null {
  const policies = ownField(answer, "policies");
  const read = typeof policies === "string" ? parseDigest(policies) : null;
  return read?.ok === true ? read.value : null;
}

function forbid({ principal, capability }: AuthorizationRequest, why: string): AuthorizationDecision {
  const message = `${principal.id} may not ${capability.replaceAll("_", " ")}: ${why}`;
  const hint = "have the authorizer corrected: its contract suite finds such faults";
  return { kind: "forbid", policies: null, problem: problem("E_NOT_PERMITTED", "", message, hint) };
}

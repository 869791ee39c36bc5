import { type Problem, problem } from "../core/value/codes.ts";
import { fail, ok } from "../core/value/result.ts";
import type { ResolveSecret } from "../ports.ts";
import { nameOf, ownField, problemIn } from "./read-answer.ts";

/**
 * The same resolver, but a secret is a text that is not empty. Anything else, an exception included, is a problem, and
 * the call that needs the secret is not made.
 *
 * @param onDefect - hears what the resolver threw
 */
export function guardSecrets(resolve: ResolveSecret, onDefect: (error: unknown) => void): ResolveSecret {
  return async (reference) => {
    try {
      const answer: unknown = await resolve(reference);
      const isResolved = ownField(answer, "ok");
      if (isResolved === false)
        return fail(problemIn(ownField(answer, "error")) ?? unresolved("it gave neither a secret nor a reason"));
      const secret = isResolved === true ? ownField(answer, "value") : undefined;
      if (typeof secret === "string" && secret !== "" && secret.isWellFormed()) return ok(secret);
      return fail(unresolved("it gave no text"));
    } catch (error) {
      onDefect(error);
      return fail(unresolved(`it threw ${nameOf(error)}`));
    }
  };
}

function unresolved(why: string): Problem {
  const hint = "correct the resolver that this site was opened with";
  return problem("E_SECRET_UNAVAILABLE", "", `the site's resolver of secrets failed: ${why}`, hint);
}

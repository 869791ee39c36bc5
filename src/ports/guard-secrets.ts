import { type Problem, problem } from "../core/value/codes.ts";
import { fail, ok } from "../core/value/result.ts";
import type { Clock, ResolveSecret } from "../ports.ts";
import { answerInTime } from "./in-time.ts";
import { nameOf, ownField, problemIn } from "./read-answer.ts";

/** How long we wait for a secret: the 30 seconds of the contract, and a margin for a busy machine. */
export const secretWaitMs = 35_000;

/**
 * The same resolver, but a secret is a text that is not empty, and comes in time. Anything else, an exception included,
 * is a problem, and the call that needs the secret is not made.
 *
 * @param onDefect - hears what the resolver threw
 */
export function guardSecrets(
  resolve: ResolveSecret,
  { clock, onDefect }: { readonly clock: Pick<Clock, "sleep">; readonly onDefect: (error: unknown) => void },
): ResolveSecret {
  return async (reference) => {
    try {
      const asked = Promise.resolve<unknown>(resolve(reference));
      const inTime = await answerInTime(asked, { clock, waitMs: secretWaitMs });
      if (!inTime.isInTime) return fail(unresolved(`it did not answer within ${secretWaitMs} ms`));
      const answer = inTime.value;
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

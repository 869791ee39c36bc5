import { type Problem, problem } from "../core/value/codes.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { nameOf, ownField, problemIn } from "./read-answer.ts";

/** An Ed25519 signature (RFC 8032, 5.1.6). */
const signatureBytes = 64;

/** Reads what a signer answered: a signature of the right size, as a copy, or why there is none. */
export function readSignature(answer: unknown): Result<Uint8Array, Problem> {
  try {
    const isSigned = ownField(answer, "ok");
    if (isSigned === false)
      return fail(problemIn(ownField(answer, "error")) ?? failed("gave no signature and no reason"));
    const signature = isSigned === true ? ownField(answer, "value") : undefined;
    if (!(signature instanceof Uint8Array)) return fail(failed("answered with something that is no signature"));
    if (signature.length === signatureBytes) return ok(Uint8Array.from(signature));
    return fail(failed(`gave ${signature.length} bytes, which is not an Ed25519 signature`));
  } catch (error) {
    return fail(failed(`gave an answer that cannot be read (${nameOf(error)})`));
  }
}

function failed(why: string): Problem {
  return problem("E_SIGNER_FAILED", "", `the signer ${why}`);
}

import { codes, type Problem } from "../../core/value/codes.ts";
import type { Result } from "../../core/value/result.ts";
import type { ModelCall, ProposeRequest, Proposer } from "../../propose/index.ts";

/**
 * A proposer's last answer and what its reading gave. `calls` has every call of a model, also those of failed rounds.
 */
export interface MendedAnswer<T> {
  /** The bytes of the last answer, or `null` if the proposer gave none. */
  readonly bytes: Uint8Array | null;
  readonly read: Result<T, readonly Problem[]>;
  readonly roundCount: number;
  readonly calls: readonly ModelCall[];
}

/**
 * Asks a proposer, and asks again with every problem of its answer, at most `repairRounds` times. Stops when `read`
 * accepts an answer, when the proposer fails, or at a problem that no other answer could avoid.
 *
 * @param read - reads an answer: strictly, or through the whole gate
 */
export async function askUntilMended<T>(
  asked: { readonly proposer: Proposer; readonly repairRounds: number },
  request: Omit<ProposeRequest, "repair" | "onCall">,
  read: (bytes: Uint8Array) => Promise<Result<T, readonly Problem[]>>,
): Promise<MendedAnswer<T>> {
  const calls: ModelCall[] = [];
  const onCall = (call: ModelCall): void => void calls.push(call);
  let repair: ProposeRequest["repair"] = null;
  for (let roundCount = 1; ; roundCount += 1) {
    const answer = await asked.proposer.propose({ ...request, repair, onCall });
    if (!answer.ok) return { bytes: null, read: answer, roundCount, calls };
    const bytes = answer.value;
    const found = await read(bytes);
    if (found.ok || roundCount > asked.repairRounds || !found.error.every(isMendable))
      return { bytes, read: found, roundCount, calls };
    repair = { proposal: bytes, problems: found.error };
  }
}

/**
 * Whether another answer could avoid this problem. It could not if the world, missing trust or a proposer that declined
 * is the reason.
 */
function isMendable({ code }: Problem): boolean {
  const { stage } = codes[code];
  return (stage === "parse" || stage === "check") && code !== "E_PROPOSAL_DECLINED" && code !== "E_PROPOSER_FAILED";
}

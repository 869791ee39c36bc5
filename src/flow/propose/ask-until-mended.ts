import { codes, type Problem } from "../../core/value/codes.ts";
import type { Result } from "../../core/value/result.ts";
import type { ModelCall, ProposeRequest, Proposer } from "../../propose/index.ts";

/**
 * A proposer's last answer and what it came to. Every call of a model is in `calls`, also that of a round that failed.
 */
export interface MendedAnswer<T> {
  /** The last answer as it came, or `null` where the proposer gave none. */
  readonly bytes: Uint8Array | null;
  readonly read: Result<T, readonly Problem[]>;
  readonly roundCount: number;
  readonly calls: readonly ModelCall[];
}

/**
 * Asks a proposer, and asks again with every problem of its answer, at most `repairRounds` times. It stops as soon as
 * `read`
 * takes an answer, the proposer fails, or a problem stands that no other answer could mend.
 *
 * @param read - what reads an answer: the intake alone, or the whole gate
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
 * Whether another answer could be free of this problem. The world, missing trust and a proposer that declined are not.
 */
function isMendable({ code }: Problem): boolean {
  const { stage } = codes[code];
  return (stage === "parse" || stage === "check") && code !== "E_PROPOSAL_DECLINED" && code !== "E_PROPOSER_FAILED";
}

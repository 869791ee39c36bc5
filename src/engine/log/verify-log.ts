import { type ChainState, emptyChain, verifyEntry } from "../../core/log/chain.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Result, fail, ok } from "../../core/value/result.ts";
import { storeProblem } from "../store/sqlite/commit.ts";
import type { StoreReader } from "../store/sqlite/reader.ts";

const pageSize = 1_000;

/**
 * Verifies a whole log: every body, every record, the chain, and the head that was acknowledged outside the database. The
 * problem names the first record that does not hold. Cost: O(n), one page in memory.
 */
export function verifyLog(reader: StoreReader, onProgress: (verified: number) => void = () => undefined): Result<ChainState, Problem> {
  const acknowledged = reader.acknowledged();
  let chain = emptyChain;
  for (;;) {
    const page = readPage(reader, chain.length);
    if (!page.ok) return page;
    for (const entry of page.value) {
      const next = verifyEntry(chain, entry);
      if (!next.ok) return next;
      chain = next.value;
      if (chain.length === acknowledged?.length && chain.head !== acknowledged.head) {
        return fail(problem("E_LOG_CHAIN", `/records/${chain.length - 1}`, `record ${chain.length - 1} is not the one that was acknowledged: the log was rewritten`));
      }
    }
    onProgress(chain.length);
    if (page.value.length < pageSize) break;
  }
  if (acknowledged !== null && chain.length < acknowledged.length) {
    return fail(problem("E_LOG_TRUNCATED", `/records/${chain.length}`, `the log ends after ${chain.length} records, ${acknowledged.length} were acknowledged`));
  }
  return ok(chain);
}

function readPage(reader: StoreReader, fromSeq: number): Result<ReturnType<StoreReader["entries"]>, Problem> {
  try {
    return ok(reader.entries({ stream: null, fromSeq, limit: pageSize }));
  } catch (error) {
    return fail({ ...storeProblem(error), pointer: `/records/${fromSeq}` });
  }
}

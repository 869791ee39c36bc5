import { canonicalText } from "../core/value/canonical.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import type { Journal, StoredEntry } from "../ports.ts";
import type { StoreReader } from "./store.ts";

const pageSize = 1_000;

/**
 * Whether a journal holds the same records and documents as its mirror. `E_LOG_CHAIN` or `E_STORE_CORRUPT` names the
 * first difference.
 *
 * Cost: reads both completely.
 */
export async function compareJournal(journal: Journal, reader: StoreReader): Promise<Result<undefined, Problem>> {
  const { length } = reader.end();
  for (let fromSeq = 0; fromSeq < length; fromSeq += pageSize) {
    const limit = Math.min(pageSize, length - fromSeq);
    // An owner changes bodies in the journal first and in the mirror next, so a reading in between may differ.
    const first = await findDifference(journal, reader, { fromSeq, limit });
    const found = first.ok && first.value !== null ? await findDifference(journal, reader, { fromSeq, limit }) : first;
    if (!found.ok) return found;
    const seq = found.value;
    if (seq === null) continue;
    return fail(problem("E_LOG_CHAIN", `/records/${seq}`, `record ${seq} in the journal is not the one in its mirror`));
  }
  return compareDocuments(journal, reader);
}

async function findDifference(
  journal: Journal,
  reader: StoreReader,
  { fromSeq, limit }: { readonly fromSeq: number; readonly limit: number },
): Promise<Result<number | null, Problem>> {
  const page = await journal.tail(fromSeq, limit);
  if (!page.ok) return page;
  const mirrored = reader.storedEntries({ stream: null, fromSeq, limit });
  const index = mirrored.findIndex((entry, at) => !isSame(entry, page.value[at]));
  return ok(index === -1 ? null : fromSeq + index);
}

/** Compares digests: a digest covers its record, and verifying the mirror has computed it. */
function isSame(one: StoredEntry, other: StoredEntry | undefined): boolean {
  return (
    other !== undefined &&
    one.digest === other.digest &&
    one.record.seq === other.record.seq &&
    one.bodyText === other.bodyText &&
    one.removedBy === other.removedBy
  );
}

async function compareDocuments(journal: Journal, reader: StoreReader): Promise<Result<undefined, Problem>> {
  for (let skipCount = 0; ; skipCount += pageSize) {
    const page = await journal.documents(skipCount, pageSize);
    if (!page.ok) return page;
    for (const { digest, text } of page.value) {
      const mirrored = reader.document(digest);
      // What the owner stores meanwhile is in the journal first.
      if (mirrored !== null && canonicalText(mirrored) !== text)
        return fail(
          problem("E_STORE_CORRUPT", `/documents/${digest}`, "a document in the journal is not the one in its mirror"),
        );
    }
    if (page.value.length < pageSize) return ok(undefined);
  }
}

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { exportLog } from "../../log/export-log.ts";
import { verifyArchives } from "../../log/retention/verify-archives.ts";
import { isDamage } from "../../log/store-damage.ts";
import { verifyLog } from "../../log/verify-log.ts";
import { withStore } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";

/** What to verify. */
export interface VerifyRequest {
  /** A folder of archives to check every archived body against; `null` to verify only the log. */
  readonly archive: string | null;
  /** Called now and then with the number of records that hold so far. */
  readonly onProgress?: (recordCount: number) => void;
}

/** A log that is exactly what was written. */
export interface Verified {
  readonly length: number;
  readonly head: Digest;
  /** Bodies that are gone, each removed by a record that says so. */
  readonly removedCount: number;
  /** How many of those are intact in their archives; `null` if archives were not asked for. */
  readonly archivedCount: number | null;
}

/** Recomputes every digest of the log. A problem names the first record that does not match. */
export function verify(place: Workplace, request: VerifyRequest): Promise<Result<Verified, readonly Problem[]>> {
  return withStore<Verified>(place, async ({ reader }) => {
    const verified = verifyLog(reader, request.onProgress);
    if (!verified.ok) {
      if (isDamage(verified.error)) place.store.distrust();
      return fail([verified.error]);
    }
    const same = await place.store.checkJournal(reader);
    if (!same.ok) return fail([same.error]);
    const { length, head, removedCount } = verified.value;
    if (request.archive !== null && !existsSync(resolve(request.archive)))
      return fail([problem("E_INPUT_MISSING", "", `there is no folder of archives at ${quote(request.archive)}`)]);
    if (request.archive === null) return ok({ length, head, removedCount, archivedCount: null });
    const archives = await verifyArchives(reader, resolve(request.archive));
    return archives.ok ? ok({ length, head, removedCount, archivedCount: archives.value.archivedCount }) : archives;
  });
}

/** Where the log is written to, line by line. */
export interface ExportRequest {
  /** Takes one line of JSON Lines, without its line feed. The next line waits for the returned promise. */
  readonly write: (line: string) => void | Promise<void>;
}

/** Writes the log as JSON Lines, beginning with a header, so that others can verify it without our code. */
export function exportTo(
  place: Workplace,
  { write }: ExportRequest,
): Promise<Result<{ readonly lineCount: number }, readonly Problem[]>> {
  return withStore(place, async ({ reader }) => {
    let lineCount = 0;
    for (const line of exportLog(reader)) {
      const written = write(line);
      if (written !== undefined) await written;
      lineCount += 1;
    }
    return ok({ lineCount });
  });
}

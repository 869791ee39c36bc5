import type { RunRow } from "../run-index.ts";
import type { StoreReader } from "../store.ts";
import { type NeededRuns, reasonToKeep } from "./needed-runs.ts";
import { removableBodies } from "./remove-bodies.ts";

/** Runs whose bodies are removed together: one archive, one commit, one record that says so. */
export interface DueChunk {
  readonly runIds: readonly string[];
  readonly bodyCount: number;
  /** The size of the bodies' text in UTF-8. */
  readonly sizeBytes: number;
  /** Runs that were skipped because their bodies have to stay, and why. */
  readonly kept: readonly { readonly runId: string; readonly reason: string }[];
}

/**
 * Small enough that the owner of the store goes on with its runs in between, and that a kill loses only a moment's
 * work.
 */
const chunkBodiesMax = 2_000;
const chunkBytesMax = 8_000_000;

/**
 * The bodies that may be removed, oldest first.
 *
 * Cost: O(the runs that ended before the time), one chunk of bodies at a time.
 */
export function* dueBodies(reader: StoreReader, endedBeforeMs: number, needed: NeededRuns): Generator<DueChunk> {
  yield* inChunks(reader, removableRuns(reader, endedBeforeMs), needed);
}

/** The bodies of the named runs that may be removed, at any age. */
export function* dueBodiesOf(reader: StoreReader, runs: readonly RunRow[], needed: NeededRuns): Generator<DueChunk> {
  yield* inChunks(reader, runs, needed);
}

function* inChunks(reader: StoreReader, runs: Iterable<RunRow>, needed: NeededRuns): Generator<DueChunk> {
  let chunk = emptyChunk();
  for (const run of runs) {
    const reason = reasonToKeep(run, needed);
    const bodies = reason === null ? removableBodies(reader, run.runId) : [];
    if (reason !== null) chunk = { ...chunk, kept: [...chunk.kept, { runId: run.runId, reason }] };
    if (bodies.length === 0) continue;
    const sizeBytes = bodies.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    chunk = {
      ...chunk,
      runIds: [...chunk.runIds, run.runId],
      bodyCount: chunk.bodyCount + bodies.length,
      sizeBytes: chunk.sizeBytes + sizeBytes,
    };
    if (chunk.bodyCount < chunkBodiesMax && chunk.sizeBytes < chunkBytesMax) continue;
    yield chunk;
    chunk = emptyChunk();
  }
  if (chunk.runIds.length + chunk.kept.length > 0) yield chunk;
}

function emptyChunk(): DueChunk {
  return { runIds: [], bodyCount: 0, sizeBytes: 0, kept: [] };
}

function* removableRuns(reader: StoreReader, endedBeforeMs: number): Generator<RunRow> {
  for (let afterSeq = -1; ; ) {
    const page = reader.removableRuns({ endedBeforeMs, afterSeq, limit: 500 });
    yield* page;
    if (page.length < 500) return;
    afterSeq = page.at(-1)?.seq ?? 0;
  }
}

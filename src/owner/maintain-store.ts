import type { Principal } from "../core/approval/approval.ts";
import { storeStream } from "../core/log/removal.ts";
import type { LogAccepted } from "../core/log/store-records.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { parseWith } from "../core/value/shape.ts";
import { openObjectOf } from "../core/value/shape-object.ts";
import { anyNumber, anyText, nullOr } from "../core/value/shape-stored.ts";
import type { Engine } from "../engine/engine.ts";
import type { HeadMemory } from "../log/head-memory.ts";
import type { LogStore } from "../log/log-store.ts";
import { removeBodies, restoreBodies } from "../log/retention/remove-bodies.ts";
import type { StoreControl } from "./control/protocol.ts";

/** Does work on the store as its owner. The result is plain data, because it may be sent over a socket. */
export async function maintainStore(
  { engine, store, memory }: { readonly engine: Engine; readonly store: LogStore; readonly memory: HeadMemory },
  input: StoreControl,
): Promise<Result<JsonValue, Problem>> {
  switch (input.kind) {
    case "archive_bodies":
    case "destroy_bodies": {
      const { runIds, reason } = input;
      const archiveFolder = input.kind === "archive_bodies" ? input.archiveFolder : null;
      const removed = await engine.maintain((atMs) =>
        removeBodies(store, { runIds, by: nameOf(input.by), reason, atMs, archiveFolder }),
      );
      return removed.ok ? ok({ removedCount: removed.value.removedCount, archive: removed.value.archive }) : removed;
    }
    case "restore_bodies": {
      const { archivePath, reason } = input;
      const restored = await engine.maintain((atMs) =>
        restoreBodies(store, { archivePath, by: nameOf(input.by), reason, atMs }),
      );
      return restored.ok ? ok({ restoredCount: restored.value.restoredCount }) : restored;
    }
    case "accept_log":
      return acceptLog({ engine, store, memory }, input);
    case "measure":
      return ok({ ...measureOwner(engine, store) });
  }
}

/** Records that a person accepts the log as it is, and what had been seen of it. */
async function acceptLog(
  { engine, store, memory }: { readonly engine: Engine; readonly store: LogStore; readonly memory: HeadMemory },
  { by, reason }: Extract<StoreControl, { readonly kind: "accept_log" }>,
): Promise<Result<JsonValue, Problem>> {
  if (reason.trim() === "") return fail(problem("E_USAGE", "/reason", "this needs a reason", "say why, in one line"));
  if (memory.forgotten() === null)
    return fail(
      problem(
        "E_INPUT_UNEXPECTED",
        "",
        "this log holds everything that was seen of it here",
        "there is nothing to accept",
      ),
    );
  const obstacle = memory.obstacle();
  if (obstacle !== null) return fail(obstacle);
  const written = await engine.maintain((atMs) => {
    const body: LogAccepted = {
      kind: "log_accepted",
      runId: null,
      sinceMs: atMs,
      seen: memory.seen(),
      by: nameOf(by),
      reason,
    };
    const record = { stream: storeStream, atMs, kind: body.kind, body: { ...body } };
    return store.append({ durability: "synced", records: [record], documents: [] });
  });
  if (!written.ok) return written;
  memory.accept(store.end());
  const left = memory.hold();
  return left === null ? ok(null) : fail(left);
}

/** A principal as `INTERLOCK_ACTOR` spells it; a person by name alone. */
function nameOf({ kind, id }: Principal): string {
  return kind === "person" ? id : `${kind}:${id}`;
}

/** What only the owner knows about itself. Counts begin when it opened the store. */
export interface OwnerMeasure {
  readonly syncedCommits: number;
  readonly orderedCommits: number;
  readonly batches: number;
  readonly records: number;
  readonly refusals: number;
  readonly lastSyncMs: number;
  /** The code for why the store refuses to write, or `null`. */
  readonly failure: string | null;
  /** The code for why the engine stopped working, or `null`. */
  readonly halted: string | null;
  readonly runs: number;
  readonly commands: number;
}

const ownerMeasure = openObjectOf<OwnerMeasure>({
  syncedCommits: anyNumber(),
  orderedCommits: anyNumber(),
  batches: anyNumber(),
  records: anyNumber(),
  refusals: anyNumber(),
  lastSyncMs: anyNumber(),
  failure: nullOr(anyText()),
  halted: nullOr(anyText()),
  runs: anyNumber(),
  commands: anyNumber(),
});

/** Reads an owner's answer to `measure`. An owner of a later release may know more about itself than this one shows. */
export function readMeasure(value: JsonValue): Result<OwnerMeasure, Problem> {
  const read = parseWith(ownerMeasure, value);
  if (read.ok) return read;
  const message = read.error[0]?.message ?? "it does not parse";
  return fail(problem("E_OWNER_SILENT", "", `what the owner says about itself cannot be read: ${message}`));
}

function measureOwner(engine: Engine, store: LogStore): OwnerMeasure {
  const { syncedCommits, orderedCommits, batches, records, refusals, lastSyncMs } = store.counters();
  return {
    syncedCommits,
    orderedCommits,
    batches,
    records,
    refusals,
    lastSyncMs,
    failure: store.failure()?.code ?? null,
    halted: engine.halted?.code ?? null,
    runs: engine.unfinishedRunIds().length,
    commands: engine.commandCount(),
  };
}

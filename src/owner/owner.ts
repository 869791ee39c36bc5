import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Principal } from "../core/approval/approval.ts";
import type { StartInput } from "../core/run/words/input.ts";
import type { RunState } from "../core/run/words/state.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import type { Beside } from "../engine/draft-records.ts";
import { Engine, type EngineOptions, type EngineState } from "../engine/engine.ts";
import { HeadMemory, memoryNotesPath, memoryPath } from "../log/head-memory.ts";
import { loadRun } from "../log/load-state.ts";
import type { LogStore } from "../log/log-store.ts";
import { unfinishedStates } from "../log/run-index.ts";
import { type FoldedSite, keepSnapshots, openSiteState } from "../log/site-snapshot.ts";
import { isStorageError, readProblem } from "../log/sqlite/store-problem.ts";
import { isDamage } from "../log/store-damage.ts";
import type { StoreHome } from "../log/store-home.ts";
import { ensureStoreId } from "../log/store-id.ts";
import { PortError } from "../ports/port-error.ts";
import type { AuthorizationDecision, Clock } from "../ports.ts";
import type { AnswerControl, ApplyControl, OperatorControl, StoreControl } from "./control/protocol.ts";
import { type ControlServer, listenControl } from "./control/server.ts";
import { maintainStore } from "./maintain-store.ts";

/** The one process that owns a store: its engine, its store and its control socket. */
export interface Owner {
  readonly engine: Engine;
  readonly store: LogStore;
  /** Works on the store itself: takes bodies out, puts them back, measures it. */
  maintain(input: StoreControl): Promise<Result<JsonValue, Problem>>;
  /** What the start of a run should say of how this log is remembered; `null` where all is well. */
  memoryWarning(): string | null;
  close(): Promise<void>;
}

/** What an owner needs beside its folder. */
export interface OwnerOptions extends Omit<EngineOptions, "store" | "beside"> {
  readonly release: string;
  /** Where this user remembers what was seen of stores. Absent or `null`: nothing is remembered. */
  readonly headFolder?: string | null;
  /** What the site records beside the events of runs, given the log. */
  readonly beside?: (store: LogStore) => Beside;
  /** Who opens it. */
  readonly by?: Principal;
  /** Whether the sender may give this input; a refusal is recorded. */
  readonly permit: (input: OperatorControl | StoreControl | ApplyControl) => AuthorizationDecision;
  /** Prepares a run that another process asks for. Absent if the owner leaves as soon as its own work is done. */
  readonly prepare?: (
    owner: { readonly engine: Engine; readonly store: LogStore },
    input: ApplyControl,
  ) => Promise<Result<StartInput, Problem>>;
  /** Verifies an answer from another process. Absent where `prepare` is. */
  readonly hear?: (
    owner: { readonly engine: Engine; readonly store: LogStore },
    input: AnswerControl,
  ) => Promise<Result<AnswerControl, Problem>>;
}

/** Becomes the owner: opens the store, folds its log and records the new epoch. Unfinished runs wait for `takeOver`. */
export async function openOwner(home: StoreHome, options: OwnerOptions): Promise<Result<Owner, Problem>> {
  const failing = findClockFault(options.clock);
  if (failing !== null) return fail(failing);
  const first = await openFolded(home, options);
  // What is damaged in a mirror stands in its journal: the second opening makes the mirror anew.
  const opened =
    !first.ok && first.isOfFold && isDamage(first.error) && home.distrust() ? await openFolded(home, options) : first;
  if (!opened.ok) return fail(opened.error);
  const { store } = opened.value;
  return closingUnlessOk(store, () => takeStore(home, opened.value, options));
}

/** Every record carries a time, so nothing is opened by a clock that gives none. */
function findClockFault(clock: Clock): Problem | null {
  try {
    clock.nowMs();
    clock.monotonicMs();
    return null;
  } catch (error) {
    if (error instanceof PortError) return error.problem;
    throw error;
  }
}

/** A store, and what its log comes to. */
interface FoldedStore {
  readonly store: LogStore;
  readonly state: EngineState & FoldedSite;
}

type Folded =
  | { readonly ok: true; readonly value: FoldedStore }
  | { readonly ok: false; readonly error: Problem; readonly isOfFold: boolean };

async function openFolded(home: StoreHome, { by }: OwnerOptions): Promise<Folded> {
  const opened = await home.own(shownAs(by));
  if (!opened.ok) return { ok: false, error: opened.error, isOfFold: false };
  const store = opened.value;
  const state = await closingUnlessOk(store, async () => foldState(store));
  return state.ok
    ? { ok: true, value: { store, state: state.value } }
    : { ok: false, error: state.error, isOfFold: true };
}

/** How a journal names its owner to others who want to open it. */
function shownAs(by: Principal | undefined): string {
  return `${by === undefined ? "somebody" : by.id} (process ${process.pid} on ${hostname()})`;
}

/** Gives the store up if the work with it fails or throws. */
async function closingUnlessOk<T>(
  store: LogStore,
  work: () => Promise<Result<T, Problem>>,
): Promise<Result<T, Problem>> {
  let isKept = false;
  try {
    const done = await work();
    isKept = done.ok;
    return done;
  } finally {
    if (!isKept) await store.close();
  }
}

async function takeStore(
  home: StoreHome,
  { store, state }: FoldedStore,
  options: OwnerOptions,
): Promise<Result<Owner, Problem>> {
  const onEvent: EngineOptions["onEvent"] = (event, atMs) => {
    options.onEvent?.(event, atMs);
    keep(event);
  };
  // Asked before this owner records anything: from then on the log is another one than was found.
  const remember = (): HeadMemory =>
    new HeadMemory(memoryPath(options.headFolder ?? null, home, store.storeId()), store, memoryNotesPath(home));
  let memory = remember();
  const hasRuns = store.runs({ state: null, beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1 }).length > 0;
  const { beside, ...rest } = options;
  const told = beside === undefined ? {} : { beside: beside(store) };
  const engine: Engine = new Engine({ ...rest, ...told, store, onEvent, held: () => memory.hold() }, state);
  const keep = keepSnapshots(store, engine, state.expiries);
  const onLost = (): void => engine.halt(problem("E_STORE_FENCED", "", "another owner has taken the log"));
  if (store.lost.aborted) onLost();
  else store.lost.addEventListener("abort", onLost, { once: true });
  const fresh = `st_${randomUUID().replaceAll("-", "")}`;
  const named = await engine.maintain((atMs) => ensureStoreId(store, { atMs, fresh, place: home.address() }));
  if (!named.ok) return named;
  // A store that had no id until now was never seen.
  if (memory.hold() === null) memory = remember();
  memory.begin();
  store.followSynced((end) => memory.note(end));
  const announced = await engine.record(
    [
      {
        kind: "engine_opened",
        runId: null,
        epoch: store.epoch,
        release: options.release,
        ...(options.by === undefined ? {} : { by: options.by }),
      },
    ],
    [],
  );
  if (!announced.ok) return announced;
  const maintain: Owner["maintain"] = (input) => maintainStore({ engine, store, memory }, input);
  const prepare = (input: ApplyControl): Promise<Result<StartInput, Problem>> =>
    options.prepare === undefined ? Promise.resolve(fail(busy())) : options.prepare({ engine, store }, input);
  const hear = (input: AnswerControl): Promise<Result<AnswerControl, Problem>> =>
    options.hear === undefined ? Promise.resolve(fail(busy())) : options.hear({ engine, store }, input);
  const control = await listenControl(home.paths.socket, engine, { ...options, maintain, prepare, hear });
  return control.ok
    ? ok({
        engine,
        store,
        maintain,
        memoryWarning: () => memory.warning(hasRuns),
        close: () => closeOwner(engine, control.value).finally(() => memory.close()),
      })
    : control;
}

function busy(): Problem {
  return problem("E_STORE_LOCKED", "", "the process that owns this store carries out no runs for others");
}

/** The state that the log describes. A corrupt row is returned as a problem, not thrown. */
function foldState(store: LogStore): Result<EngineState & FoldedSite, Problem> {
  try {
    return ok({ ...openSiteState(store), runs: unfinishedRuns(store) });
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return fail(readProblem(error));
  }
}

/** A connector stops soon after its signal aborts. One that does not is not waited for any longer. */
const abandonedMs = 2_000;

async function closeOwner(engine: Engine, control: ControlServer): Promise<void> {
  await control.close();
  await engine.close({ patienceMs: abandonedMs });
}

function unfinishedRuns(store: LogStore): ReadonlyMap<string, RunState> {
  const runs = new Map<string, RunState>();
  for (const state of unfinishedStates) {
    for (let beforeSeq = Number.MAX_SAFE_INTEGER; ; ) {
      const page = store.runs({ state, beforeSeq, limit: 500 });
      for (const { runId, seq } of page) {
        runs.set(runId, loadRun(store, runId));
        beforeSeq = seq;
      }
      if (page.length < 500) break;
    }
  }
  return runs;
}

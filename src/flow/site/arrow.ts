import { type Problem, problem } from "../../core/value/codes.ts";
import { InvariantError } from "../../core/value/invariant.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { systemProblem } from "../../core/value/system-error.ts";
import { isErrorOfStore, readProblem } from "../../log/sqlite/store-problem.ts";
import { PortError } from "../../ports/port-error.ts";
import { type Call, type Calls, DoorClosed, WrongAnswer } from "./calls.ts";
import { type Taker, take } from "./intake.ts";

/** What every call of one door shares. */
export interface DoorState {
  readonly calls: Calls;
  /** Hears of errors that are defects of ours or of a port. Never throws. */
  readonly onDefect: (error: unknown) => void;
}

/** What an arrow gives. */
export type Work<T> = Promise<Result<T, readonly Problem[]>>;

/** An arrow that takes nothing. */
export function arrow<T>(state: DoorState, work: () => Work<T>): () => Work<T> {
  return () => runCall(state, () => ok([]), work);
}

/** An arrow that takes a request: `work` never sees the caller's own, only our copy of it. */
export function arrowOn<R, T>(
  state: DoorState,
  taker: Taker<R>,
  work: (request: R) => Work<T>,
): (request: R) => Work<T> {
  return (request) =>
    runCall(
      state,
      (call) => takeOne(taker, request, call),
      (taken) => work(taken),
    );
}

/** As `arrowOn`, for an arrow that also takes somebody to ask or to sign. */
export function arrowWith<R, P, T>(
  state: DoorState,
  takers: { readonly request: Taker<R>; readonly asker: Taker<P> },
  work: (request: R, asker: P) => Work<T>,
): (request: R, asker: P) => Work<T> {
  return (request, asker) =>
    runCall(
      state,
      (call) => {
        const taken = takeOne(takers.request, request, call);
        const port = takeOne(takers.asker, asker, call);
        if (taken.ok && port.ok) return ok([taken.value, port.value] as const);
        return fail([...(taken.ok ? [] : taken.error), ...(port.ok ? [] : port.error)]);
      },
      ([taken, port]) => work(taken, port),
    );
}

/**
 * One call of the door. The arguments are copied before this returns its promise, so nothing that the caller does
 * to them afterwards matters. A closed door, a request of the wrong shape and an exception each become a problem with a
 * code: callers never have to catch.
 */
async function runCall<R, T>(
  state: DoorState,
  takeGiven: (call: Call) => Result<R, readonly Problem[]>,
  work: (taken: R) => Work<T>,
): Work<T> {
  if (state.calls.isClosed) return fail([closedProblem()]);
  const call = state.calls.begin();
  try {
    const taken = takeGiven(call);
    return taken.ok ? await work(taken.value) : taken;
  } catch (error) {
    if (error instanceof DoorClosed) return fail([closedProblem()]);
    if (error instanceof WrongAnswer) return fail(error.problems);
    if (error instanceof PortError) return fail([error.problem]);
    const known = knownProblem(error);
    if (known !== null) return fail([known]);
    state.onDefect(error);
    return fail([problem("E_INTERNAL", "", messageOf(error))]);
  } finally {
    call.end();
  }
}

/**
 * Closes the door once. The options are taken first; if they are refused, nothing is closed. A second call waits for
 * the closing that is under way.
 */
export async function runClosing<R>(
  state: DoorState,
  given: { readonly taker: Taker<R>; readonly options: unknown },
  close: (options: R) => Promise<void>,
): Work<undefined> {
  const { calls, onDefect } = state;
  // Callbacks about the closing belong to no call.
  const call = calls.begin();
  call.end();
  const options = take(given.taker, given.options, call.lend);
  if (!options.ok) return options;
  try {
    await close(options.value);
    return ok(undefined);
  } catch (error) {
    const known = knownProblem(error);
    if (known !== null) return fail([known]);
    onDefect(error);
    return fail([problem("E_INTERNAL", "", messageOf(error))]);
  }
}

/** What the storage or the operating system refused; `null` for a defect. */
function knownProblem(error: unknown): Problem | null {
  return isErrorOfStore(error) ? readProblem(error) : systemProblem(error);
}

/** Why a closed door does nothing. */
export function closedProblem(): Problem {
  return problem("E_CLOSED", "", "this site has been closed");
}

function takeOne<R>(taker: Taker<R>, given: unknown, call: Call): Result<R, readonly Problem[]> {
  return take(taker, given, call.lend);
}

/** Only our own words: another error's text may quote a secret. The error itself goes to `onDefect`. */
function messageOf(error: unknown): string {
  if (error instanceof InvariantError) return error.message;
  return `something threw (${nameOf(error)})`;
}

function nameOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.name).slice(0, 64) : typeof error;
  } catch {
    return "an error that throws";
  }
}

import type { ChildProcess } from "node:child_process";
import { type Problem, problem } from "../core/value/codes.ts";
import { fail, type Result } from "../core/value/result.ts";
import { startIsolatedProcess } from "../models/isolated-process.ts";
import type { ProposeRequest, Proposer } from "./proposer.ts";
import type { FromProposer, ProposerSpec, ToProposer } from "./proposer-spec.ts";

/** A proposer in a process of its own. */
export interface ProposerProcess {
  readonly proposer: Proposer;
  /** The process's id, or -1 if it could not be started. */
  readonly pid: number;
  /** Ends the process at once. Safe to call twice. */
  close(): void;
}

/**
 * Starts a proposer in an isolated process. It holds no credential but its provider's key, which is part of its spec.
 * It answers one request at a time.
 *
 * @param timeoutMs - how long one round may take. A proposer that takes longer, or is interrupted, is ended: it may be
 *   in the middle of anything, and a late answer must not be taken for the answer of the next round.
 */
export function startProposerProcess(spec: ProposerSpec, timeoutMs: number): ProposerProcess {
  // From `..`, because the built command has this code in another folder beside it.
  const child = startIsolatedProcess(new URL("../propose/child", import.meta.url));
  const close = (): void => {
    if (child.connected) child.disconnect();
    child.kill("SIGKILL");
  };
  tell(child, { kind: "start", spec });
  return {
    proposer: {
      id: spec.kind === "workflow" ? `${spec.workflow.name} ${spec.workflow.version}` : spec.id,
      kind: spec.kind === "workflow" ? "workflow" : "model",
      propose: (request) => askChild(child, request, { timeoutMs, close }),
    },
    pid: child.pid ?? -1,
    close,
  };
}

function tell(child: ChildProcess, message: ToProposer): void {
  // If the child is gone, its `exit` event reports it.
  child.send(message, () => undefined);
}

function askChild(
  child: ChildProcess,
  request: ProposeRequest,
  { timeoutMs, close }: { readonly timeoutMs: number; readonly close: () => void },
): Promise<Result<Uint8Array, readonly Problem[]>> {
  const { signal, onCall, ...sent } = request;
  return new Promise((resolve) => {
    const settle = (result: Result<Uint8Array, readonly Problem[]>): void => {
      clearTimeout(timer);
      child.off("message", hear);
      child.off("exit", gone);
      child.off("error", gone);
      signal.removeEventListener("abort", interrupt);
      resolve(result);
    };
    const failed = (why: string): void => settle(fail([problem("E_PROPOSER_FAILED", "", `the proposer ${why}`)]));
    const giveUp = (why: string): void => {
      failed(why);
      close();
    };
    const hear = (message: unknown): void => {
      // It comes from our own code, in a process that we started.
      const said = message as FromProposer;
      if (said.kind === "called") onCall(said.call);
      if (said.kind === "proposed") settle(said.result);
    };
    const gone = (): void => failed("ended without an answer");
    const interrupt = (): void => giveUp("was interrupted");
    const timer = setTimeout(() => giveUp(`gave no answer within ${timeoutMs} ms`), timeoutMs);
    child.on("message", hear);
    child.once("exit", gone);
    child.once("error", gone);
    signal.addEventListener("abort", interrupt, { once: true });
    if (signal.aborted) interrupt();
    else if (child.connected) tell(child, { kind: "propose", request: sent });
    else gone();
  });
}

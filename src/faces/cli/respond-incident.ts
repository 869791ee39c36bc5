import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { systemClock } from "../../engine/clock.ts";
import { closeLeftIncidents, findOpenIncidents } from "../../flow/respond/incidents.ts";
import type { Alert } from "../../flow/respond/parse-alert.ts";
import type { RespondProgress } from "../../flow/respond/respond.ts";
import { openReader } from "../../log/sqlite/reader.ts";
import type { Owner } from "../../owner/owner.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { currentPrincipal } from "./open-site.ts";
import type { RespondDisplay } from "./respond-display.ts";
import { exitCodeOfReport } from "./respond-exit.ts";
import { storeFolder } from "./site.ts";

/** What an earlier process left of the same incident is closed first; one whose run is unfinished has to be resumed. */
export async function settleLeft(
  owner: Owner,
  alert: Alert,
  display: RespondDisplay,
  context: CliContext,
): Promise<Result<undefined, Problem>> {
  const closed = await closeLeftIncidents(owner, currentPrincipal(context), alert.key);
  if (!closed.ok) return closed;
  for (const { incidentId, report } of closed.value)
    display.note(
      `${incidentId}, about the same, was left open by a process that is gone; closed as ${report?.outcome ?? "abandoned"}, and answered anew`,
    );
  const [open] = findOpenIncidents(owner.store).filter(({ key }) => key === alert.key);
  if (open === undefined) return ok(undefined);
  return fail(
    problem(
      "E_INCIDENT_OPEN",
      "",
      `${open.incidentId} about the same was left in the middle of ${open.runId ?? "its run"}`,
      `run \`interlock resume ${open.runId ?? ""}\` first: it ends the run and closes the incident`,
    ),
  );
}

/** Another process owns the store: if it answers this very alert, say which run; else what the store says. */
export function explainLocked(context: CliContext, globals: GlobalOptions, error: Problem, alert: Alert): Problem {
  if (error.code !== "E_STORE_LOCKED") return error;
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return error;
  try {
    const open = findOpenIncidents(reader.value).find(({ key }) => key === alert.key);
    if (open === undefined) return error;
    const where = open.runId === null ? "" : `, in ${open.runId}`;
    return problem(
      "E_INCIDENT_OPEN",
      "",
      `${open.incidentId} about the same is being answered already${where}`,
      open.runId === null ? "wait for it: see `interlock runs`" : `follow it: \`interlock watch ${open.runId}\``,
    );
  } finally {
    reader.value.close();
  }
}

/** The first Ctrl-C calls off what has not started and stops a run after what is in flight; the second leaves it as it stands. */
export function listenForInterrupt(
  context: CliContext,
  owner: Owner,
  callOff: AbortController,
): {
  readonly detached: Promise<"detached">;
  readonly follow: (progress: RespondProgress) => void;
  readonly dispose: () => void;
} {
  let detach: (value: "detached") => void = () => undefined;
  const detached = new Promise<"detached">((resolve) => (detach = resolve));
  let runId: string | null = null;
  let count = 0;
  const stop = (): void => {
    if (runId !== null)
      void owner.engine.submit({
        kind: "stop",
        runId,
        atMs: systemClock.nowMs(),
        by: currentPrincipal(context),
        reason: "interrupted at the terminal",
      });
  };
  const onInterrupt = (): void => {
    count += 1;
    if (count > 1) return detach("detached");
    context.err(
      runId === null ? "called off\n" : "stopping after what is in flight; Ctrl-C again leaves it as it stands\n",
    );
    callOff.abort("interrupted");
    stop();
  };
  const follow = (progress: RespondProgress): void => {
    if (progress.kind !== "running") return;
    ({ runId } = progress);
    if (count > 0) stop();
  };
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onInterrupt);
  const dispose = (): void => {
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", onInterrupt);
  };
  return { detached, follow, dispose };
}

/** Closes every incident that a process which is gone left open, tells so, and gives the exit code that each would have had. */
export async function closeForGone(context: CliContext, owner: Owner): Promise<Result<readonly number[], Problem>> {
  const closed = await closeLeftIncidents(owner, currentPrincipal(context), null);
  if (!closed.ok) return closed;
  for (const { incidentId, report } of closed.value)
    context.err(`${incidentId} closed: ${report?.outcome ?? "abandoned, before anything was planned"}\n`);
  return ok(closed.value.map(({ report }) => (report === null ? 14 : exitCodeOfReport(report))));
}

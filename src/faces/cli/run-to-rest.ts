import { kernelVersion } from "../../core/plan/plan.ts";
import { type RunView, viewRun } from "../../core/run/tell/view.ts";
import type { Event } from "../../core/run/words/event.ts";
import type { Input } from "../../core/run/words/input.ts";
import type { RunState } from "../../core/run/words/state.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { escapeForTerminal, escapeLinesForTerminal } from "../../core/value/text.ts";
import { systemClock } from "../../engine/clock.ts";
import { engineOptions } from "../../flow/apply/apply-plan.ts";
import { prepareApproved } from "../../flow/apply/prepare-approved.ts";
import type { Site } from "../../flow/site/site.ts";
import { identityFolder } from "../../identities/identity.ts";
import { type Owner, type OwnerOptions, openOwner } from "../../owner/owner.ts";
import { builtInRule } from "../../policies/built-in-rule.ts";
import { outliveReader } from "./broken-pipe.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { stayForGuests } from "./guest-runs.ts";
import { currentPrincipal } from "./open-site.ts";
import { type EventPrinter, eventPrinter } from "./progress/print-event.ts";
import { printDocument, refuse } from "./report.ts";
import { exitCodeOfRun } from "./run-exit.ts";
import { storeFolder } from "./site.ts";
import { openPatiently } from "./through-owner.ts";

/** How a command that runs something shows it. */
export interface RunDisplay {
  readonly json: boolean;
  readonly jsonl: boolean;
  /** Say nothing about the end: the caller does. */
  readonly quiet?: boolean;
}

/**
 * Becomes the owner of the store, with live progress. Runs that other processes have begun here are theirs to show; what is not
 * at rest of them when this one's work is done is stayed for.
 */
export async function openCliOwner(
  context: CliContext,
  globals: GlobalOptions,
  site: Site,
  display: RunDisplay,
): Promise<Result<Owner, Problem>> {
  outliveReader();
  let printer: EventPrinter | null = null;
  const guests = new Set<string>();
  const onEvent = (event: Event, atMs: number): void => {
    if (display.json || event.runId === null || guests.has(event.runId)) return;
    // A start that is refused is told by the caller, with what to do next.
    if (printer === null && event.kind === "input_refused" && !display.jsonl) return;
    printer ??= eventPrinter(context, { jsonl: display.jsonl, startMs: atMs });
    printer.print(event, atMs);
  };
  const options = engineOptions(site, {
    clock: systemClock,
    authorizer: builtInRule,
    actor: currentPrincipal(context),
    onEvent,
  });
  const prepare: OwnerOptions["prepare"] = async (owner, input) => {
    const start = await prepareApproved(site, owner, input, {
      identities: identityFolder(context.environment),
      clock: systemClock,
    });
    if (!start.ok) return fail(start.error[0] ?? problem("E_APPROVAL_MISSING", "", "nobody has approved this plan"));
    guests.add(start.value.runId);
    return start;
  };
  const opened = await openPatiently(() =>
    openOwner(storeFolder(context, globals), { ...options, release: kernelVersion, prepare }),
  );
  if (!opened.ok) return opened;
  const owner = opened.value;
  return ok({
    ...owner,
    close: async () => {
      await stayForGuests(context, owner.engine, guests);
      await owner.close();
    },
  });
}

/**
 * Follows a run in this process until it ends or waits for a person. The first Ctrl-C stops it after what is in flight, the
 * second leaves it as it stands: the log says what was sent, and `interlock resume` goes on from there.
 */
export async function runToRest(
  context: CliContext,
  owner: Owner,
  runId: string,
  display: RunDisplay,
): Promise<number> {
  const interrupted = stopOnInterrupt(context, owner, runId);
  try {
    const rested = await Promise.race([owner.engine.whenIdle(runId), interrupted.detached]);
    if (rested === "detached") {
      context.err(`left as it stands; next: interlock resume ${runId}\n`);
      return 130;
    }
    const failed = owner.engine.halted ?? owner.engine.brokenBy(runId);
    if (failed !== null) return refuse(context, [failed], display);
    const run = owner.engine.run(runId);
    return run === null ? 1 : tellRest(context, run, display);
  } finally {
    interrupted.dispose();
  }
}

/** Tells how a run rests, whoever worked on it, and gives its exit code. */
export function tellRest(context: CliContext, run: RunState, display: RunDisplay): number {
  const view = viewRun(run);
  const exitCode = exitCodeOfRun(run);
  if (display.quiet === true) return exitCode;
  if (display.json) printDocument(context, { format: "interlock.run/1", ...view, exitCode });
  else {
    for (const wait of view.waitingFor)
      if (wait.owner !== null)
        context.err(escapeLinesForTerminal(`${wait.stepId ?? view.runId} waits for ${wait.owner}: ${wait.reason}\n`));
    context.err(`next: ${nextOf(view)}\n`);
  }
  return exitCode;
}

/** What whoever is asked has to type, up to the word that only a look at the target gives. */
function nextOf({ runId, waitingFor }: RunView): string {
  const asked = waitingFor.find(({ kind, stepId }) => kind === "person" && stepId !== null);
  return asked === undefined
    ? `interlock explain ${runId}`
    : `look at the target, then interlock resolve ${runId} ${escapeForTerminal(asked.stepId ?? "")} --as applied|not_applied|restored`;
}

/** Submits an input as the owner and follows the run. */
export async function submitAndFollow(
  context: CliContext,
  owner: Owner,
  input: Input & { readonly runId: string },
  display: RunDisplay,
): Promise<Result<number, Problem>> {
  const submission = await owner.engine.submit(input);
  if (!submission.ok) return fail(submission.error);
  return ok(await runToRest(context, owner, input.runId, display));
}

function stopOnInterrupt(
  context: CliContext,
  owner: Owner,
  runId: string,
): { readonly detached: Promise<"detached">; readonly dispose: () => void } {
  let count = 0;
  let detach: (value: "detached") => void = () => undefined;
  const detached = new Promise<"detached">((resolve) => (detach = resolve));
  const onInterrupt = (): void => {
    count += 1;
    if (count > 1) return detach("detached");
    context.err("stopping after what is in flight; Ctrl-C again leaves it as it stands\n");
    void owner.engine.submit({
      kind: "stop",
      runId,
      atMs: systemClock.nowMs(),
      by: currentPrincipal(context),
      reason: "interrupted at the terminal",
    });
  };
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onInterrupt);
  return {
    detached,
    dispose: () => {
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", onInterrupt);
    },
  };
}

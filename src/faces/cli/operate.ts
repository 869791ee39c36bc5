import type { Principal } from "../../core/approval/approval.ts";
import type { Input } from "../../core/run/words/input.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, type Result } from "../../core/value/result.ts";
import { systemClock } from "../../engine/clock.ts";
import { capabilityOf, permitControl } from "../../flow/site/permit.ts";
import { endedStates } from "../../log/run-index.ts";
import type { OperatorControl } from "../../owner/control/protocol.ts";
import { type Owner, openBareOwner } from "../../owner/owner.ts";
import { builtInRule } from "../../policies/built-in-rule.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { findRunRow } from "./find-run.ts";
import { currentPrincipal, openCliSite } from "./open-site.ts";
import { refuseForbidden, refuseRecorded } from "./refuse-recorded.ts";
import { printDocument, refuse } from "./report.ts";
import { rollbackEnded } from "./rollback-ended.ts";
import { openCliOwner, submitAndFollow } from "./run-to-rest.ts";
import { storeFolder } from "./site.ts";
import { throughOwner } from "./through-owner.ts";

/**
 * Gives a run a person's word: through the owner of the store where there is one, else as its owner, going on with the run
 * until it rests again.
 */
export async function operateRun(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  build: (runId: string, by: Principal) => OperatorControl,
  options: { readonly json: boolean },
): Promise<number> {
  const by = currentPrincipal(context);
  const { kind } = build(wanted, by);
  const no = (found: Problem): Promise<number> => refuseRecorded(context, globals, kind, [found], options);
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability: capabilityOf[kind], command: kind, resource: wanted },
    options,
  );
  if (forbidden !== null) return forbidden;
  const row = findRunRow(context, globals, wanted);
  if (!row.ok) return no(row.error);
  const { runId, state } = row.value;
  if (endedStates.includes(state)) {
    if (kind === "rollback") return rollbackEnded(context, globals, runId, options);
    return no(problem("E_RUN_ENDED", "", `\`${runId}\` has ended, ${state}`));
  }
  const input = build(runId, by);
  const site = await openCliSite(context, globals);
  // The owner's word counts even where this folder's configuration cannot be read: stopping must not depend on it.
  const open = async (): Promise<Result<Owner, Problem>> =>
    site.ok
      ? openCliOwner(context, globals, site.value, { json: options.json, jsonl: false })
      : fail(site.error[0] ?? problem("E_INPUT_MISSING", "", "the site cannot be read"));
  const taken = await throughOwner(storeFolder(context, globals), input, open);
  if (taken.kind === "failed") return no(taken.problem);
  if (taken.kind === "answered")
    return taken.answer.ok
      ? tellDone(context, input, taken.answer.value, options)
      : refuse(context, [taken.answer.error], options);
  const { owner } = taken;
  try {
    if (owner.engine.run(runId) !== null) await owner.engine.takeOver([runId]);
    // The kinds that reach this function all name a run.
    const timed = { ...input, atMs: systemClock.nowMs() } as Input & { readonly runId: string };
    const followed = await submitAndFollow(context, owner, timed, { json: options.json, jsonl: false });
    return followed.ok ? followed.value : refuse(context, [followed.error], options);
  } finally {
    await owner.close();
  }
}

/** Gives the whole site a person's word. */
export async function operateSite(
  context: CliContext,
  globals: GlobalOptions,
  build: (by: Principal) => OperatorControl,
  options: { readonly json: boolean },
): Promise<number> {
  const input = build(currentPrincipal(context));
  const { kind } = input;
  // The kinds that reach this function concern the site.
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability: capabilityOf[kind], command: kind, resource: "scope" in input ? input.scope : "" },
    options,
  );
  if (forbidden !== null) return forbidden;
  const folder = storeFolder(context, globals);
  const taken = await throughOwner(folder, input, () => openBareOwner(folder, permitControl(builtInRule), input.by));
  if (taken.kind === "failed") return refuse(context, [taken.problem], options);
  if (taken.kind === "answered")
    return taken.answer.ok
      ? tellDone(context, input, taken.answer.value, options)
      : refuse(context, [taken.answer.error], options);
  try {
    const submission = await taken.owner.engine.submit({ ...input, atMs: systemClock.nowMs() } as Input);
    return submission.ok
      ? tellDone(
          context,
          input,
          submission.value.map((event) => event.kind),
          options,
        )
      : refuse(context, [submission.error], options);
  } finally {
    await taken.owner.close();
  }
}

function tellDone(
  context: CliContext,
  input: OperatorControl,
  events: readonly string[],
  options: { readonly json: boolean },
): number {
  if (options.json) printDocument(context, { format: "interlock.operated/1", input, events });
  else context.out(`${input.kind} recorded${input.runId === null ? "" : `; next: interlock watch ${input.runId}`}\n`);
  return 0;
}

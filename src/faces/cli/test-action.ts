import { kernelVersion, type Plan } from "../../core/plan/plan.ts";
import { viewRun } from "../../core/run/tell/view.ts";
import type { Event } from "../../core/run/words/event.ts";
import { problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { systemClock } from "../../engine/clock.ts";
import { engineOptions, prepareStart } from "../../flow/apply/apply-plan.ts";
import { doStep, readRoundTrip, roundTripProposal } from "../../flow/apply/test-action.ts";
import { findAuthorization } from "../../flow/approve/approve-plan.ts";
import { planProposal } from "../../flow/plan/plan-proposal.ts";
import type { Site } from "../../flow/site/site.ts";
import { readSiteRecords } from "../../flow/site/site-records.ts";
import { identityFolder, listIdentities } from "../../identities/identity.ts";
import { type Owner, openOwner } from "../../owner/owner.ts";
import { builtInRule } from "../../policies/built-in-rule.ts";
import { outliveReader } from "./broken-pipe.ts";
import type { GlobalOptions } from "./command.ts";
import { approveFound } from "./commands/approve.ts";
import type { CliContext } from "./context.ts";
import { currentPrincipal, openCliSite, readCliRecords } from "./open-site.ts";
import { parseInputs } from "./parse-inputs.ts";
import { eventPrinter } from "./progress/print-event.ts";
import { recordEvents } from "./record.ts";
import { refuseForbidden } from "./refuse-recorded.ts";
import { printDocument, refuse } from "./report.ts";
import { runToRest } from "./run-to-rest.ts";
import { storeFolder } from "./site.ts";

interface TestActionOptions {
  readonly args: readonly string[];
  readonly as: string | null;
  readonly target: readonly string[];
  readonly yes: boolean;
  readonly json: boolean;
}

/** Does an action on the real target and undoes it, through plan, approval, run and compensation like everything else. */
export async function testAction(
  context: CliContext,
  globals: GlobalOptions,
  actionName: string,
  options: TestActionOptions,
): Promise<number> {
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability: "test_actions", command: "actions test", resource: actionName },
    options,
  );
  if (forbidden !== null) return forbidden;
  const args = parseInputs(options.args);
  if (!args.ok) return refuse(context, args.error, options);
  const site = await openCliSite(context, globals);
  if (!site.ok) return refuse(context, site.error, options);
  const records = await readCliRecords(context, globals);
  if (!records.ok) return refuse(context, records.error, options);
  const trip = roundTripProposal(site.value, actionName, args.value);
  if (!trip.ok) return refuse(context, [trip.error], options);
  const by = currentPrincipal(context);
  const request = {
    proposal: Buffer.from(JSON.stringify(trip.value.proposal)),
    proposer: { kind: "workflow", id: "interlock-actions-test", onBehalfOf: by.id },
    goal: "",
    inputs: [],
    parent: null,
  } as const;
  const planned = await planProposal(site.value, records.value, request, new AbortController().signal);
  if (!planned.ok) return refuse(context, planned.error, options);
  if (planned.value === "nothing_to_do")
    return refuse(context, [problem("E_ACTION_ROUND_TRIP", "", "there is nothing to do")], options);
  const { plan, planHash, proposalDigest } = planned.value;
  const recorded = await recordEvents(
    context,
    globals,
    [{ kind: "plan_recorded", runId: null, planHash, proposalDigest, by }],
    [{ digest: planHash, value: plan as never }],
  );
  if (!recorded.ok) return refuse(context, [recorded.error], options);
  const approved = await approveFound(
    context,
    globals,
    { site: site.value, found: { plan, planHash } },
    { as: options.as, validFor: null, target: options.target, yes: options.yes, json: options.json, quiet: true },
  );
  if (approved !== 0) return approved;
  return runTrip(context, globals, { site: site.value, plan, planHash }, { ...options, action: trip.value.action });
}

interface Trip {
  readonly site: Site;
  readonly plan: Plan;
  readonly planHash: Digest;
}

async function runTrip(
  context: CliContext,
  globals: GlobalOptions,
  trip: Trip,
  options: TestActionOptions & { readonly action: Parameters<typeof readRoundTrip>[1]["action"] },
): Promise<number> {
  const { site, plan, planHash } = trip;
  const actor = currentPrincipal(context);
  let owner: Owner | null = null;
  const printer = options.json ? null : eventPrinter(context, { jsonl: false, startMs: systemClock.nowMs() });
  const onEvent = (event: Event, atMs: number): void => {
    if (event.runId !== null) printer?.print(event, atMs);
    // Done and read back: now the way back.
    if (event.kind === "step_settled" && event.stepId === doStep) {
      void owner?.engine.submit({
        kind: "rollback",
        runId: event.runId,
        atMs: systemClock.nowMs(),
        by: actor,
        reason: "round trip",
      });
    }
  };
  outliveReader();
  const opened = await openOwner(storeFolder(context, globals), {
    ...engineOptions(site, { clock: systemClock, authorizer: builtInRule, actor, onEvent }),
    release: kernelVersion,
  });
  if (!opened.ok) return refuse(context, [opened.error], options);
  owner = opened.value;
  try {
    const identities = listIdentities(identityFolder(context.environment));
    if (!identities.ok) return refuse(context, [identities.error], options);
    const authorization = findAuthorization({
      site,
      plan,
      planHash,
      records: readSiteRecords(owner.store),
      log: owner.store,
      identities: identities.value,
      nowMs: systemClock.nowMs(),
      grants: owner.engine.site.grants,
    });
    if (!authorization.ok) return refuse(context, authorization.error, options);
    const start = await prepareStart(site, {
      plan,
      planHash,
      authorization: authorization.value,
      actor,
      clock: systemClock,
      signal: new AbortController().signal,
    });
    if (!start.ok) return refuse(context, [start.error], options);
    const submission = await owner.engine.submit(start.value);
    if (!submission.ok) return refuse(context, [submission.error], options);
    const exitCode = await runToRest(context, owner, start.value.runId, { json: false, jsonl: false, quiet: true });
    if (exitCode === 20) return await conclude(context, owner, { ...trip, runId: start.value.runId }, options);
    const run = owner.engine.run(start.value.runId);
    if (options.json && run !== null) printDocument(context, { format: "interlock.run/1", ...viewRun(run), exitCode });
    return exitCode;
  } finally {
    await owner.close();
  }
}

async function conclude(
  context: CliContext,
  owner: Owner,
  trip: Trip & { readonly runId: string },
  options: Parameters<typeof runTrip>[3],
): Promise<number> {
  const read = readRoundTrip(trip.site, {
    plan: trip.plan,
    runId: trip.runId,
    log: owner.store,
    action: options.action,
  });
  if (!read.ok) return refuse(context, [read.error], options);
  const { evidence, evidenceDigest } = read.value;
  const event: Event = {
    kind: "round_trip_recorded",
    runId: null,
    action: evidence.action,
    actionDigest: evidence.actionDigest,
    target: evidence.before.object,
    evidence: evidenceDigest,
    by: currentPrincipal(context),
  };
  const recorded = await owner.engine.record([event], [{ digest: evidenceDigest, value: evidence as never }]);
  if (!recorded.ok) return refuse(context, [recorded.error], options);
  if (options.json) printDocument(context, { format: "interlock.round-trip/1", ...evidence });
  else
    context.out(
      `${evidence.action} was done on ${evidence.target} and undone, read back both times: it is reversible now\n`,
    );
  return 0;
}

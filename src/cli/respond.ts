import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { builtInRule } from "../authorize/built-in-rule.ts";
import { identityFolder, listIdentities } from "../authorize/identity.ts";
import type { Plan } from "../core/plan/plan.ts";
import { kernelVersion } from "../core/plan/plan.ts";
import { parseProposal } from "../core/plan/parse-proposal.ts";
import type { Proposal } from "../core/plan/proposal.ts";
import type { Event } from "../core/run/event.ts";
import type { Authorization } from "../core/run/input.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import { type Result, fail, ok } from "../core/value/result.ts";
import { quote } from "../core/value/text.ts";
import { systemClock } from "../engine/clock.ts";
import { storedEvents } from "../engine/load-state.ts";
import { type Owner, openOwner } from "../engine/owner.ts";
import { engineOptions, situationDigest } from "../flow/apply-plan.ts";
import { findAuthorization } from "../flow/approve-plan.ts";
import { type Alert, parseAlert } from "../flow/respond/parse-alert.ts";
import type { ResponseReport } from "../flow/respond/report.ts";
import { respond } from "../flow/respond/respond.ts";
import type { Site } from "../flow/site.ts";
import { readSiteRecords } from "../flow/site-records.ts";
import { type SituationFile, readSituation } from "../pack/read-situation.ts";
import type { GlobalOptions } from "./command.ts";
import { approveFound } from "./commands/approve.ts";
import { type CliContext, readInput } from "./context.ts";
import { currentPrincipal, openCliSite } from "./open-site.ts";
import { receiveAlerts } from "./receive-alert.ts";
import { printDocument, refuse } from "./report.ts";
import { respondDisplay } from "./respond-display.ts";
import { storeFolder } from "./site.ts";

/** What `interlock respond` was asked. */
export interface RespondCommandOptions {
  readonly alert: string | null;
  readonly situation: string | null;
  readonly proposal: string | null;
  readonly observe: boolean;
  readonly as: string | null;
  readonly target: readonly string[];
  readonly yes: boolean;
  readonly webhook: string | null;
  readonly tokenFile: string | null;
  readonly json: boolean;
}

interface Prepared {
  readonly site: Site;
  readonly situation: SituationFile["situation"];
  readonly situationDigest: Digest;
  readonly proposal: Proposal | null;
}

/** Answers one alert and gives the exit code: 0 restored or observed, 14 escalated untouched, else what the run came to. */
export async function respondCommand(context: CliContext, globals: GlobalOptions, options: RespondCommandOptions): Promise<number> {
  const prepared = await prepare(context, globals, options);
  if (!prepared.ok) return refuse(context, prepared.error, options);
  const cancel = new AbortController();
  const alert = await takeAlert(context, options, cancel);
  if (!alert.ok) return refuse(context, alert.error, options);
  if (alert.value.status === "resolved") return tellResolved(context, options);
  const display = respondDisplay(context);
  const actor = currentPrincipal(context);
  const onEvent = (event: Event, atMs: number): void => display.event(event, atMs);
  const opened = await openOwner(storeFolder(context, globals), { ...engineOptions(prepared.value.site, { clock: systemClock, authorizer: builtInRule, actor, onEvent }), release: kernelVersion });
  if (!opened.ok) return refuse(context, [opened.error.code === "E_STORE_LOCKED" ? problem("E_INCIDENT_OPEN", "", "another process is at work here, perhaps on this very incident") : opened.error], options);
  const owner = opened.value;
  const stop = (): void => cancel.abort();
  process.on("SIGINT", stop);
  try {
    const open = findOpenIncident(owner, alert.value);
    if (open !== null) display.note(`${open} about the same was left open; it is answered again from the start`);
    const approve = (plan: Plan, planHash: Digest): Promise<Result<Authorization, Problem>> => approveHere(context, globals, { owner, site: prepared.value.site, plan, planHash }, options);
    const report = await respond({ ...prepared.value, owner, clock: systemClock, actor, alert: alert.value, observeOnly: options.observe, signal: cancel.signal, approve, tell: display.tell });
    if (!report.ok) return refuse(context, report.error, options);
    if (options.json) printDocument(context, report.value);
    return exitCodeOfReport(report.value);
  } finally {
    process.off("SIGINT", stop);
    await owner.close();
  }
}

/** The exit code a closed incident means to a script. */
export function exitCodeOfReport(report: ResponseReport): number {
  const isTouched = report.planHash !== null && report.runIds.length > 1;
  switch (report.outcome) {
    case "restored": case "observed": return 0;
    case "cancelled": return 0;
    case "not_approved": return 11;
    case "compensated": return 20;
    case "stopped": return 24;
    case "waiting": return 22;
    case "escalated": return isTouched ? 23 : 14;
  }
}

async function prepare(context: CliContext, globals: GlobalOptions, options: RespondCommandOptions): Promise<Result<Prepared, readonly Problem[]>> {
  const site = await openCliSite(context, globals);
  if (!site.ok) return site;
  const path = options.situation === null ? onlySituation(site.value) : ok(resolve(context.cwd, options.situation));
  if (!path.ok) return fail([path.error]);
  const bytes = await readInput(context, path.value);
  if (!bytes.ok) return fail([bytes.error]);
  const situation = readSituation(bytes.value);
  if (!situation.ok) return situation;
  const proposal = await readProposal(context, options.proposal);
  if (!proposal.ok) return proposal;
  return ok({ site: site.value, situation: situation.value.situation, situationDigest: situationDigest(bytes.value), proposal: proposal.value });
}

async function readProposal(context: CliContext, path: string | null): Promise<Result<Proposal | null, readonly Problem[]>> {
  if (path === null) return ok(null);
  const bytes = await readInput(context, resolve(context.cwd, path));
  return bytes.ok ? parseProposal(bytes.value) : fail([bytes.error]);
}

function onlySituation(site: Site): Result<string, Problem> {
  const folder = join(site.pack.folder, "situations");
  const found = site.pack.files.filter((file) => /^situations\/.*\.ya?ml$/.test(file));
  const [only, another] = found;
  if (only === undefined) return fail(problem("E_INPUT_MISSING", "", `the pack has no situation below \`${folder}\``, "name one with `--situation`"));
  return another === undefined ? ok(join(site.pack.folder, only)) : fail(problem("E_USAGE", "", "the pack has more than one situation", `say which with \`--situation\`: ${readdirSync(folder).join(", ")}`));
}

async function takeAlert(context: CliContext, options: RespondCommandOptions, cancel: AbortController): Promise<Result<Alert, readonly Problem[]>> {
  if (options.webhook === null) {
    if (options.alert === null) return fail([problem("E_USAGE", "", "name an alert's file, `-` for stdin, or `--webhook PORT`")]);
    const bytes = await readInput(context, options.alert === "-" ? "-" : resolve(context.cwd, options.alert));
    return bytes.ok ? parseAlert(bytes.value) : fail([bytes.error]);
  }
  if (!/^\d{1,5}$/.test(options.webhook)) return fail([problem("E_USAGE", "", `${quote(options.webhook)} is no port`)]);
  const receiver = await receiveAlerts(Number(options.webhook), options.tokenFile);
  if (!receiver.ok) return fail([receiver.error]);
  context.err(`waiting for an alert at http://127.0.0.1:${receiver.value.port}/\n`);
  const alert = await receiver.value.firing;
  // An alert that resolves by itself cancels what has not started.
  receiver.value.onResolved((resolved) => {
    if (resolved.key === alert.key) cancel.abort();
  });
  process.once("exit", () => receiver.value.close());
  cancel.signal.addEventListener("abort", () => receiver.value.close());
  return ok(alert);
}

function tellResolved(context: CliContext, options: { readonly json: boolean }): number {
  if (options.json) printDocument(context, { format: "interlock.response/1", outcome: "cancelled", reason: "the alert is resolved" });
  else context.out("the alert is resolved: nothing to answer\n");
  return 0;
}

function findOpenIncident(owner: Owner, alert: Alert): string | null {
  const open = new Set<string>();
  for (const { event } of storedEvents(owner.store, "site")) {
    if (event.kind === "incident_opened" && event.key === alert.key) open.add(event.incidentId);
    if (event.kind === "incident_closed") open.delete(event.incidentId);
  }
  return [...open].at(-1) ?? null;
}

async function approveHere(context: CliContext, globals: GlobalOptions, of: { readonly owner: Owner; readonly site: Site; readonly plan: Plan; readonly planHash: Digest }, options: RespondCommandOptions): Promise<Result<Authorization, Problem>> {
  const { owner, site, plan, planHash } = of;
  if (plan.bounds.writeCount === 0) return ok({ kind: "read_only", policies: site.pins.policies });
  const exitCode = await approveFound({ ...context, out: context.err }, globals, { site, found: { plan, planHash } }, { as: options.as, validFor: null, target: options.target, yes: options.yes, json: false, quiet: true });
  if (exitCode !== 0) return fail(problem("E_APPROVAL_MISSING", "", "nobody approved the response"));
  const identities = listIdentities(identityFolder(context.environment));
  if (!identities.ok) return identities;
  const authorization = findAuthorization({ site, plan, planHash, records: readSiteRecords(owner.store), log: owner.store, identities: identities.value, nowMs: systemClock.nowMs() });
  return authorization.ok ? authorization : fail(authorization.error[0] ?? problem("E_APPROVAL_MISSING", "", "nobody approved the response"));
}

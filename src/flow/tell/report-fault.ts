import { Redactor } from "../../core/run/tell/redact-report.ts";
import type { Code, Problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { ok, type Result } from "../../core/value/result.ts";
import { examine, type Finding } from "../site/examine.ts";
import { findRun } from "../site/find-run.ts";
import { type SiteLog, withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";

/** What to report, and what runs here. */
export interface ReportFaultRequest {
  /** A run's id, the beginning of one, or `last`; `null` for a fault that is about no run. */
  readonly run: string | null;
  /** The release of the program that asks, such as `0.1.0`. */
  readonly release: string;
  /** The version of Node that runs this, such as `24.15.0`. */
  readonly nodeVersion: string;
  /** The operating system and the processor, such as `linux x64`. */
  readonly platform: string;
}

/** Something to send with a bug report: what runs here and what happened, without what it was about. */
export interface FaultReport {
  readonly format: "interlock.fault-report/1";
  readonly release: string;
  readonly nodeVersion: string;
  readonly platform: string;
  /** What `examine` finds here, without its messages. */
  readonly findings: readonly { readonly state: Finding["state"]; readonly code: Code | null }[];
  /** Why the run could not be read; empty where it could. */
  readonly codes: readonly Code[];
  /** The run's plan, and its records. Every text that is no word of ours is a number; `null` where there is none. */
  readonly run: {
    readonly plan: JsonValue;
    readonly records: readonly JsonValue[];
    /** Records that were left out, because there are more than a report holds. */
    readonly omittedCount: number;
  } | null;
}

/** Enough for every run of a few hundred steps. A larger one keeps its first and its last half. */
const recordCountMax = 4_000;

/** Puts together what a bug report needs. Reads, and changes nothing. A damaged store is reported too. */
export async function reportFault(
  place: Workplace,
  request: ReportFaultRequest,
): Promise<Result<FaultReport, readonly Problem[]>> {
  const { run, release, nodeVersion, platform } = request;
  const examined = await examine(place, { nodeVersion });
  const findings = examined.ok ? examined.value.map(({ state, code }) => ({ state, code })) : [];
  const found = run === null ? ok(null) : await withLog(place, (log) => readRun(log, run));
  // A run that is not there is the caller's mistake. What cannot be read may be the very fault.
  if (!found.ok && found.error.some(({ code }) => code === "E_RUN_UNKNOWN")) return found;
  return ok({
    format: "interlock.fault-report/1",
    release,
    nodeVersion,
    platform,
    findings,
    codes: found.ok ? [] : found.error.map(({ code }) => code),
    run: found.ok ? found.value : null,
  });
}

async function readRun(
  log: SiteLog,
  wanted: string,
): Promise<Result<NonNullable<FaultReport["run"]>, readonly Problem[]>> {
  const found = await findRun(log, wanted);
  if (!found.ok) return { ok: false, error: [found.error] };
  const { runId } = found.value;
  const redactor = new Redactor();
  const run = await log.run(runId);
  if (!run.ok) return { ok: false, error: [run.error] };
  // A plan and its events are plain data by construction.
  const plan = redactor.redact(run.value.prepared.plan as unknown as JsonValue);
  const first: JsonValue[] = [];
  const last: JsonValue[] = [];
  let omittedCount = 0;
  for await (const { seq, atMs, event } of log.events(runId)) {
    const record = redactor.redact({ seq, atMs, event: event as unknown as JsonValue });
    if (first.length < recordCountMax / 2) first.push(record);
    else last.push(record);
    if (last.length > recordCountMax / 2) {
      last.shift();
      omittedCount += 1;
    }
  }
  return ok({ plan, records: [...first, ...last], omittedCount });
}

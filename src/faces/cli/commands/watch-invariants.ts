import { setTimeout as sleep } from "node:timers/promises";
import { codes, problem } from "../../../core/value/codes.ts";
import { screen, sentence } from "../../../core/value/screen.ts";
import type { Finding, Interlock } from "../../../interlock.ts";
import type { CliContext } from "../context.ts";
import { printDocument, refuse } from "../report.ts";
import { showTime } from "../show-time.ts";

/** How the invariants of the domain are to be followed. */
export interface WatchInvariantsOptions {
  readonly json: boolean;
  readonly jsonl: boolean;
  readonly once: boolean;
  /** Seconds between two readings, as given. */
  readonly every: string;
}

/** Follows the invariants of the domain on the live systems: tells what changes, until it is interrupted. */
export async function watchInvariants(
  context: CliContext,
  interlock: Interlock,
  options: WatchInvariantsOptions,
): Promise<number> {
  const everyMs = Number(options.every) * 1_000;
  if (!(everyMs >= 100 && everyMs <= 86_400_000))
    return refuse(context, [problem("E_USAGE", "", "`--every` is a number of seconds, from 0.1 to 86400")], options);
  const known = new Map<string, string>();
  for (;;) {
    const examined = await interlock.examine({ nodeVersion: process.versions.node, only: "invariants" });
    if (!examined.ok) return refuse(context, examined.error, options);
    const found = examined.value;
    const isOver = options.once || found.length === 0;
    if (options.json) printDocument(context, { format: "interlock.invariants/1", ok: isWell(found), findings: found });
    else
      for (const finding of found) {
        const text = `${finding.state} ${finding.message}`;
        if (known.get(finding.what) === text) continue;
        known.set(finding.what, text);
        tell(context, finding, options);
      }
    if (found.length === 0 && !options.json && !options.jsonl) context.out(screen`the domain declares no invariant\n`);
    if (isOver || options.json) return exitCodeOf(found);
    await sleep(everyMs);
  }
}

function isWell(found: readonly Finding[]): boolean {
  return found.every(({ state }) => state !== "bad");
}

function exitCodeOf(found: readonly Finding[]): number {
  const worst = found.find(({ state }) => state === "bad");
  return worst === undefined ? 0 : worst.code === null ? 1 : codes[worst.code].exitCode;
}

const marks = { good: "✔", note: "?", bad: "✖" } as const;

function tell(context: CliContext, finding: Finding, { jsonl }: WatchInvariantsOptions): void {
  const { what, state, message } = finding;
  if (jsonl) {
    printDocument(context, { format: "interlock.invariants/1", ok: state !== "bad", findings: [finding] });
    return;
  }
  const { green, red, yellow } = context.colors;
  const paint = state === "good" ? green : state === "bad" ? red : yellow;
  context.out(screen`${showTime(Date.now())} ${paint(marks[state])} ${what}: ${sentence(message)}\n`);
}

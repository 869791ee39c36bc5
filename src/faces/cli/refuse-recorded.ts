import { existsSync } from "node:fs";
import type { Problem } from "../../core/value/codes.ts";
import { forbidden } from "../../flow/site/permit.ts";
import { builtInRule } from "../../policies/built-in-rule.ts";
import type { Capability } from "../../ports.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { currentPrincipal } from "./open-site.ts";
import { recordEvents } from "./record.ts";
import { refuse } from "./report.ts";
import { configPath, storeFolder } from "./site.ts";

/** A document full of mistakes leaves this many of them in the log, and not one record for each. */
const recordedCountMax = 16;

/** A refusal of something that would have had effects: told, and recorded with who asked for it (I10). */
export async function refuseRecorded(
  context: CliContext,
  globals: GlobalOptions,
  asked: string,
  problems: readonly Problem[],
  options: { readonly json: boolean },
): Promise<number> {
  const by = currentPrincipal(context);
  const events = problems
    .slice(0, recordedCountMax)
    .map((problem) => ({ kind: "input_refused", runId: null, input: asked, problem, by }) as const);
  // Where there is no site there is no log. A store that cannot record it has its own problem; the refusal stands either way.
  if (configPath(context, globals) !== null || existsSync(storeFolder(context, globals)))
    await recordEvents(context, globals, events, []);
  return refuse(context, problems, options);
}

/** What a command is about to do in somebody's name. */
export interface Asked {
  readonly capability: Capability;
  readonly command: string;
  /** A plan's hash, a run's id, an object or a pack's name; what was typed where it is not found yet. */
  readonly resource: string;
}

/** `null` where who types may do this; else the refusal is told and recorded, and its exit code given (I10, I17). */
export async function refuseForbidden(
  context: CliContext,
  globals: GlobalOptions,
  asked: Asked,
  options: { readonly json: boolean },
): Promise<number | null> {
  const found = forbidden(builtInRule, {
    by: currentPrincipal(context),
    capability: asked.capability,
    resource: asked.resource,
  });
  return found === null ? null : refuseRecorded(context, globals, asked.command, [found], options);
}

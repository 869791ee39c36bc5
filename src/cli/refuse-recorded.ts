import type { Problem } from "../core/value/codes.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { currentPrincipal } from "./open-site.ts";
import { recordEvents } from "./record.ts";
import { refuse } from "./report.ts";

/** A refusal of something that would have had effects: told, and recorded with who asked for it (I10). */
export async function refuseRecorded(context: CliContext, globals: GlobalOptions, asked: string, problems: readonly Problem[], options: { readonly json: boolean }): Promise<number> {
  const by = currentPrincipal(context);
  // A store that cannot record it has its own problem; the refusal stands either way.
  await recordEvents(context, globals, problems.map((problem) => ({ kind: "input_refused", runId: null, input: asked, problem, by })), []);
  return refuse(context, problems, options);
}

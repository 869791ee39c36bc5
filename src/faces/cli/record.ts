import type { SiteEvent } from "../../core/run/words/event.ts";
import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { AppendBatch } from "../../log/store.ts";
import { builtInRule } from "../../policies/built-in-rule.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { currentPrincipal } from "./open-site.ts";
import { storeFolder } from "./site.ts";

/** Records something of the site: through the owner of the store, or as its owner for as long as that takes. */
export async function recordEvents(
  context: CliContext,
  globals: GlobalOptions,
  events: readonly SiteEvent[],
  documents: AppendBatch["documents"],
): Promise<Result<undefined, Problem>> {
  const { throughOwner } = await import("./through-owner.ts");
  const { openBareOwner } = await import("../../owner/owner.ts");
  const { permitControl } = await import("../../flow/site/permit.ts");
  const folder = storeFolder(context, globals);
  const taken = await throughOwner(folder, { kind: "record", events, documents }, () =>
    openBareOwner(folder, permitControl(builtInRule), currentPrincipal(context)),
  );
  if (taken.kind === "failed") return fail(taken.problem);
  if (taken.kind === "answered") return taken.answer.ok ? ok(undefined) : taken.answer;
  try {
    return await taken.owner.engine.record(events, documents);
  } finally {
    await taken.owner.close();
  }
}

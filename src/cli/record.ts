import type { SiteEvent } from "../core/run/event.ts";
import type { Problem } from "../core/value/codes.ts";
import type { Result } from "../core/value/result.ts";
import { ok } from "../core/value/result.ts";
import type { AppendBatch } from "../engine/store/store.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { builtInRule } from "../authorize/built-in-rule.ts";
import { storeFolder } from "./site.ts";

/** Records something of the site: through the owner of the store, or as its owner for as long as that takes. */
export async function recordEvents(context: CliContext, globals: GlobalOptions, events: readonly SiteEvent[], documents: AppendBatch["documents"]): Promise<Result<undefined, Problem>> {
  const { sendControl } = await import("../engine/control/client.ts");
  const { storePaths } = await import("../engine/store/sqlite/open.ts");
  const folder = storeFolder(context, globals);
  const answer = await sendControl(storePaths(folder).socket, { kind: "record", events, documents });
  if (!("kind" in answer)) return answer.ok ? ok(undefined) : answer;
  const { openBareOwner } = await import("../engine/owner.ts");
  const { permitControl } = await import("../flow/permit.ts");
  const owner = await openBareOwner(folder, permitControl(builtInRule));
  if (!owner.ok) return owner;
  try {
    return await owner.value.engine.record(events, documents);
  } finally {
    await owner.value.close();
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { type Problem, problem } from "../../core/value/codes.ts";
import { isJsonObject } from "../../core/value/json-value.ts";
import type { Result } from "../../core/value/result.ts";
import type { Site } from "../../flow/site/site.ts";
import { storePaths } from "../../log/sqlite/open.ts";
import { askOwner } from "../../owner/control/client.ts";
import type { ApplyControl } from "../../owner/control/protocol.ts";
import type { Owner } from "../../owner/owner.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { followGuest } from "./guest-runs.ts";
import { refuse } from "./report.ts";
import { openCliOwner, type RunDisplay, runToRest, tellRest } from "./run-to-rest.ts";

/** Where a plan begins to run: in the process that owns the store, or in this one, which owns it now. */
export type Begun =
  | { readonly kind: "elsewhere"; readonly runId: string }
  /** The owner's refusal, which it has recorded. */
  | { readonly kind: "refused"; readonly problem: Problem }
  | { readonly kind: "owner"; readonly owner: Owner }
  /** Neither; nobody has recorded it. */
  | { readonly kind: "failed"; readonly problem: Problem };

// A command that only records something owns the store for some milliseconds, and begins nothing for others.
const patienceMs = 3_000;
const pauseMs = 40;

/** Has the store's owner run an approved plan, or becomes the owner. */
export async function beginThroughOwner(
  folder: string,
  input: ApplyControl,
  open: () => Promise<Result<Owner, Problem>>,
): Promise<Begun> {
  for (const startMs = performance.now(); ; await sleep(pauseMs)) {
    const answer = await askOwner(storePaths(folder).socket, input);
    if (!("kind" in answer) && answer.ok)
      return { kind: "elsewhere", runId: isJsonObject(answer.value) ? String(answer.value["runId"]) : "" };
    const isBusy = !("kind" in answer) && !answer.ok && answer.error.code === "E_STORE_LOCKED";
    if (!("kind" in answer) && !answer.ok && !isBusy) return { kind: "refused", problem: answer.error };
    const owner = await open();
    if (owner.ok) return { kind: "owner", owner: owner.value };
    if (owner.error.code !== "E_STORE_LOCKED" || performance.now() - startMs > patienceMs)
      return { kind: "failed", problem: owner.error };
  }
}

/** Follows a run in its owner's process until it rests; goes on with it here where that process is gone. */
export async function followToRest(
  context: CliContext,
  globals: GlobalOptions,
  of: { readonly site: Site; readonly runId: string },
  display: RunDisplay,
): Promise<number> {
  const { site, runId } = of;
  for (;;) {
    const followed = await followGuest(context, globals, runId, display);
    if (followed.kind === "at_rest") return tellRest(context, followed.run, display);
    if (followed.kind === "detached") {
      context.err(`left as it stands; next: interlock watch ${runId}\n`);
      return 130;
    }
    const owner = await openCliOwner(context, globals, site, display);
    // Somebody else was quicker, and may be going on with it.
    if (!owner.ok && owner.error.code === "E_STORE_LOCKED") continue;
    if (!owner.ok)
      return refuse(
        context,
        [problem(owner.error.code, "", owner.error.message, `then \`interlock resume ${runId}\``)],
        display,
      );
    try {
      await owner.value.engine.takeOver([runId]);
      return await runToRest(context, owner.value, runId, display);
    } finally {
      await owner.value.close();
    }
  }
}

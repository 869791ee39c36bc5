// The engine's loop for a comparison of two trees: one event of a fan of writes, with its canonical text.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Site from "../../../src/core/run/apply/site.ts";
import type * as Canonical from "../../../src/core/value/canonical.ts";
import { digestBytes } from "../../../src/core/value/digest.ts";
import type * as Clock from "../../../src/engine/clock.ts";
import type * as EngineModule from "../../../src/engine/engine.ts";
import type { Store } from "../../../src/log/store.ts";
import type * as BoxWorld from "../box-world.ts";

interface LoopModules {
  readonly engine: Pick<typeof EngineModule, "Engine">;
  readonly site: Pick<typeof Site, "applySite" | "emptySite">;
  readonly clock: Pick<typeof Clock, "systemClock">;
  readonly canonical: Pick<typeof Canonical, "canonicalText">;
  readonly world: Pick<typeof BoxWorld, "boxConnections" | "planOnBoxes" | "startOf">;
}

const stepCount = 100;
const runCount = 10;

/** Measures the loop of the tree at `root`: CPU time of an event, in microseconds. */
export async function loadLoop(root: string): Promise<() => Promise<number>> {
  const load = (path: string): Promise<unknown> => import(pathToFileURL(join(root, path)).href);
  // The fold of the site stood beside the other files of the kernel before they had folders.
  const site = ["src/core/run/apply/site.ts", "src/core/run/site.ts"].find((path) => existsSync(join(root, path)));
  if (site === undefined) throw new Error(`no fold of the site below ${root}`);
  const [engine, fold, clock, canonical, world] = await Promise.all(
    [
      "src/engine/engine.ts",
      site,
      "src/engine/clock.ts",
      "src/core/value/canonical.ts",
      "bench/engine/box-world.ts",
    ].map(load),
  );
  // Every tree since 090eea1 has these five. An older tree fails at its first figure, with the name of what is missing.
  const modules = { engine, site: fold, clock, canonical, world } as LoopModules;
  const sketches = Array.from({ length: stepCount }, (_, index) => ({
    id: `s${index}`,
    after: index === 0 ? [] : ["s0"],
  }));
  const plan = modules.world.planOnBoxes(sketches);
  return async () => {
    let [cpuUs, eventCount] = [0, 0];
    for (let run = 0; run < runCount; run += 1) {
      const round = await measureRun(modules, modules.world.startOf(plan, `run_${run}`, Date.now()));
      cpuUs += round.cpuUs;
      eventCount += round.eventCount;
    }
    return cpuUs / eventCount;
  };
}

async function measureRun(
  { engine, site, clock, canonical, world }: LoopModules,
  start: ReturnType<typeof BoxWorld.startOf>,
): Promise<{ readonly cpuUs: number; readonly eventCount: number }> {
  let eventCount = 0;
  const opened = site.applySite(
    site.emptySite(),
    { kind: "engine_opened", runId: null, epoch: 1, release: "bench" },
    0,
  );
  const measured = new engine.Engine(
    {
      store: textStore(canonical),
      connections: world.boxConnections(new Map()),
      clock: clock.systemClock,
      resolveSecret: async () => ({ ok: true, value: "" }),
      standing: async () => ({ kind: "permitted" }),
      onEvent: () => {
        eventCount += 1;
      },
    },
    { site: opened, runs: new Map() },
  );
  const submitted = await measured.submit(start);
  if (!submitted.ok) throw new Error(submitted.error.message);
  // Starting a run prepares its plan, which takes time in proportion to its size and is not measured.
  eventCount = 0;
  const before = process.cpuUsage();
  const run = await measured.whenIdle(start.runId);
  const { user, system } = process.cpuUsage(before);
  if (run.phase.kind !== "ended" || run.phase.outcome !== "succeeded") throw new Error(`the fan is ${run.phase.kind}`);
  await measured.close();
  return { cpuUs: user + system, eventCount };
}

/**
 * A store that keeps nothing and acknowledges at once. The text of an event was written in the store and is now written
 * in the engine, so this store writes it where the engine has not: both sides do the same work.
 */
function textStore({ canonicalText }: LoopModules["canonical"]): Store {
  const head = digestBytes("interlock.bench/1", new Uint8Array());
  let length = 0;
  return {
    epoch: 1,
    append: async ({ records }) => {
      const firstSeq = length;
      for (const record of records)
        length += ("bodyText" in record ? record.bodyText : canonicalText(record.body)) === "" ? 0 : 1;
      return { ok: true, value: { firstSeq, length, head } };
    },
    hasRun: () => false,
    close: async () => undefined,
  };
}

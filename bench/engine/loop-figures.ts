// The engine's loop over boxes in memory and a store that only acknowledges: the cost of an event without its record
// and its effect.

import { applySite, emptySite } from "../../src/core/run/apply/site.ts";
import { digestBytes } from "../../src/core/value/digest.ts";
import { systemClock } from "../../src/engine/clock.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { Store } from "../../src/log/store.ts";
import { boxConnections, planOnBoxes, startOf } from "./box-world.ts";
import { type Figure, measureSizes } from "./measure.ts";

const stepCountMin = 1_000;

/** CPU time of one event in the engine, for a fan of writes of which 16 are under way all the time. */
export async function engineFigures(
  hashUs: number,
  rounds: number,
  sizes: readonly number[],
): Promise<readonly Figure[]> {
  const plans = new Map(
    sizes.map((size) => [
      size,
      planOnBoxes(Array.from({ length: size }, (_, index) => ({ id: `s${index}`, after: index === 0 ? [] : ["s0"] }))),
    ]),
  );
  return measureSizes({ name: "engine's loop, fan", sizes, hashUs, rounds }, async (size) => {
    const plan = plans.get(size);
    if (plan === undefined) throw new Error("each size has its plan");
    let [cpuUs, eventCount, seenCount] = [0, 0, 0];
    for (let number = 0; number < Math.max(1, Math.ceil(stepCountMin / size)); number += 1) {
      const engine = new Engine(
        {
          store: acknowledgingStore(),
          connections: boxConnections(new Map()),
          clock: systemClock,
          resolveSecret: async () => ({ ok: true, value: "" }),
          standing: async () => ({ kind: "permitted" }),
          onEvent: () => {
            seenCount += 1;
          },
        },
        {
          site: applySite(emptySite(), { kind: "engine_opened", runId: null, epoch: 1, release: "bench" }, 0),
          runs: new Map(),
        },
      );
      const start = startOf(plan, `run_${number}`, Date.now());
      const submitted = await engine.submit(start);
      if (!submitted.ok) throw new Error(submitted.error.message);
      // Starting a run prepares its plan, which takes time in proportion to its size and is not measured.
      seenCount = 0;
      const before = process.cpuUsage();
      const run = await engine.whenIdle(start.runId);
      const { user, system } = process.cpuUsage(before);
      if (run.phase.kind !== "ended" || run.phase.outcome !== "succeeded")
        throw new Error(`the fan is ${run.phase.kind}`);
      cpuUs += user + system;
      eventCount += seenCount;
      await engine.close();
    }
    return cpuUs / eventCount;
  });
}

/** A store that keeps nothing and acknowledges at once. */
export function acknowledgingStore(): Store {
  const head = digestBytes("interlock.bench/1", new Uint8Array());
  let length = 0;
  return {
    epoch: 1,
    append: async ({ records }) => {
      const firstSeq = length;
      length += records.length;
      return { ok: true, value: { firstSeq, length, head } };
    },
    hasRun: () => false,
    close: async () => undefined,
  };
}

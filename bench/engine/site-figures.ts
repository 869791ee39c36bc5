// The cost of an event of a small run on a site that remembers nothing, and on one that remembers a lot.

import { applySite, emptySite } from "../../src/core/run/apply/site.ts";
import { decide } from "../../src/core/run/decide/decide.ts";
import { alice, approvalOf, startOf, testDriver } from "../../src/core/run/fixtures/driver.fixture.ts";
import { planOf, testDigest } from "../../src/core/run/fixtures/plan.fixture.ts";
import type { RunState, SiteState } from "../../src/core/run/words/state.ts";
import { recordInputs } from "../kernel/course.ts";
import { type Figure, measureSizes, summarize } from "./measure.ts";

const sizes = [0, 10_000, 100_000] as const;
const runsPerRound = 200;

/**
 * CPU time of one event of whole runs of ten paced writes, start and end included, on sites of each size; and the bytes
 * that a site keeps for each run.
 */
export async function siteFigures(hashUs: number, rounds: number): Promise<readonly Figure[]> {
  const plan = planOf(
    Array.from({ length: 10 }, (_, index) => ({
      id: `s${index}`,
      after: index === 0 ? [] : [`s${index - 1}`],
      cooldownMs: 1,
    })),
  );
  const start = startOf(plan, testDriver());
  const inputs = [start, ...recordInputs(start, null)];
  const bytes: number[] = [];
  const sites = new Map(
    sizes.map((size) => {
      const before = heapBytes();
      const site = grownSite(size);
      if (size > 0) bytes.push((heapBytes() - before) / size);
      return [size, site] as const;
    }),
  );
  const figures = await measureSizes(
    { name: "site with so many locks, approvals and paces", sizes, hashUs, rounds },
    (size) => {
      const grown = sites.get(size as (typeof sizes)[number]);
      if (grown === undefined) throw new Error("each size has its site");
      let eventCount = 0;
      const cpu = process.cpuUsage();
      for (let number = 0; number < runsPerRound; number += 1) {
        let [site, run]: [SiteState, RunState | null] = [grown, null];
        for (const input of inputs) {
          const decision = decide(site, run, input);
          [site, run] = [decision.site, decision.run];
          eventCount += decision.events.length;
        }
        if (run?.phase.kind !== "ended") throw new Error("the bench's plan ends");
      }
      const { user, system } = process.cpuUsage(cpu);
      return (user + system) / eventCount;
    },
  );
  return [
    ...figures,
    summarize("site: memory of one lock held, one approval used and one pace, with its run", "bytes", bytes),
  ];
}

/** A site with this many runs under way, each with a lock, a used approval and a pace of its own. */
function grownSite(size: number): SiteState {
  let site = emptySite();
  const planHash = testDigest("a plan of another run");
  for (let number = 0; number < size; number += 1) {
    const runId = `run_other${number}`;
    const approval = approvalOf(planHash);
    if (approval.kind !== "approval") throw new Error("an approval is one");
    site = applySite(
      site,
      {
        kind: "run_started",
        runId,
        planHash,
        authorization: { ...approval, approvalId: `ap_other${number}` },
        actor: alice,
        owner: "alice",
        locks: [`box/other${number}`],
        baseline: [],
        reserved: null,
        deadlineMs: 1e9,
        epoch: 0,
      },
      1,
    );
    site = applySite(
      site,
      {
        kind: "step_intent",
        runId,
        attempt: { runId, stepId: "s", direction: "do", n: 1, epoch: 0 },
        idempotencyKey: "k",
        access: "write",
        pace: { key: `box.set@box/other${number}`, windowMs: 1, countMax: 1 },
        args: [],
        baseline: [],
      },
      1,
    );
  }
  return site;
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plan } from "../core/plan/plan.ts";
import { alice } from "../core/run/fixtures/driver.fixture.ts";
import { testDigest } from "../core/run/fixtures/plan.fixture.ts";
import type { StartInput } from "../core/run/words/input.ts";
import { wordTime } from "../core/value/units.ts";
import { steadyClock } from "./clock.ts";
import { clockSkewMaxMs, findClockSkew, isHeldByTime } from "./clock-skew.ts";
import { FakeClock, startOn, type TestSite, testSite } from "./engine.fixture.ts";

// What happens where the machine's clock and the log's time part: by how far they may, what then waits, what never
// does, and that no jump of the clock makes an approval count that had expired.

const hourMs = 3_600_000;
const reason = "the clock was wrong";

/** A start whose one write is on a box of its own, under an approval that expires at a time of the log. */
function startUntil(site: TestSite, runId: string, expiresAtMs: number): StartInput {
  const start = startOn(site, runId, [{ id: "a", box: runId }]);
  return { ...start, authorization: { ...start.authorization, expiresAtMs } as StartInput["authorization"] };
}

/** The same start as the way back of a run that has ended. */
function asWayBack(start: StartInput): StartInput {
  const plan: Plan = {
    ...start.plan,
    parent: { runId: "run_before", incidentId: null },
    proposer: { ...start.plan.proposer, kind: "recovery" },
  };
  return { ...start, plan };
}

async function codeOf(site: TestSite, start: StartInput): Promise<string> {
  const submitted = await site.engine.submit(start);
  if (!submitted.ok) return submitted.error.code;
  await site.engine.whenIdle(start.runId);
  return "ok";
}

/** The engine of the next process, which finds the log as this one left it and looks at the same clock. */
function reopen(site: TestSite): TestSite {
  return testSite({ left: site, clock: site.clock, epoch: site.store.epoch + 1 });
}

/** A site whose log has been written at the time that its clock shows. */
async function writtenSite(clock = lateClock()): Promise<TestSite> {
  const site = testSite({ clock });
  await note(site);
  return site;
}

/** Leaves a record that changes nothing here. */
async function note(site: TestSite): Promise<void> {
  await site.engine.record(
    [{ kind: "approval_rejected", runId: null, planHash: testDigest("x"), by: alice, reason }],
    [],
  );
}

/** A clock that shows a late hour of 1970, so that it can be set back. */
function lateClock(): FakeClock {
  const clock = new FakeClock();
  clock.wallMs = 100 * hourMs;
  return clock;
}

describe("a clock that is behind the log", () => {
  it.each([
    ["by as much as the site allows", clockSkewMaxMs, "ok"],
    ["by more", clockSkewMaxMs + 1, "E_CLOCK_SKEW"],
  ])("%s: a run that writes starts, or waits for a person", async (_, byMs, code) => {
    const first = await writtenSite();
    first.clock.wallMs -= byMs;

    const site = reopen(first);

    expect(await codeOf(site, startUntil(site, "run_1", 1e12))).toBe(code);
    expect(site.writes).toEqual(code === "ok" ? ["run_1"] : []);
  });

  it("never keeps the way back of a run that has ended from starting (I24)", async () => {
    const site = await writtenSite();
    site.clock.wallMs -= hourMs;

    expect(await codeOf(site, startUntil(site, "run_1", 1e12))).toBe("E_CLOCK_SKEW");
    expect(await codeOf(site, asWayBack(startUntil(site, "run_2", 1e12)))).toBe("ok");
    expect(site.writes).toEqual(["run_2"]);
  });

  it("ends a run that is under way before its next write, and what it did is undone (I24)", async () => {
    const site = testSite({ clock: lateClock() });
    const steps = [{ id: "a" }, { id: "b", after: ["a"], onFailure: "rollback" }] as const;
    site.onCall = (request, box) => {
      if (request.access === "write" && box === "a") site.clock.wallMs -= hourMs;
      return null;
    };

    await site.engine.submit({ ...startOn(site, "run_1", steps) });
    const run = await site.engine.whenIdle("run_1");

    expect(site.writes).toEqual(["a", "a"]);
    expect(site.levels.get("a")).toBe(0);
    expect(run.phase).toMatchObject({ kind: "ended", outcome: "compensated" });
    expect(JSON.stringify(site.reported)).toContain("E_CLOCK_SKEW");
  });

  it("starts again what a person lets go on: the log's time then passes at the clock's pace", async () => {
    const site = await writtenSite();
    site.clock.wallMs -= hourMs;
    const refused = await site.engine.anchor({ by: { kind: "agent", id: "bot", keyId: null }, reason });

    const anchored = await site.engine.anchor({ by: alice, reason });

    expect(refused).toMatchObject({ ok: false, error: { code: "E_PERSON_REQUIRED" } });
    expect(anchored.ok).toBe(true);
    expect(site.engine.site.clockLeadMs).toBe(hourMs);
    expect(await codeOf(site, startUntil(site, "run_1", 1e12))).toBe("ok");
    const later = reopen(site);
    later.clock.advance(90_000);
    expect(later.engine.nowMs()).toBe(later.clock.nowMs() + hourMs);
  });

  it("is no matter to a plan that only reads", () => {
    const { plan } = startOn(testSite(), "run_1", [{ id: "a" }]);

    expect(isHeldByTime(plan)).toBe(true);
    expect(isHeldByTime({ ...plan, bounds: { ...plan.bounds, writeCount: 0 } })).toBe(false);
  });

  it("is named with how far it is behind and what a person can do", () => {
    expect(findClockSkew(61 * 60_000, clockSkewMaxMs)).toMatchObject({
      code: "E_CLOCK_SKEW",
      message: expect.stringContaining("61 minutes behind"),
      next: { do: "anchor_clock" },
    });
    expect([500, 2_000, 119_999, 2 * hourMs, 10 * 365 * 24 * hourMs].map(wordTime)).toEqual([
      "500 milliseconds",
      "2 seconds",
      "119 seconds",
      "2 hours",
      "3650 days",
    ]);
  });
});

type Move =
  | { readonly kind: "pass" | "jump"; readonly ms: number }
  | { readonly kind: "approve"; readonly forMs: number }
  | { readonly kind: "start" | "undo" | "anchor" | "reopen" };

const spanMs = fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 3 * hourMs }));
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant("pass" as const), ms: spanMs }),
  fc.record({ kind: fc.constant("jump" as const), ms: spanMs }),
  fc.record({ kind: fc.constant("jump" as const), ms: spanMs.map((ms) => -ms) }),
  fc.record({ kind: fc.constant("approve" as const), forMs: spanMs }),
  fc.record({ kind: fc.constantFrom("undo" as const, "anchor" as const, "reopen" as const) }),
  fc.record({ kind: fc.constant("start" as const) }),
);

describe("whichever way the clock jumps", () => {
  it("a steady clock goes on, at least as fast as time passes, and knows how far it is ahead", () => {
    fc.assert(
      fc.property(fc.array(anyMove, { maxLength: 40 }), (moves) => {
        const clock = lateClock();
        const steady = steadyClock(clock, { lastSeenMs: 0, clockLeadMs: 0 });
        let knownMs = steady.nowMs();
        for (const move of moves) {
          const passedMs = move.kind === "pass" ? move.ms : 0;
          if (move.kind === "pass") clock.advance(move.ms);
          if (move.kind === "jump") clock.wallMs = Math.max(0, clock.wallMs + move.ms);
          if (move.kind === "anchor") steady.anchor(steady.leadMs());
          expect(steady.nowMs()).toBeGreaterThanOrEqual(knownMs + passedMs);
          expect(steady.nowMs() - clock.wallMs).toBe(steady.leadMs());
          knownMs = steady.nowMs();
        }
      }),
    );
  });

  it("a write starts only while the clocks agree, and no approval counts again that had expired", async () => {
    const counts = { started: 0, held: 0, expired: 0, undone: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(anyMove, { minLength: 5, maxLength: 40 }), async (moves) => {
        let site = testSite({ clock: lateClock() });
        let approvedUntilMs = 0;
        let isExpired = true;
        let lastMs = 0;
        for (const [index, move] of moves.entries()) {
          if (move.kind === "pass") site.clock.advance(move.ms);
          if (move.kind === "jump") site.clock.wallMs = Math.max(0, site.clock.wallMs + move.ms);
          if (move.kind === "reopen") site = reopen(site);
          if (move.kind === "anchor") await site.engine.anchor({ by: alice, reason });
          if (move.kind === "approve") {
            [approvedUntilMs, isExpired] = [site.engine.nowMs() + move.forMs, false];
            await note(site);
          }
          expect(site.engine.nowMs()).toBeGreaterThanOrEqual(lastMs);
          lastMs = site.engine.site.lastSeenMs;
          if (lastMs >= approvedUntilMs) isExpired = true;
          const leadMs = site.engine.nowMs() - site.clock.nowMs() - site.engine.site.clockLeadMs;
          if (move.kind === "anchor") expect(leadMs).toBe(0);
          if (move.kind !== "start" && move.kind !== "undo") continue;
          const start = startUntil(site, `run_${index}`, approvedUntilMs);
          const code = await codeOf(site, move.kind === "undo" ? asWayBack(start) : start);
          expect(site.writes.includes(start.runId)).toBe(code === "ok");
          if (code === "ok") expect(isExpired).toBe(false);
          if (move.kind === "start") expect(code === "E_CLOCK_SKEW").toBe(leadMs > clockSkewMaxMs);
          else expect(code).not.toBe("E_CLOCK_SKEW");
          if (code === "ok") counts[move.kind === "undo" ? "undone" : "started"] += 1;
          else if (code === "E_CLOCK_SKEW") counts.held += 1;
          else counts.expired += 1;
        }
      }),
      { numRuns: 150 },
    );
    // Every way it can end has come up often enough to mean something.
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(5);
  });

  it("an approval that is given while the clocks agree has expired after its time and the skew", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyMove, { maxLength: 20 }),
        spanMs,
        fc.array(spanMs, { minLength: 1, maxLength: 5 }),
        async (moves, forMs, pauses) => {
          let site = testSite({ clock: lateClock() });
          for (const move of moves) {
            if (move.kind === "pass") site.clock.advance(move.ms);
            if (move.kind === "jump") site.clock.wallMs = Math.max(0, site.clock.wallMs + move.ms);
            if (move.kind === "reopen") site = reopen(site);
            site.engine.nowMs();
          }
          if (site.engine.clockSkew() !== null) await site.engine.anchor({ by: alice, reason });
          const untilMs = site.engine.nowMs() + forMs;
          await note(site);

          // From here on the clock is right. One process looks at it or, each time, another.
          for (const ms of pauses) {
            site.clock.advance(ms);
            site = reopen(site);
          }
          site.clock.advance(Math.max(0, forMs + clockSkewMaxMs - pauses.reduce((sum, ms) => sum + ms, 0)));
          site = reopen(site);

          expect(await codeOf(site, startUntil(site, "run_1", untilMs))).toBe("E_APPROVAL_EXPIRED");
        },
      ),
      { numRuns: 100 },
    );
  });
});

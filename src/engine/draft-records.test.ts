import { describe, expect, it } from "vitest";
import { alice } from "../core/run/fixtures/driver.fixture.ts";
import { testDigest } from "../core/run/fixtures/plan.fixture.ts";
import type { Reply } from "../core/run/words/input.ts";
import type { RunState } from "../core/run/words/state.ts";
import { deferred, startOn, testSite, until } from "./engine.fixture.ts";

const applied = (level: number): Reply => ({ kind: "applied", output: { level }, outputBytes: 1, outcome: null });

const outcomeOf = (run: RunState | null): string | null => (run?.phase.kind === "ended" ? run.phase.outcome : null);

describe("what cannot be recorded", () => {
  const half = "\ud800";
  const stop = { kind: "stop", runId: "run_1", atMs: 1_000, by: alice, reason: "" } as const;

  it.each([
    ["a person's reason", { ...stop, reason: half }],
    ["a person's name", { ...stop, by: { ...alice, id: half } }],
    ["a scope", { kind: "freeze", runId: null, scope: half, atMs: 1_000, by: alice, reason: "" }],
  ] as const)("(%s) is refused, changes nothing, and every run goes on", async (_, input) => {
    const site = testSite();
    const reply = deferred<Reply>();
    site.onCall = (request) => (request.access === "write" ? reply.promise : null);
    await site.engine.submit(startOn(site, "run_1", [{ id: "a" }]));
    await until(() => site.writes.length > 0);
    const before = site.engine.site;

    expect(await site.engine.submit(input)).toMatchObject({ ok: false, error: { code: "E_UNSTORABLE" } });
    expect(site.engine.site).toBe(before);
    site.levels.set("a", 1);
    reply.resolve(applied(1));

    expect(outcomeOf(await site.engine.whenIdle("run_1"))).toBe("succeeded");
    expect([site.engine.halted, site.engine.brokenBy("run_1")]).toEqual([null, null]);
  });

  it("is refused too where it needs no decision", async () => {
    const site = testSite();
    const before = site.engine.site;

    const rejected = { kind: "approval_rejected", runId: null, planHash: testDigest("p"), by: alice } as const;
    const recorded = [
      await site.engine.record([{ ...rejected, reason: half }], []),
      await site.engine.record([{ ...rejected, reason: "" }], [{ digest: testDigest("d"), value: { a: half } }]),
    ];

    expect(recorded).toMatchObject(recorded.map(() => ({ ok: false, error: { code: "E_UNSTORABLE" } })));
    expect(site.engine.site).toBe(before);
    expect(site.engine.halted).toBeNull();
  });

  it("costs a connector that answers with it the outcome of its call, and nobody else anything", async () => {
    const site = testSite();
    // The types forbid such a reply; JavaScript does not.
    const odd = { ...applied(1), output: { etag: undefined } } as unknown as Reply;
    site.onCall = ({ access }, box) => (access === "write" && box === "a" ? odd : null);
    await site.engine.submit(startOn(site, "run_1", [{ id: "a", idempotency: "none" }]));
    await site.engine.submit(startOn(site, "run_2", [{ id: "b" }]));

    expect(outcomeOf(await site.engine.whenIdle("run_2"))).toBe("succeeded");
    expect([site.engine.halted, site.engine.brokenBy("run_1")]).toEqual([null, null]);
    expect(site.engine.run("run_1")?.doubtCount).toBe(1);
  });
});

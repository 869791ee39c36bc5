import { describe, expect, it, vi } from "vitest";
import { alice } from "../core/run/fixtures/driver.fixture.ts";
import type { Reply } from "../core/run/words/input.ts";
import { deferred, settled, startOn, type TestSite, testSite, until } from "./engine.fixture.ts";

// What is ours and fails: nobody waits for it, so nothing else would take its error.

const ofSite = { runId: null, scope: "*", atMs: 1_000, by: alice, reason: "test" } as const;

/** A run that a freeze holds, and that fails when the freeze is lifted and the run is woken. */
async function withFailingTick(onTick: (site: TestSite) => void): Promise<TestSite> {
  const site = testSite();
  const reading = deferred<Reply>();
  site.onCall = (request) => (request.access === "read" ? reading.promise : null);
  await site.engine.submit(startOn(site, "run_1", [{ id: "a" }]));
  await until(() => site.readCount === 1);
  await site.engine.submit({ kind: "freeze", ...ofSite });
  reading.resolve({ kind: "applied", output: { level: 0 }, outputBytes: 1, outcome: null });
  await until(() => site.store.kinds("run_1").includes("step_held"));
  site.onCall = null;
  const submit = site.engine.submit.bind(site.engine);
  vi.spyOn(site.engine, "submit").mockImplementation((input) => {
    if (input.kind !== "tick") return submit(input);
    onTick(site);
    return Promise.reject(new TypeError("something of ours"));
  });
  await site.engine.submit({ kind: "unfreeze", ...ofSite });
  return site;
}

describe("a timer that fails", () => {
  it("gives up its run alone, and lets nobody wait for ever", async () => {
    const site = await withFailingTick(() => undefined);

    await site.engine.whenIdle("run_1");

    expect(site.engine.brokenBy("run_1")?.code).toBe("E_INTERNAL");
    expect(site.store.kinds("run_1")).toContain("input_refused");
    await site.engine.submit(startOn(site, "run_2", [{ id: "b" }]));
    expect((await site.engine.whenIdle("run_2")).phase).toMatchObject({ kind: "ended", outcome: "succeeded" });
    expect([site.engine.halted, site.writes]).toEqual([null, ["b"]]);
  });

  it("halts the engine if its run cannot be given up either, and nothing is sent any more", async () => {
    const site = await withFailingTick(({ clock }) => {
      clock.nowMs = () => {
        throw new TypeError("the clock is gone");
      };
    });

    await until(() => site.engine.halted !== null);
    await settled();

    expect(site.engine.halted).toMatchObject({ code: "E_ENGINE_HALTED", message: "the engine failed (TypeError)" });
    expect(site.writes).toEqual([]);
  });
});

// A door that is closed while something is under way: nothing of it writes to a target or to the log afterwards.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { connectors } from "../../src/connectors/index.ts";
import { ok } from "../../src/core/value/result.ts";
import type { Answer, Connector, ConnectorRequest, Interlock } from "../../src/interlock.ts";
import { approvedPlan, codeOf, doorSite, noPassphrase, planRequest, valueOf } from "./door-site.fixture.ts";
import { goodArguments, type MethodName } from "./good-arguments.fixture.ts";

/** The file connector, with something done before each of its calls. */
function watchedFile(before: (request: ConnectorRequest) => Promise<void> | void): ReadonlyMap<string, Connector> {
  const file = connectors.get("file");
  if (file === undefined) throw new Error("there is a file connector");
  const perform: Connector["perform"] = async (request) => {
    await before(request);
    return file.perform(request);
  };
  return new Map([["file", { ...file, checkSettings: file.checkSettings.bind(file), perform }]]);
}

/** How many records the log has, seen by a door of its own. */
async function logLength(open: () => Promise<Interlock>): Promise<number> {
  const site = await open();
  const verified = await site.verify({ archive: null });
  await site.close();
  return verified.ok ? verified.value.length : 0;
}

/** Whether a promise has settled by now. */
async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), turn(false)]);
}

describe("a call under way when the door is closed", () => {
  it("has its answer once the door is closed, whatever the method", async () => {
    const { folder, open } = await doorSite();
    const first = await open();
    await approvedPlan(first, folder);
    await first.close();
    const names = Object.keys(goodArguments(folder)) as readonly MethodName[];

    const wrong: string[] = [];
    for (const name of names)
      for (const turnCount of [0, 3]) {
        const site = await open();
        const method = site[name] as (...given: readonly unknown[]) => Answer<unknown>;
        const answer = method(...goodArguments(folder)[name]);
        for (let left = turnCount; left > 0; left -= 1) await turn();
        await site.close();
        if (!(await hasSettled(answer))) wrong.push(`${name} after ${turnCount} turns is still under way`);
        if ((await codeOf(() => answer)) === "E_INTERNAL") wrong.push(`${name} after ${turnCount} turns: E_INTERNAL`);
        if (name !== "close" && (await codeOf(() => method(...goodArguments(folder)[name]))) !== "E_CLOSED")
          wrong.push(`${name} works on a closed door`);
      }

    expect(wrong).toEqual([]);
  }, 120_000);

  it("writes to no target and to no log afterwards, at whatever moment it was met", async () => {
    const { folder, open } = await doorSite();
    const late: string[] = [];
    for (const turnCount of [0, 1, 2, 4, 8, 16, 32, 64]) {
      const person = await open();
      const plan = await approvedPlan(person, folder);
      await person.close();
      let isClosed = false;
      const site = await open({
        connectors: watchedFile(({ operation }) => {
          if (isClosed) late.push(`${operation} ${turnCount} turns after apply`);
        }),
      });

      const applying = site.apply({ plan });
      for (let left = turnCount; left > 0; left -= 1) await turn();
      await site.close();
      isClosed = true;
      const length = await logLength(open);
      await sleep(100);

      expect(await hasSettled(applying)).toBe(true);
      if ((await logLength(open)) !== length) late.push(`a record, ${turnCount} turns after apply`);
      const given = await applying;
      if (given.ok) expect(await given.value.atRest()).toMatchObject({ ok: true });
    }

    expect(late).toEqual([]);
  }, 120_000);

  it("starts no run where it has only read what the run would need", async () => {
    const { folder, open } = await doorSite();
    const person = await open();
    const plan = await approvedPlan(person, folder);
    await person.close();
    const operations: string[] = [];
    let closing: Answer<unknown> | null = null;
    const site: Interlock = await open({
      connectors: watchedFile(async ({ operation }) => {
        operations.push(operation);
        closing ??= site.close();
        await turn();
      }),
    });

    const given = await codeOf(() => site.apply({ plan }));
    await closing;

    expect(given).toBe("E_CLOSED");
    expect(new Set(operations)).toEqual(new Set(["read"]));
    expect(readFileSync(join(folder, "conf/app.json"), "utf8")).toContain('"info"');
  });

  it("is not waited for while its caller reviews, and records nothing when that answers", async () => {
    const { folder, open } = await doorSite();
    const site = await open();
    await valueOf(site.trust());
    await valueOf(site.plan(planRequest(folder)));
    const signer = await valueOf(site.signer(noPassphrase));
    const request = { plan: "last", typedTargets: [], validForMs: null };

    const given = await codeOf(() =>
      site.approve(request, {
        review: async () => {
          await site.close();
          return ok({ signer, typedTargets: ["config.log_level config/app", "config.workers config/app"] });
        },
      }),
    );

    expect(given).toBe("E_CLOSED");
    const again = await open();
    expect(await codeOf(() => again.apply({ plan: "last" }))).toBe("E_APPROVAL_MISSING");
  });

  it("that waits for an alert lets go of it", async () => {
    const { folder, open } = await doorSite();
    const site = await open();
    await approvedPlan(site, folder);
    const signer = await valueOf(site.signer(noPassphrase));
    const never = new AbortController().signal;
    const waiting = Promise.withResolvers<void>();
    const situation = new Uint8Array(readFileSync("examples/situations/fast-or-safe.yaml"));

    const responding = site.respond(
      {
        alert: { kind: "webhook", port: 0, tokenFile: null },
        situation,
        proposal: null,
        proposer: null,
        observeOnly: true,
      },
      {
        by: signer,
        tell: ({ kind }) => kind === "waiting_for_alert" && waiting.resolve(),
        callOff: never,
        detach: never,
      },
    );
    await Promise.race([waiting.promise, responding]);
    await site.close();

    expect(await responding).toMatchObject({ value: { kind: "detached" } });
  });
});

describe("a run of a door that is closed", () => {
  it("is let go of, says so, and takes no more words", async () => {
    const { folder, open } = await doorSite();
    const person = await open();
    const plan = await approvedPlan(person, folder);
    await person.close();
    const sent = Promise.withResolvers<void>();
    const order: string[] = [];
    const site = await open({
      connectors: watchedFile(async ({ operation, signal }) => {
        if (operation !== "edit") return;
        sent.resolve();
        // It heeds the signal, and needs a moment for it.
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        await sleep(50);
        order.push("the call is over");
      }),
    });
    const run = await valueOf(site.apply({ plan }));
    await sent.promise;

    const closed = await site.close();
    order.push("the door is closed");

    expect(closed).toEqual({ ok: true, value: undefined });
    expect(order).toEqual(["the call is over", "the door is closed"]);
    expect(await run.atRest()).toEqual({ ok: true, value: { kind: "detached", runId: run.runId } });
    expect(await codeOf(() => run.stop("x"))).toBe("E_CLOSED");
    expect(await codeOf(() => run.rollBack("x"))).toBe("E_CLOSED");
    const kinds: string[] = [];
    for await (const { event } of run.events()) kinds.push(event.kind);
    expect(kinds).toEqual([]);
  });

  it("takes what it is handed like every method", async () => {
    const { folder, open } = await doorSite();
    const site = await open();
    const run = await valueOf(site.apply({ plan: await approvedPlan(site, folder) }));
    await valueOf(run.atRest());

    for (const reason of [{ a: 1 }, null, "\ud800", "x".repeat(5_000)])
      expect(await run.stop(reason as string)).toMatchObject({ error: [{ code: "E_USAGE" }] });
    for (const from of [null, 5, { fromSeq: Number.NaN }, { fromSeq: "1" }, { fromSeq: -1 }]) {
      const kinds: string[] = [];
      for await (const { event } of run.events(from as { readonly fromSeq?: number })) kinds.push(event.kind);
      expect(kinds.at(0)).toBe("run_started");
    }
  });
});

describe("closing", () => {
  it("with options that are none closes nothing, and can be done again", async () => {
    const { open } = await doorSite();
    const site = await open();

    for (const options of [null, 5, { leave: 5 }, { onStay: "x" }, { stay: true }])
      expect(await codeOf(() => site.close(options as Parameters<Interlock["close"]>[0]))).toBe("E_USAGE");
    expect(await codeOf(() => site.trust())).toBe("ok");
    expect(await Promise.all([site.close(), site.close()])).toMatchObject([{ ok: true }, { ok: true }]);
    expect(await codeOf(() => site.trust())).toBe("E_CLOSED");
  });
});

describe("calls side by side, of two doors", () => {
  it("all have an answer of their own, also when the owner of the store leaves it", async () => {
    const { open } = await doorSite();
    const answers: string[] = [];

    for (let round = 0; round < 15; round += 1) {
      const [one, two] = await Promise.all([open(), open()]);
      const words = [one, two, one, two, one, two].map((site, index) =>
        codeOf(() => site.operate({ do: "freeze", scope: "config/app", reason: `${round}.${index}` })),
      );
      answers.push(...(await Promise.all(words)));
      await Promise.all([one.close(), two.close()]);
    }

    // A scope is frozen once; every other word about it has its answer too.
    expect(answers.filter((code) => code !== "ok" && code !== "E_INPUT_UNEXPECTED")).toEqual([]);
  }, 60_000);
});

// The door as a user of the library meets it: the whole way in one script, and everything that can be done wrong with
// it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { problem } from "../../src/core/value/codes.ts";
import { fail, ok } from "../../src/core/value/result.ts";
import { type Answer, type Connector, type Interlock, openInterlock, type Signer } from "../../src/interlock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interlock-door-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function value<T>(answer: Answer<T>): Promise<T> {
  const given = await answer;
  if (!given.ok) throw new Error(JSON.stringify(given.error));
  return given.value;
}

/** Opens a site in the folder. Its one key is unattended and called `rita`. */
async function openSite(ports: Parameters<typeof openInterlock>[1] = {}): Promise<Interlock> {
  const outside = await value(openInterlock({ config: null, store: join(folder, ".interlock") }));
  await value(outside.init({ folder, pack: "config-file" }));
  const address = { config: join(folder, "interlock.yaml"), identities: join(folder, "keys") };
  const plain = await value(openInterlock(address));
  await value(plain.createIdentity({ name: "rita", person: "rita", choosePassphrase: null }));
  await plain.close();
  return value(openInterlock(address, ports));
}

const noPassphrase = { as: null, askPassphrase: async () => ok(null), onMistyped: () => undefined };

function proposal() {
  const bytes = readFileSync(join(folder, "pack/proposals/log-more.json"));
  return {
    proposal: bytes,
    proposer: { kind: "file", id: "log-more", onBehalfOf: "paul" },
    goal: "",
    inputs: [],
  } as const;
}

async function approvedPlan(site: Interlock): Promise<string> {
  await value(site.trust());
  const compiled = await value(site.plan(proposal()));
  if (compiled.kind === "nothing_to_do") throw new Error("there is something to do");
  const signer = await value(site.signer(noPassphrase));
  await value(
    site.approve(
      { plan: "last", typedTargets: ["config.log_level config/app", "config.workers config/app"], validForMs: null },
      signer,
    ),
  );
  return compiled.planHash;
}

function codeOf(given: Awaited<Answer<unknown>>): string {
  return given.ok ? "ok" : (given.error[0]?.code ?? "no problem");
}

describe("a script of thirty lines", () => {
  const path = fileURLToPath(new URL("walk.fixture.ts", import.meta.url));

  it("walks the whole way with a key of its own", () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [path, folder], { encoding: "utf8" });

    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(stdout.trim().split("\n").slice(-3)).toEqual(["run_ended", "succeeded", "true"]);
    expect(readFileSync(path, "utf8").trim().split("\n").length).toBeLessThanOrEqual(31);
  });
});

describe("an argument of a method", () => {
  const wrong: readonly unknown[] = [undefined, null, 7, "text", [], {}, { plan: 7 }, { surprise: true }];

  it("that the method does not take is refused with a code and a place, and changes nothing", async () => {
    const site = await openSite();
    const before = readFileSync(join(folder, "conf/app.json"), "utf8");
    const methods = Object.entries(site).filter(([name]) => name !== "close");

    const answers: string[] = [];
    for (const [name, method] of methods) {
      // Methods without a parameter just do their work. The others must refuse each of these.
      if ((method as { length: number }).length === 0) continue;
      for (const argument of wrong) {
        const given = await (method as (...args: unknown[]) => Answer<unknown>)(argument, argument);
        answers.push(`${name} ${JSON.stringify(argument)} ${codeOf(given)}`);
      }
    }

    expect(answers.filter((answer) => !/ E_(USAGE|INPUT_MISSING)$/.test(answer))).toEqual([]);
    expect(readFileSync(join(folder, "conf/app.json"), "utf8")).toBe(before);
    await site.close();
  });

  it("with one wrong field names that field", async () => {
    const site = await openSite();

    const given = await site.plan({ ...proposal(), proposal: "text" as unknown as Uint8Array });

    expect(given).toMatchObject({ ok: false, error: [{ code: "E_USAGE", pointer: "/proposal" }] });
    await site.close();
  });
});

describe("a closed site", () => {
  it("refuses every method, may be closed again, and can be opened anew", async () => {
    const site = await openSite();
    await site.close();
    await site.close();

    expect(codeOf(await site.trust())).toBe("E_CLOSED");
    expect(codeOf(await site.apply({ plan: "last" }))).toBe("E_CLOSED");
    const again = await value(openInterlock({ config: join(folder, "interlock.yaml") }));
    expect(codeOf(await again.trust())).toBe("ok");
    await again.close();
  });
});

describe("an address", () => {
  it("that leads nowhere is refused when it is opened", async () => {
    expect(codeOf(await openInterlock({ config: join(folder, "none.yaml") }))).toBe("E_INPUT_MISSING");
    expect(codeOf(await openInterlock(undefined as unknown as { config: null }))).toBe("E_USAGE");
    expect(codeOf(await openInterlock({ config: 7 as unknown as null }))).toBe("E_USAGE");
  });
});

describe("two owners of one store", () => {
  it("are one: the second hands its input to the first, in this process or in another", async () => {
    const first = await openSite();
    const plan = await approvedPlan(first);
    const second = await value(
      openInterlock({ config: join(folder, "interlock.yaml"), identities: join(folder, "keys") }),
    );

    const run = await value(first.apply({ plan }));
    const trusted = await second.trust();
    const rest = await value(run.atRest());

    expect(codeOf(trusted)).toBe("ok");
    expect(rest).toMatchObject({ kind: "at_rest" });
    // A plan runs once: the second use of its approval is refused.
    expect(codeOf(await second.apply({ plan }))).not.toBe("ok");
    await Promise.all([first.close(), second.close()]);
  });
});

describe("a port", () => {
  it("that throws forbids, and its error goes to those who listen for defects", async () => {
    const defects: unknown[] = [];
    const site = await openSite({
      authorizer: {
        authorize: () => {
          throw new TypeError("broken policy with s3cret in it");
        },
      },
      onDefect: (error) => defects.push(error),
    });

    const given = await site.trust();

    expect(codeOf(given)).toBe("E_NOT_PERMITTED");
    expect(JSON.stringify(given)).not.toContain("s3cret");
    expect(defects).toHaveLength(1);
    await site.close();
  });

  it("that forbids is obeyed, and the refusal stands in the log", async () => {
    const site = await openSite({
      authorizer: {
        authorize: () => ({ kind: "forbid", policies: null, problem: problem("E_NOT_PERMITTED", "", "not today") }),
      },
    });

    expect(codeOf(await site.trust())).toBe("E_NOT_PERMITTED");
    const [records] = [readFileSync(join(folder, ".interlock/log.sqlite"), "latin1")];
    expect(records).toContain("not today");
    await site.close();
  });

  it("that throws where nobody expects it becomes a problem, and the run is no worse for it", async () => {
    const defects: unknown[] = [];
    const site = await openSite({
      resolveSecret: () => Promise.reject(new Error("no")),
      clock: {
        nowMs: () => {
          throw new RangeError("no clock");
        },
        monotonicMs: () => 0,
        sleep: async () => undefined,
      },
      onDefect: (error) => defects.push(error),
    });

    expect(codeOf(await site.trust())).toBe("E_PORT_ANSWER");
    expect(defects).toHaveLength(1);
    await site.close();
  });

  it("that signs nothing leaves the plan unapproved", async () => {
    const site = await openSite();
    await value(site.trust());
    await value(site.plan(proposal()));
    const [key] = await value(site.identities());
    if (key === undefined) throw new Error("there is a key");
    const declining: Signer = { ...key, sign: async () => fail(problem("E_INTERRUPTED", "", "no")) };
    const forging: Signer = { ...key, sign: async () => ok(new Uint8Array(64)) };
    const request = {
      plan: "last",
      typedTargets: ["config.log_level config/app", "config.workers config/app"],
      validForMs: null,
    };

    expect(codeOf(await site.approve(request, declining))).toBe("E_INTERRUPTED");
    expect(codeOf(await site.approve(request, forging))).toBe("E_APPROVAL_SIGNATURE");
    expect(codeOf(await site.apply({ plan: "last" }))).toBe("E_APPROVAL_MISSING");
    await site.close();
  });

  it("of one's own reaches the world in place of the built-in one", async () => {
    const asked: string[] = [];
    const file = (await import("../../src/connectors/index.ts")).connectors.get("file");
    if (file === undefined) throw new Error("there is a file connector");
    const watched: Connector = {
      ...file,
      checkSettings: (settings, pointer) => file.checkSettings(settings, pointer),
      perform: (request) => {
        asked.push(request.operation);
        return file.perform(request);
      },
    };
    const site = await openSite({ connectors: new Map([["file", watched]]) });
    const run = await value(site.apply({ plan: await approvedPlan(site) }));

    expect(await value(run.atRest())).toMatchObject({ view: { outcome: "succeeded" } });
    expect(new Set(asked)).toEqual(new Set(["read", "edit"]));
    await site.close();
  });
});

describe("a notifier", () => {
  it("is told how a run rests, and one that fails changes nothing but stands in the log", async () => {
    const told: string[] = [];
    const site = await openSite({
      notifiers: [
        {
          name: "pager",
          notify: async ({ kind, summary }) => {
            told.push(`${kind} ${summary}`);
            return ok(undefined);
          },
        },
        { name: "broken", notify: () => Promise.reject(new Error("no line")) },
      ],
    });
    const run = await value(site.apply({ plan: await approvedPlan(site) }));

    expect(await value(run.atRest())).toMatchObject({ view: { outcome: "succeeded" } });
    await site.close();
    expect(told).toEqual([expect.stringMatching(/^run_ended run_\w+ ended succeeded/)]);
    // SQLite stores text as it is, in its file or beside it.
    const stored = ["log.sqlite", "log.sqlite-wal"].map((name) => join(folder, ".interlock", name)).filter(existsSync);
    expect(stored.some((path) => readFileSync(path, "latin1").includes("E_NOTIFICATION_FAILED"))).toBe(true);
  });
});

describe("a run", () => {
  it("can be followed any number of times, each time from its first event to its rest", async () => {
    const site = await openSite();
    const run = await value(site.apply({ plan: await approvedPlan(site) }));
    const follow = async (): Promise<readonly string[]> => {
      const kinds: string[] = [];
      for await (const { event } of run.events()) kinds.push(event.kind);
      return kinds;
    };

    const [first, second] = await Promise.all([follow(), follow()]);
    const late = await follow();

    expect(first.at(0)).toBe("run_started");
    expect(first.at(-1)).toBe("run_ended");
    expect([second, late]).toEqual([first, first]);
    await site.close();
  });

  it("whose store is damaged is told as a problem, and nothing more is written", async () => {
    const site = await openSite();
    const plan = await approvedPlan(site);
    await site.close();
    writeFileSync(join(folder, ".interlock/log.sqlite"), "no database at all");
    const again = await value(
      openInterlock({ config: join(folder, "interlock.yaml"), identities: join(folder, "keys") }),
    );

    const given = await again.apply({ plan });

    expect(codeOf(given)).toMatch(/^E_STORE_/);
    expect(readFileSync(join(folder, "conf/app.json"), "utf8")).toContain('"info"');
    await again.close();
  });
});

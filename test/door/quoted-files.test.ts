// A refusal repeats nothing of a file that somebody named by mistake, or to have it read out (I9).
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Answer, AuthorizationRequest } from "../../src/interlock.ts";
import { approvedPlan, doorSite, noPassphrase, planRequest, valueOf } from "./door-site.fixture.ts";

/** Files that are no document of ours, each with the word that nobody may repeat. */
const contents: readonly (readonly [string, string])[] = [
  ["hunter2SecretToken\n", "hunter2"],
  ['"hunter2SecretToken"', "hunter2"],
  ["90071992547409939007199254740993", "9007199254740"],
  ["user:hunter2SecretToken:0\n", "hunter2"],
  ["{ hunter2SecretToken", "hunter2"],
  ["- a: b\n  hunter2SecretToken: [\n", "hunter2"],
  ["&hunter2SecretToken a\n*hunter2SecretTokens", "hunter2"],
  ["!hunter2SecretToken [1", "hunter2"],
  ["-----BEGIN hunter2SecretToken-----\n", "hunter2"],
  ["[hunter2SecretToken] x: y]]", "hunter2"],
];

describe("a file that is no document of ours", () => {
  it("is not repeated by any refusal, and the log keeps nothing of it", async () => {
    const { folder, open } = await doorSite();
    const site = await open();
    await approvedPlan(site, folder);
    const signer = await valueOf(site.signer(noPassphrase));
    const file = join(folder, "token");
    const read = async () => ({ ok: true, value: new Uint8Array(readFileSync(file)) }) as const;
    const inline = () => new Uint8Array(readFileSync(file));
    const calls: Readonly<Record<string, () => Answer<unknown>>> = {
      show: () => site.show({ plan: file }),
      diff: () => site.diff({ before: file, after: "last" }),
      runs: () => site.runs({ state: null, plan: file, prefix: null, beforeSeq: null, limit: 1 }),
      apply: () => site.apply({ plan: file }),
      approve: () => site.approve({ plan: file, typedTargets: [], validForMs: null }, signer),
      reject: () => site.reject({ plan: file, reason: "no" }),
      plan: () => site.plan({ ...planRequest(folder), proposal: read }),
      check: () => site.check({ kind: "proposal", bytes: inline(), pack: null, goal: "", inputs: [] }),
      checkSituation: () => site.check({ kind: "situation", bytes: inline() }),
      importIdentity: () => site.importIdentity({ name: "k", person: "p", publicKey: read, attended: true }),
      restore: () =>
        site.restore({ archives: [file], runs: [], folder: null, reason: "r", onRestored: () => undefined }),
      respond: () =>
        site.respond(
          { alert: { kind: "bytes", bytes: read }, situation: read, proposal: read, proposer: null, observeOnly: true },
          { by: signer, tell: () => undefined, callOff: AbortSignal.timeout(5000), detach: AbortSignal.timeout(5000) },
        ),
    };

    const repeated: string[] = [];
    for (const [content, word] of contents) {
      writeFileSync(file, content);
      for (const [name, call] of Object.entries(calls)) {
        const given = await call();
        if (given.ok || JSON.stringify(given).includes(word)) repeated.push(`${name}: ${JSON.stringify(given)}`);
      }
    }
    const lines: string[] = [];
    await valueOf(site.exportLog({ write: (line) => void lines.push(line) }));

    expect(repeated).toEqual([]);
    expect(lines.filter((line) => /hunter2|9007199254740/.test(line))).toEqual([]);
    expect(lines.filter((line) => line.includes("input_refused")).length).toBeGreaterThan(20);
  }, 60_000);

  it("is opened only for those who may do what they ask for", async () => {
    const { folder, open } = await doorSite();
    const person = await open();
    await approvedPlan(person, folder);
    const asked: string[] = [];
    const authorizer = {
      authorize: ({ capability, resource }: AuthorizationRequest) => {
        asked.push(`${capability} ${resource}`);
        return { kind: "permit", policies: null, reason: "" } as const;
      },
    };
    const site = await open({ authorizer });
    const agent = await open({}, { kind: "agent", id: "bot", keyId: null });
    const file = join(folder, "token");
    writeFileSync(file, "hunter2SecretToken");

    await site.apply({ plan: file });

    // The file's name is what permission was asked for: what is in it had not been looked at.
    expect(asked.at(0)).toBe(`apply ${file}`);
    expect(await agent.apply({ plan: file })).toMatchObject({ error: [{ code: "E_NOT_PERMITTED" }] });
    expect(await agent.reject({ plan: file, reason: "" })).toMatchObject({ error: [{ code: "E_NOT_PERMITTED" }] });
  });

  it("that is a folder, a link, a device or no path at all is refused with a code", async () => {
    const { folder, open } = await doorSite();
    const site = await open();
    await approvedPlan(site, folder);
    symlinkSync(join(folder, "interlock.yaml"), join(folder, "link"));
    const codes: string[] = [];

    for (const plan of ["/tmp", "/dev/zero", "/proc/self/environ", "/proc/self/mem", join(folder, "link"), "a\0b"]) {
      const given = await site.show({ plan });
      codes.push(given.ok ? "ok" : (given.error[0]?.code ?? ""));
    }

    expect(codes).toEqual([
      "E_PLAN_UNKNOWN",
      "E_PLAN_UNKNOWN",
      expect.stringMatching(/^E_(JSON_INVALID|JSON_SIZE|PLAN_UNKNOWN|JSON_UNICODE)$/),
      "E_PLAN_UNKNOWN",
      "E_FILE_CHANGED",
      "E_USAGE",
    ]);
  });
});

describe("a run", () => {
  it("is found by six characters of its id or by all of it, and never by nothing", async () => {
    const { folder, open } = await doorSite();
    const site = await open();
    const run = await valueOf(site.apply({ plan: await approvedPlan(site, folder) }));
    await valueOf(run.atRest());
    const ways = (name: string): readonly (() => Answer<unknown>)[] => [
      () => site.explain({ run: name }),
      () => site.watch({ run: name }),
      () => site.replay({ run: name, at: null }),
      () => site.resume({ run: name }),
      () => site.operate({ do: "kill", run: name, reason: "", follow: false }),
      () => site.restore({ archives: [], runs: [name], folder, reason: "r", onRestored: () => undefined }),
      () =>
        site.archive({
          olderThanMs: null,
          runs: [name],
          folder: join(folder, "archive"),
          destroy: false,
          reason: null,
          isDryRun: true,
          onProgress: () => undefined,
        }),
    ];

    for (const name of ["", "run_", run.runId.slice(0, 9), run.runId.slice(4, 9)])
      for (const way of ways(name)) expect(await way()).toMatchObject({ error: [{ code: "E_RUN_UNKNOWN" }] });
    for (const name of [run.runId, run.runId.slice(0, 10), run.runId.slice(4, 10), "last"])
      expect((await site.explain({ run: name })).ok).toBe(true);
  });
});

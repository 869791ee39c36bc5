// What each method of the door tells an agent, behind any face.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Problem, problem } from "../src/core/value/codes.ts";
import { digest } from "../src/core/value/digest.ts";
import type { Result } from "../src/core/value/result.ts";
import { type Authorizer, type Interlock, openInterlock, type Signer } from "../src/interlock.ts";
import { createE2eSite, type E2eSite, planAndApprove, setLevel, wireProposal } from "./e2e/e2e-site.fixture.ts";

/** Without `close`. The compiler asks for a call of every method, also of those that are added later. */
type Method = Exclude<keyof Interlock, "close">;
type Call = (door: Interlock, scratch: string) => Promise<Result<unknown, readonly Problem[]>>;

/** A key that must never be asked for a signature. */
const untouched: Signer = {
  person: "alice",
  keyId: digest("interlock.key/1", {}),
  attended: false,
  sign: () => Promise.reject(new Error("a key was asked to sign for an agent")),
};
const nobody = { by: untouched, onEvent: () => undefined, onStart: () => undefined };
const asker = {
  by: untouched,
  tell: () => undefined,
  callOff: new AbortController().signal,
  detach: new AbortController().signal,
};
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const louder = bytesOf(wireProposal([setLevel("louder", "error")]));
const silent = {
  text: () => Promise.resolve(null),
  choose: () => Promise.resolve(null),
  tell: () => undefined,
};
const ofRun = { run: "last", reason: "", follow: true } as const;
const archiveAll = {
  olderThanMs: 0,
  runs: [],
  folder: "archive",
  destroy: false,
  reason: "because",
  isDryRun: false,
  onProgress: () => undefined,
};
const upgrade = { backup: null, withoutBackup: false, isDryRun: false, onProgress: () => undefined };
const respond = {
  alert: { kind: "bytes", bytes: bytesOf("{}") },
  situation: null,
  proposal: null,
  proposer: null,
} as const;

/** Methods that have an effect. They refuse an agent no matter what else is right or wrong about its request. */
const closed = {
  init: [(door, scratch) => door.init({ folder: join(scratch, "begun"), pack: "config-file" })],
  createIdentity: [(door) => door.createIdentity({ name: "helper", person: "helper", choosePassphrase: null })],
  importIdentity: [
    (door) => door.importIdentity({ name: "helper", person: "helper", publicKey: new Uint8Array(), attended: false }),
  ],
  trust: [(door) => door.trust()],
  withdrawTrust: [(door) => door.withdrawTrust({ digest: "0".repeat(12), reason: "" })],
  testAction: [(door) => door.testAction({ action: "config.workers", args: [], typedTargets: [] }, nobody)],
  approve: [(door) => door.approve({ plan: "last", typedTargets: [], validForMs: null }, untouched)],
  signer: [
    (door) =>
      door.signer({ as: null, askPassphrase: () => Promise.reject(new Error("asked")), onMistyped: () => undefined }),
  ],
  reject: [(door) => door.reject({ plan: "last", reason: "" })],
  grant: [
    (door) =>
      door.grant(
        {
          actions: ["config.workers"],
          targets: ["config/app"],
          writeCountMax: 1,
          costUsdMax: 0,
          durationMsMax: 1_000,
          irreversible: false,
          validForMs: null,
        },
        untouched,
      ),
  ],
  apply: [(door) => door.apply({ plan: "last" })],
  respond: [(door) => door.respond({ ...respond, observeOnly: false }, asker)],
  observe: [(door) => door.observe({ incident: "inc_1", step: "locks", outcome: "clean" })],
  resume: [(door) => door.resume({ run: null }), (door) => door.resume({ run: "last" })],
  operate: [
    ...(["stop", "kill", "rollback", "close"] as const).map(
      (word): Call =>
        (door) =>
          door.operate({ ...ofRun, do: word }),
    ),
    (door) => door.operate({ ...ofRun, do: "resolve", step: "a", as: "applied" }),
    (door) => door.operate({ ...ofRun, do: "answer", step: "a", as: "approved" }),
    (door) => door.operate({ do: "freeze", scope: "*", reason: "" }),
    (door) => door.operate({ do: "unfreeze", scope: "*", reason: "" }),
  ],
  acknowledge: [(door) => door.acknowledge({ subject: "run_000000", reason: "" })],
  notify: [(door) => door.notify({ stay: false, signal: asker.callOff })],
  archive: [(door) => door.archive(archiveAll), (door) => door.archive({ ...archiveAll, folder: null, destroy: true })],
  restore: [
    (door) => door.restore({ archives: ["a"], runs: [], folder: null, reason: "", onRestored: () => undefined }),
  ],
  backUp: [(door, scratch) => door.backUp({ folder: join(scratch, "backup") })],
  drill: [(door, scratch) => door.drill({ folder: scratch })],
  upgrade: [(door) => door.upgrade(upgrade)],
} satisfies Partial<Record<Method, readonly Call[]>>;

/** Methods that propose and read. */
const open = {
  packs: [(door) => door.packs()],
  identities: [(door) => door.identities()],
  trusts: [(door) => door.trusts()],
  examine: [(door) => door.examine({ nodeVersion: process.versions.node })],
  settings: [(door) => door.settings()],
  check: [(door) => door.check({ kind: "proposal", bytes: louder, pack: null, goal: "", inputs: [] })],
  actions: [(door) => door.actions()],
  propose: [
    (door) =>
      door.propose({ intent: "", goal: "config.app.workers == 8", inputs: [], with: null, signal: asker.callOff }),
  ],
  plan: [
    (door) => {
      const proposer = { kind: "model", id: "helper", onBehalfOf: "olivia" } as const;
      return door.plan({ proposal: louder, proposer, goal: "", inputs: [] });
    },
  ],
  show: [(door) => door.show({ plan: "last" })],
  dryRun: [(door) => door.dryRun({ plan: "last" })],
  diff: [(door) => door.diff({ before: "last", after: "last" })],
  decide: [
    (door) =>
      door.decide({
        situation: louder,
        mustBeCard: false,
        observations: [],
        judges: [],
        heard: [],
        as: null,
        isExplained: false,
        flipSolves: 0,
      }),
  ],
  calibrate: [
    (door) => {
      const learning = { opinionWeight: 10, cellCountMin: 5, mass: 0.9 };
      return door.calibrate({ situation: louder, incidents: [], asUnknown: [], isStrict: false, learning });
    },
  ],
  calibrateJudge: [(door) => door.calibrateJudge({ situation: louder, judge: louder, graded: [] })],
  elicit: [(door) => door.elicit({ situation: null }, silent)],
  grants: [(door) => door.grants()],
  respond: [(door) => door.respond({ ...respond, observeOnly: true }, asker)],
  plans: [(door) => door.plans({ state: null, beforeSeq: null, limit: 10 })],
  inbox: [(door) => door.inbox({ for: null })],
  runs: [(door) => door.runs({ state: null, plan: null, prefix: null, beforeSeq: null, limit: 10 })],
  watch: [(door) => door.watch({ run: "last" })],
  explain: [(door) => door.explain({ run: "last" })],
  reportFault: [
    (door) => door.reportFault({ run: "last", release: "0.1.0", nodeVersion: "24.15.0", platform: "linux x64" }),
  ],
  replay: [(door) => door.replay({ run: "last", at: null })],
  locks: [(door) => door.locks()],
  metrics: [(door) => door.metrics()],
  verify: [(door) => door.verify({ archive: null, onProgress: () => undefined })],
  exportLog: [(door) => door.exportLog({ write: () => undefined })],
  archive: [(door) => door.archive({ ...archiveAll, isDryRun: true })],
  upgrade: [(door) => door.upgrade({ ...upgrade, isDryRun: true })],
  archives: [(door) => door.archives({ folder: null })],
} satisfies Partial<Record<Method, readonly Call[]>>;

const all: Readonly<Record<Method, readonly Call[]>> = { ...open, ...closed };

/** Whether a method asks for the capability `read`. What needs no site reads nothing of one. */
const asksToRead = {
  packs: false,
  identities: true,
  trusts: true,
  examine: true,
  settings: true,
  check: true,
  actions: true,
  propose: false,
  plan: false,
  plans: true,
  show: true,
  dryRun: true,
  diff: true,
  decide: false,
  calibrate: false,
  calibrateJudge: false,
  elicit: false,
  grants: true,
  respond: false,
  inbox: true,
  runs: true,
  watch: true,
  explain: true,
  reportFault: true,
  replay: true,
  locks: true,
  metrics: true,
  verify: true,
  exportLog: true,
  archive: true,
  upgrade: true,
  archives: true,
} as const satisfies Readonly<Record<keyof typeof open, boolean>>;

/** One row for each call of a method. */
function rowsOf(calls: Readonly<Record<string, readonly Call[]>>): readonly (readonly [string, Call])[] {
  return Object.entries(calls).flatMap(([method, each]) => each.map((call) => [method, call] as const));
}

describe("an agent at the door (I17)", () => {
  let site: E2eSite;
  let scratch: string;
  let door: Interlock;
  beforeAll(async () => {
    site = await createE2eSite();
    scratch = mkdtempSync(join(tmpdir(), "interlock-agent-"));
    // A run has ended and a plan is approved, so what is refused below is refused because of who asks.
    await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
    await site.run("apply");
    await planAndApprove(site, wireProposal([setLevel("quieter", "warn")]));
    const actor = { kind: "agent", id: "helper", keyId: null } as const;
    const identities = join(site.folder, "identities");
    const opened = await openInterlock({ config: join(site.folder, "interlock.yaml"), identities, actor });
    if (!opened.ok) throw new Error(opened.error[0]?.message);
    door = opened.value;
  });
  afterAll(async () => {
    await door.close();
    site.remove();
    rmSync(scratch, { recursive: true, force: true });
  });

  it.each(rowsOf(closed))("is refused `%s`, and the refusal is recorded", async (_, call) => {
    const before = site.events().length;
    const file = site.read("conf/app.json");

    const refused = await call(door, scratch);

    const recorded = site.events().slice(before);
    expect(refused).toMatchObject({ ok: false, error: [{ code: "E_NOT_PERMITTED" }] });
    expect(recorded.filter(({ kind }) => kind !== "engine_opened")).toMatchObject([
      { kind: "input_refused", by: { kind: "agent", id: "helper" }, problem: { code: "E_NOT_PERMITTED" } },
    ]);
    expect(site.read("conf/app.json")).toBe(file);
  });

  it.each(rowsOf(open))("may ask for `%s`, which leaves no more behind than a proposal", async (_, call) => {
    const before = site.events().length;
    const file = site.read("conf/app.json");

    const answered = await call(door, scratch);

    const ofProposals = ["engine_opened", "plan_recorded", "model_called", "input_refused"];
    const recorded = site.events().slice(before);
    const codes = answered.ok ? [] : answered.error.map(({ code }) => code);
    // Not `E_USAGE` either: a request of the wrong shape would be refused before anybody asks who sent it.
    expect(codes.filter((code) => code === "E_NOT_PERMITTED" || code === "E_USAGE")).toEqual([]);
    expect(recorded.map(({ kind }) => kind).filter((kind) => !ofProposals.includes(kind))).toEqual([]);
    expect(site.read("conf/app.json")).toBe(file);
  });

  it.each(rowsOf(open))("is refused `%s` where it reads and the authorizer forbids reading", async (method, call) => {
    const no = problem("E_NOT_PERMITTED", "", "nobody reads here");
    const authorizer: Authorizer = {
      authorize: ({ capability }) =>
        capability === "read"
          ? { kind: "forbid", policies: null, problem: no }
          : { kind: "permit", policies: null, reason: "" },
    };
    const identities = join(site.folder, "identities");
    const blind = await openInterlock({ config: join(site.folder, "interlock.yaml"), identities }, { authorizer });
    if (!blind.ok) throw new Error(blind.error[0]?.message);

    const answered = await call(blind.value, scratch);
    await blind.value.close();

    const isRefused = !answered.ok && answered.error.some(({ message }) => message.endsWith(no.message));
    expect([method, isRefused]).toEqual([method, new Map<string, boolean>(Object.entries(asksToRead)).get(method)]);
  });

  it("meets every method of the door in one of these lists", () => {
    expect(Object.keys(door).toSorted()).toEqual([...Object.keys(all), "close"].toSorted());
  });
});

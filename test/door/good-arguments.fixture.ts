// What every method of the door takes. The compiler refuses this file where a method is missing or takes something
// else, so each test over all methods has the new ones too.
import { join } from "node:path";
import type { Interlock } from "../../src/interlock.ts";
import { planRequest } from "./door-site.fixture.ts";

export type MethodName = keyof Interlock;
export type GoodArguments = { readonly [Name in MethodName]: Required<Parameters<Interlock[Name]>> };

const signer = {
  person: "rita",
  keyId: `sha256:${"0".repeat(64)}` as Parameters<Interlock["approve"]>[1] extends infer By
    ? Extract<By, { readonly keyId: unknown }>["keyId"]
    : never,
  attended: false,
  sign: async () => ({ ok: true, value: new Uint8Array(64) }) as const,
};

/** Arguments that each method takes as they are; what comes of them is another matter. */
export function goodArguments(folder: string): GoodArguments {
  const bytes = new TextEncoder().encode("{}");
  const run = { run: "last" };
  const inputs = [{ name: "level", value: { deep: ["warn", 1, true, null] } }];
  const signal = new AbortController().signal;
  return {
    init: [{ folder: join(folder, "new"), pack: "config-file" }],
    packs: [],
    createIdentity: [{ name: "k", person: "p", choosePassphrase: async () => ({ ok: true, value: "long enough" }) }],
    importIdentity: [{ name: "k", person: "p", publicKey: bytes, attended: true }],
    identities: [],
    trust: [],
    trusts: [],
    withdrawTrust: [{ digest: "0".repeat(12), reason: "not any more" }],
    examine: [{ nodeVersion: "24.15.0" }],
    settings: [],
    check: [{ kind: "proposal", bytes, pack: null, goal: "", inputs }],
    actions: [],
    inbox: [{ for: "ada" }],
    acknowledge: [{ subject: "run_none", reason: "I have it" }],
    notify: [{ stay: false, signal, onTold: () => undefined, onElsewhere: () => undefined }],
    testAction: [
      { action: "config.none", args: inputs, typedTargets: ["config.log_level config/app"] },
      { by: signer, onEvent: () => undefined, onStart: () => undefined },
    ],
    decide: [
      {
        situation: bytes,
        mustBeCard: false,
        observations: [{ step: "a", outcome: "b" }],
        judges: [bytes],
        heard: [bytes],
        as: null,
        isExplained: false,
        flipSolves: 1,
      },
    ],
    calibrate: [
      {
        situation: bytes,
        incidents: ["{}"],
        asUnknown: ["x"],
        isStrict: false,
        learning: { opinionWeight: 1, cellCountMin: 1, mass: 0.9 },
      },
    ],
    calibrateJudge: [{ situation: bytes, judge: bytes, graded: ["{}"] }],
    elicit: [{ situation: bytes }, { text: async () => null, choose: async () => null, tell: () => undefined }],
    propose: [{ intent: "more", goal: "", inputs, with: null, signal }],
    plan: [{ ...planRequest(folder), inputs }],
    show: [{ plan: "last" }],
    dryRun: [{ plan: "last" }],
    diff: [{ before: "last", after: "last" }],
    approve: [{ plan: "last", typedTargets: ["config.log_level config/app"], validForMs: 1000 }, signer],
    signer: [{ as: "rita", askPassphrase: async () => ({ ok: true, value: null }), onMistyped: () => undefined }],
    reject: [{ plan: "last", reason: "not now" }],
    grant: [
      {
        actions: ["config.none"],
        targets: ["config/app"],
        writeCountMax: 1,
        costUsdMax: 0,
        durationMsMax: 1000,
        irreversible: false,
        validForMs: 1000,
      },
      signer,
    ],
    grants: [],
    apply: [{ plan: "last" }],
    respond: [
      {
        alert: { kind: "bytes", bytes },
        situation: bytes,
        proposal: bytes,
        proposer: null,
        observeOnly: true,
      },
      { by: signer, tell: () => undefined, callOff: signal, detach: signal },
    ],
    observe: [{ incident: "inc_1", step: "locks", outcome: "clean" }],
    resume: [{ run: "last" }],
    operate: [{ do: "resolve", run: "last", follow: false, step: "a", as: "applied", reason: "seen" }, signer],
    plans: [{ state: "waiting", beforeSeq: 10, limit: 10 }],
    runs: [{ state: "running", plan: null, prefix: null, beforeSeq: 10, limit: 10 }],
    watch: [run],
    explain: [{ ...run, output: "a" }],
    reportFault: [{ run: "last", release: "0.1.0", nodeVersion: "24.15.0", platform: "linux x64" }],
    replay: [{ run: "last", at: 3 }],
    locks: [],
    metrics: [],
    verify: [{ archive: null, onProgress: () => undefined }],
    exportLog: [{ write: () => undefined }],
    archive: [
      {
        olderThanMs: null,
        runs: ["last"],
        folder: join(folder, "archive"),
        destroy: false,
        reason: "space",
        isDryRun: true,
        onProgress: () => undefined,
      },
    ],
    restore: [{ archives: ["none"], runs: ["last"], folder: null, reason: "needed", onRestored: () => undefined }],
    archives: [{ folder: join(folder, "archive") }],
    backUp: [{ folder: join(folder, "backup") }],
    drill: [{ folder: join(folder, "backup") }],
    upgrade: [{ backup: null, withoutBackup: false, isDryRun: true, onProgress: () => undefined }],
    close: [{ leave: signal, onStay: () => undefined }],
  };
}

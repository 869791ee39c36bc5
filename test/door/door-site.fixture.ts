// A site in a folder of its own, opened through the door, for tests of what a caller hands to it.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ok } from "../../src/core/value/result.ts";
import {
  type Answer,
  type Interlock,
  type InterlockPorts,
  openInterlock,
  type SiteAddress,
} from "../../src/interlock.ts";

export interface DoorSite {
  readonly folder: string;
  readonly address: SiteAddress;
  /** Opens the site's door; it is closed when the test has finished. */
  readonly open: (ports?: InterlockPorts, actor?: SiteAddress["actor"]) => Promise<Interlock>;
}

/** A new site with the pack `config-file` and the unattended key `rita`. */
export async function doorSite(): Promise<DoorSite> {
  const folder = mkdtempSync(join(tmpdir(), "interlock-door-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const outside = await valueOf(openInterlock({ config: null, store: join(folder, ".interlock") }));
  await valueOf(outside.init({ folder, pack: "config-file" }));
  await outside.close();
  const address = { config: join(folder, "interlock.yaml"), identities: join(folder, "keys") };
  const plain = await valueOf(openInterlock(address));
  await valueOf(plain.createIdentity({ name: "rita", person: "rita", choosePassphrase: null }));
  await plain.close();
  const open: DoorSite["open"] = async (ports = {}, actor) => {
    const site = await valueOf(openInterlock(actor === undefined ? address : { ...address, actor }, ports));
    onTestFinished(async () => void (await site.close()));
    return site;
  };
  return { folder, address, open };
}

export async function valueOf<T>(answer: Answer<T>): Promise<T> {
  const given = await answer;
  if (!given.ok) throw new Error(JSON.stringify(given.error));
  return given.value;
}

/** The code of what a call answered, `ok` where it is none, and what it threw where it threw. */
export async function codeOf(call: () => Answer<unknown>): Promise<string> {
  try {
    const given = await call();
    return given.ok ? "ok" : (given.error[0]?.code ?? "no problem");
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

export const noPassphrase = { as: null, askPassphrase: async () => ok(null), onMistyped: () => undefined };

/** What `plan` is asked with in these tests. */
export function planRequest(folder: string) {
  return {
    proposal: new Uint8Array(readFileSync(join(folder, "pack/proposals/log-more.json"))),
    proposer: { kind: "file", id: "log-more", onBehalfOf: "paul" },
    goal: "",
    inputs: [],
  } as const;
}

/** Trusts the pack, plans and approves: the hash of a plan that can be applied. */
export async function approvedPlan(site: Interlock, folder: string): Promise<string> {
  await valueOf(site.trust());
  const compiled = await valueOf(site.plan(planRequest(folder)));
  if (compiled.kind === "nothing_to_do") throw new Error("there is something to do");
  const signer = await valueOf(site.signer(noPassphrase));
  const request = {
    plan: compiled.planHash,
    typedTargets: ["config.log_level config/app", "config.workers config/app"],
    validForMs: null,
  };
  await valueOf(site.approve(request, signer));
  return compiled.planHash;
}

// A site of the bundled pack in a folder, for tests of the door: one unattended key called `rita`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ok } from "../../src/core/value/result.ts";
import { type Answer, type Interlock, type InterlockPorts, openInterlock } from "../../src/interlock.ts";

export async function value<T>(answer: Answer<T>): Promise<T> {
  const given = await answer;
  if (!given.ok) throw new Error(JSON.stringify(given.error));
  return given.value;
}

export function codeOf(given: Awaited<Answer<unknown>>): string {
  return given.ok ? "ok" : (given.error[0]?.code ?? "no problem");
}

/** Begins a site in the folder. */
export async function beginSite(folder: string): Promise<void> {
  const outside = await value(openInterlock({ config: null, store: join(folder, "outside") }));
  await value(outside.init({ folder, pack: "config-file" }));
  const site = await openSiteIn(folder);
  await value(site.createIdentity({ name: "rita", person: "rita", choosePassphrase: null }));
  await site.close();
}

/** Opens the site; `store` is its folder's name below, so that one site can be met on two machines. */
export function openSiteIn(folder: string, ports: InterlockPorts = {}, store = ".interlock"): Promise<Interlock> {
  const address = { config: join(folder, "interlock.yaml"), identities: join(folder, "keys") };
  return value(openInterlock({ ...address, store: join(folder, store) }, ports));
}

/** Asks for more to be logged, which one step does. */
export function proposalIn(folder: string) {
  return {
    proposal: readFileSync(join(folder, "pack/proposals/log-more.json")),
    proposer: { kind: "file", id: "log-more", onBehalfOf: "paul" },
    goal: "",
    inputs: [],
  } as const;
}

/** Trusts the pack, compiles the proposal and approves the plan; gives its hash. */
export async function approvedPlan(site: Interlock, folder: string): Promise<string> {
  await value(site.trust());
  const compiled = await value(site.plan(proposalIn(folder)));
  if (compiled.kind === "nothing_to_do") throw new Error("there is something to do");
  await approveLast(site);
  return compiled.planHash;
}

/** Approves the plan that was compiled last. */
export async function approveLast(site: Interlock): Promise<void> {
  const noPassphrase = { as: null, askPassphrase: async () => ok(null), onMistyped: () => undefined };
  const signer = await value(site.signer(noPassphrase));
  await value(
    site.approve(
      { plan: "last", typedTargets: ["config.log_level config/app", "config.workers config/app"], validForMs: null },
      signer,
    ),
  );
}

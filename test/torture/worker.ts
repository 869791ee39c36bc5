// A process that will be killed: `node worker.ts SITE work|drain SEED`. It owns the store and takes over what the last
// one left; with `work` it keeps starting runs. A line on stdout is an acknowledgement: it must be true after any kill.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { phrasesToType } from "../../src/core/approval/check-approval.ts";
import { viewRun } from "../../src/core/run/tell/view.ts";
import { isEnded } from "../../src/core/run/words/state.ts";
import { createRng } from "../../src/core/value/rng.ts";
import { systemClock } from "../../src/engine/clock.ts";
import { openRunner } from "../../src/flow/apply/open-runner.ts";
import { prepareApproved } from "../../src/flow/apply/prepare-approved.ts";
import { approve } from "../../src/flow/approve/approve.ts";
import { planProposal } from "../../src/flow/plan/plan-proposal.ts";
import { recordPlan } from "../../src/flow/plan/record-plan.ts";
import { openDoor } from "../../src/flow/site/open-door.ts";
import type { Site } from "../../src/flow/site/site.ts";
import { readSiteRecords } from "../../src/flow/site/site-records.ts";
import { siteOf } from "../../src/flow/site/workplace.ts";
import { chooseIdentity, fileSigner } from "../../src/identities/file-signer.ts";
import { storedEvents } from "../../src/log/stored-events.ts";
import type { Owner } from "../../src/owner/owner.ts";
import { prepareSite } from "./prepare-site.ts";
import { proposalOf, type Slot, type SlotState, slots } from "./proposals.ts";

const [siteFolder = "", mode = "work", seed = "0"] = process.argv.slice(2);
/** What the pack declares, and a little more. */
const landsWithinMs = 700;
const random = createRng(Number(seed)).unit;
const actor = { kind: "person", id: "operator", keyId: null } as const;

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

function valueOf<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const opened = valueOf(
  await openDoor({
    address: { config: join(siteFolder, "interlock.yaml"), identities: join(siteFolder, "identities"), actor },
    ports: {},
  }),
);
const { place } = opened;
const site = valueOf(siteOf(place));
const lease = valueOf(await place.owners.take("runner", openRunner(place, site)));
const { owner } = lease;
const key = valueOf(chooseIdentity(place.identityFolder, null));
const approver = fileSigner(key, async () => ({ ok: true, value: null }));
await prepareSite(owner, site);
say({ kind: "owner", epoch: owner.store.epoch });
const left = owner.engine.unfinishedRunIds();
await owner.engine.takeOver(left);
const taken = left.map((runId) => follow(runId));
if (mode === "work") await Promise.all(slots.map(workOn));
await Promise.all(taken);
await lease.release();

/** Starts one run after another on the objects of this slot, until the process is killed. */
async function workOn(slot: Slot): Promise<never> {
  for (;;) {
    const started = await startRun(owner, site, slot);
    if (started === null) await pause(30);
    else await follow(started);
  }
}

/**
 * Follows a run until it has ended. Plays an honest person for what is left to one: looks at the target once nothing
 * can land any more, and says so.
 */
async function follow(runId: string): Promise<void> {
  for (;;) {
    const run = owner.engine.run(runId);
    if (run === null) throw new Error(`${runId} is followed and not known`);
    const view = viewRun(run);
    const asked = view.waitingFor.filter(({ kind }) => kind === "person");
    const isResting = asked.length > 0 && asked.length === view.waitingFor.length;
    if (isEnded(run)) return say({ kind: "rested", runId, isEnded: true, view });
    await pause(isResting ? landsWithinMs : 20);
    if (isResting && !(await settleAsPerson(runId, asked[0]?.stepId ?? "")))
      return say({ kind: "rested", runId, isEnded: false, view });
  }
}

/** `false` if a person could do no more than the engine did. */
async function settleAsPerson(runId: string, stepId: string): Promise<boolean> {
  const intents = [...storedEvents(owner.store, runId)].flatMap(({ event }) =>
    event.kind === "step_intent" && event.attempt.stepId === stepId && event.access === "write" ? [event] : [],
  );
  const { landed } = await readTarget<{ readonly landed: boolean }>(
    site,
    `effects/${intents.at(-1)?.idempotencyKey ?? ""}`,
  );
  const submission = await owner.engine.submit({
    kind: "resolve",
    atMs: Date.now(),
    runId,
    stepId,
    as: landed ? "applied" : "not_applied",
    by: actor,
    reason: "looked at the target",
  });
  return submission.ok;
}

function pause(ms: number): Promise<void> {
  return systemClock.sleep(ms, new AbortController().signal);
}

/** Plans, approves and starts; `null` if something else still holds the slot. */
async function startRun(owner: Owner, at: Site, slot: Slot): Promise<string | null> {
  const { engine, store } = owner;
  const kind = (["works", "refused", "bumps"] as const)[Math.floor(random() * 3)] ?? "works";
  const proposal = Buffer.from(proposalOf(kind, slot, await readSlot(at, slot)));
  const planned = await planProposal(place, at, readSiteRecords(store), {
    proposal,
    proposer: { kind: "file", id: kind, onBehalfOf: "proposer" },
    goal: "",
    inputs: [],
    parent: null,
  });
  if (!planned.ok || planned.value.kind === "nothing_to_do") return null;
  const { planHash, plan } = planned.value;
  valueOf(await recordPlan(place, planned.value));
  const request = { plan: planHash, typedTargets: phrasesToType(plan), validForMs: 600_000 };
  valueOf(await approve(place, request, approver));
  const start = await prepareApproved(place, at, owner, { planHash, by: actor });
  if (!start.ok) return null;
  const submission = await engine.submit(start.value);
  if (!submission.ok) return null;
  say({ kind: "started", runId: start.value.runId });
  return start.value.runId;
}

async function readSlot(at: Site, slot: Slot): Promise<SlotState> {
  const read = (path: string): Promise<{ readonly level: number; readonly count: number }> => readTarget(at, path);
  const [first, second, tally] = [
    await read(`cells/${slot.cells[0]}`),
    await read(`cells/${slot.cells[1]}`),
    await read(`tallies/${slot.tally}`),
  ];
  return { levels: [first.level, second.level], count: tally.count };
}

async function readTarget<T>(at: Site, path: string): Promise<T> {
  const { base } = (at.connections.get("target")?.settings ?? {}) as { readonly base?: string };
  return (await fetch(`${base}/${path}`)).json() as Promise<T>;
}

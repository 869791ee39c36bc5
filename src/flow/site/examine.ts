import { findMissingTools } from "../../connectors/index.ts";
import { indexDomain } from "../../core/domain/domain-index.ts";
import { buildObservation } from "../../core/plan/compile/build-call.ts";
import type { ObservedObject } from "../../core/plan/compile/read-object.ts";
import { isMapped, wrongType } from "../../core/plan/compile/refuse-wrong-types.ts";
import type { ObjectObservation, ObjectRef } from "../../core/plan/plan.ts";
import { sayStanding, sayStep } from "../../core/run/tell/next-steps.ts";
import type { RunState } from "../../core/run/words/state.ts";
import { type Code, codes, type Problem, problem } from "../../core/value/codes.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { wordTime } from "../../core/value/units.ts";
import { observeObjects } from "../../engine/effects/perform-observe.ts";
import { listIdentities } from "../../identities/identity.ts";
import { findForgotten, findObstacle, memoryNotesPath, memoryPath, seenIn } from "../../log/head-memory.ts";
import { unfinishedStates } from "../../log/run-index.ts";
import { verifyLog } from "../../log/verify-log.ts";
import { stopOn } from "../../ports/stop.ts";
import { findFenceProblemsOf } from "./check-fence.ts";
import { EngineSight, workedStates } from "./engine-sight.ts";
import { findUntrusted } from "./find-untrusted.ts";
import { type LiveInvariant, readInvariants } from "./live-invariants.ts";
import { readLead, skewOf } from "./log-time.ts";
import { askPermission } from "./permit.ts";
import { type SeenRun, seeState } from "./run-standing.ts";
import type { Site } from "./site.ts";
import { noStoreYet, type SiteLog, type StoreLog, withLog, withLogOr, withStore } from "./site-log.ts";
import { noRecords } from "./site-records.ts";
import { siteOf, type Workplace } from "./workplace.ts";

/** One thing that was examined. `note`: nothing is wrong, but something may be missing. */
export interface Finding {
  readonly what: string;
  readonly state: "good" | "note" | "bad";
  readonly message: string;
  /** What to do about it; empty if all is well. */
  readonly hint: string;
  readonly next: NextStep | null;
  /** The code of the refusal; `null` if nothing was refused. */
  readonly code: Code | null;
}

/** What to examine beside the site itself. */
export interface ExamineRequest {
  /** The version of Node that runs this, such as `24.15.0`. */
  readonly nodeVersion: string;
  /** Only how the invariants of the domain stand on the live systems. */
  readonly only?: "invariants" | undefined;
}

/** Examines everything that a first run needs, in the order in which it is needed. Only reads. */
export async function examine(
  place: Workplace,
  request: ExamineRequest,
): Promise<Result<readonly Finding[], readonly Problem[]>> {
  const site = siteOf(place);
  if (request.only === "invariants") return site.ok ? examineInvariants(place, site.value) : fail(site.error);
  const ofSite = site.ok
    ? [examinePack(site.value), ...(await examineTrust(place, site.value)), ...(await examineTools(site.value))]
    : site.error.map((found) => fromProblem("site", found));
  return ok([
    examineNode(request.nodeVersion),
    ...ofSite,
    examineIdentities(place),
    await examineLog(place),
    ...(await examineRuns(place)),
    ...(await examineTimes(place, site.ok ? site.value : null)),
  ]);
}

/** The oldest Node that has everything that this program uses. */
const nodeMin = { major: 24, minor: 15 } as const;

function examineNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const isNew = major > nodeMin.major || (major === nodeMin.major && minor >= nodeMin.minor);
  const shown = version.startsWith("v") ? version : `v${version}`;
  if (isNew) return good("node", shown);
  const hint = `use Node ${nodeMin.major}.${nodeMin.minor} or newer`;
  return { what: "node", state: "bad", message: `${shown} is too old`, hint, next: null, code: null };
}

function examinePack({ pack }: Site): Finding {
  const { name, version, actions, environment } = pack.domain;
  return good("pack", `\`${name}\` ${version}, ${actions.length} actions, environment ${environment}`);
}

/**
 * Nothing is read from a target before the pack and interlock.yaml are trusted: they say where secrets are sent.
 */
async function examineTrust(place: Workplace, site: Site): Promise<readonly Finding[]> {
  const records = await withLogOr(place, noRecords, async (log) => ok(await log.records()));
  if (!records.ok) return [fromProblems("trust", records.error)];
  const untrusted = findUntrusted(site, records.value);
  if (untrusted === null) {
    const message = "the pack and interlock.yaml are trusted as they are now";
    const read = new Map<ObjectRef, readonly ObservedObject[] | Problem>();
    return [
      good("trust", message),
      ...(await examineConnections(place, site, read)),
      ...(await readInvariants(place, site, read)).map(findingOfInvariant),
    ];
  }
  const untried = `${untrusted.message}, so no target was asked`;
  return [note("trust", untried, "look through both, then trust them", { do: "trust" })];
}

/** How each invariant stands now. What cannot be trusted is not read. */
async function examineInvariants(
  place: Workplace,
  site: Site,
): Promise<Result<readonly Finding[], readonly Problem[]>> {
  const records = await withLogOr(place, noRecords, async (log) => ok(await log.records()));
  if (!records.ok) return records;
  const untrusted = findUntrusted(site, records.value);
  if (untrusted !== null) return fail([untrusted]);
  return ok((await readInvariants(place, site)).map(findingOfInvariant));
}

function findingOfInvariant({ name, state, why, objectCount }: LiveInvariant): Finding {
  const what = `invariant ${name}`;
  const objects = `${objectCount} ${objectCount === 1 ? "object" : "objects"}`;
  if (state === "holds") return good(what, `it holds by a reading of ${objects}`);
  if (state === "broken")
    return fromProblem(what, problem("E_INVARIANT_BROKEN", "/invariants", `it does not hold: ${why}`));
  return note(what, `it is not known whether it holds: ${why}`, "see why the object cannot be read");
}

/** A domain that changes files needs two programs of the machine. Better to know that before anything is approved. */
async function examineTools({ pack }: Site): Promise<readonly Finding[]> {
  const ofFiles = pack.domain.connections.filter(({ connector }) => connector === "file").map(({ name }) => name);
  const changes = pack.domain.actions.some(
    ({ uses }) => ofFiles.includes(uses.connection) && (uses.operation === "write" || uses.operation === "edit"),
  );
  const missing = changes ? await findMissingTools() : [];
  if (missing.length === 0) return [];
  const message = `this machine has no ${missing.map((name) => `GNU ${name}`).join(" and no ")}`;
  const hint =
    "install them: nothing else here sees a file's attributes, so without them only new files can be written";
  return [note("files", message, hint)];
}

/**
 * Reads one object of every type, to see whether the target answers with the credentials for reading.
 *
 * @param read - is filled with what was read, or why it could not be
 */
async function examineConnections(
  place: Workplace,
  site: Site,
  read: Map<ObjectRef, readonly ObservedObject[] | Problem>,
): Promise<readonly Finding[]> {
  const { resolveSecret, clock, onLook } = place.ports;
  const { connections } = site;
  const index = indexDomain(site.pack.domain);
  const findings: Finding[] = [];
  for (const type of site.pack.domain.types) {
    const object = site.pack.domain.inventory.find((candidate) => candidate.type === type.name);
    if (type.observe === null || object === undefined) continue;
    const name: `${string}/${string}` = `${object.type}/${object.id}`;
    const observation = buildObservation(name, index);
    if (observation === undefined) continue;
    const what = `connection ${type.observe.uses.connection}`;
    const asked = { by: place.actor, capability: "read", resource: name } as const;
    const decision = askPermission(place.ports.authorizer, asked);
    if (decision.kind !== "permit") {
      read.set(name, decision.problem);
      findings.push(fromProblem(what, decision.problem));
      continue;
    }
    const { signal } = new AbortController();
    const seen = await observeObjects(
      [observation],
      { connections, resolveSecret, clock, stop: stopOn(signal) },
      { onLook },
    );
    read.set(name, seen.ok ? seen.value : seen.error);
    if (seen.ok) findings.push(...findingsOf(what, observation, { seen: seen.value, site }));
    else findings.push(fromProblem(what, seen.error));
  }
  return findings;
}

/**
 * An object that answers: each of its facts that was read as something else than its type, and a fence that fits no
 * write. A word that a `map` does not list may be unknown on purpose, so that is only noted.
 */
function findingsOf(
  what: string,
  observation: ObjectObservation,
  { seen, site }: { readonly seen: readonly ObservedObject[]; readonly site: Site },
): readonly Finding[] {
  return seen.flatMap((one) => {
    const unfit = findFenceProblemsOf(one, site.pack.domain, site.connections).slice(0, 1);
    const wrong = one.facts.filter(({ why }) => why !== undefined);
    if (wrong.length === 0 && unfit.length === 0) return [good(what, `\`${one.object}\` can be read`)];
    const findings = wrong.map((fact) => {
      const found = wrongType(fact);
      return isMapped([observation], fact.name) ? note(what, found.message, found.hint) : fromProblem(what, found);
    });
    return [...findings, ...unfit.map((found) => fromProblem(what, found))];
  });
}

function examineIdentities(place: Workplace): Finding {
  const identities = listIdentities(place.identityFolder);
  if (!identities.ok) return fromProblem("keys", identities.error);
  if (identities.value.length === 0)
    return note("keys", "you have no key to approve with", "create one", { do: "create_identity" });
  const names = identities.value.map(({ name, attended }) => `${name}${attended ? "" : " (unattended)"}`);
  return good("keys", names.join(", "));
}

async function examineLog(place: Workplace): Promise<Finding> {
  const verified = await withStore(place, async ({ reader }) => {
    const found = verifyLog(reader);
    if (!found.ok) return fail([found.error]);
    const same = await place.store.checkJournal(reader);
    // A journal that another process has is left to `verify` in that process.
    return same.ok || same.error.code === "E_STORE_LOCKED" ? found : fail([same.error]);
  });
  if (verified.ok) return good("log", `${verified.value.length} records hold`);
  return noStoreYet(verified.error) === null
    ? fromProblems("log", verified.error)
    : note("log", "there is no store yet", "the first record creates it: trust the pack", { do: "trust" });
}

/** At most this many runs of a state are named one by one. */
const abandonedMax = 5;
/** At most this many are counted beside them. */
const listedMax = 1_000;

function moreRuns(count: number, state: string): string {
  const least = count >= listedMax - abandonedMax ? "at least " : "";
  const runs = count === 1 ? "1 more run is" : `${count} more runs are`;
  return `${least}${runs} ${state.replaceAll("_", " ")}, older than these`;
}

/** Runs that a person has to move, and runs whose engine is gone. They hold their locks until somebody acts. */
async function examineRuns(place: Workplace): Promise<readonly Finding[]> {
  const read = await withLog(place, async (log) => {
    const sight = new EngineSight(place);
    const findings: Finding[] = [];
    for (const state of unfinishedStates) {
      const rows = log.lists.runs({ state, beforeSeq: Number.MAX_SAFE_INTEGER, limit: listedMax });
      for (const { runId } of rows.slice(0, abandonedMax)) {
        if (workedStates.includes(state) && (await sight.worksOn(log, runId)) !== false) continue;
        const run = await log.run(runId);
        if (!run.ok) return fail([run.error]);
        findings.push(findingOfRun(await seeState(log, run.value, sight), run.value));
      }
      const rest = rows.length - abandonedMax;
      if (rest > 0) findings.push(note("run", moreRuns(rest, state), "see all of them", { do: "list_runs" }));
    }
    return ok(findings);
  });
  // A log that cannot be read has been reported already.
  return read.ok ? read.value : [];
}

/** A run that keeps its locks until somebody acts. The code of a dirty one says so, whatever refused its way back. */
function findingOfRun({ view, hasEngine, next }: SeenRun, { phase }: RunState): Finding {
  const code = phase.kind === "dirty" ? dirtyCode(phase.problem.code) : "E_RUN_WAITS";
  const message = `\`${view.runId}\` ${sayStanding(view, hasEngine)}; it keeps its locks`;
  const [first] = next;
  const hint = first === undefined ? codes.E_RUN_WAITS.hint : `${sayStep(first)}: then it ends and gives them back`;
  return { what: "run", state: "bad", message, hint, next: first ?? null, code };
}

function dirtyCode(code: Code): Code {
  return codes[code].exitCode === codes.E_COMPENSATION_FAILED.exitCode ? code : "E_COMPENSATION_FAILED";
}

/** The log's lead is worth a note from here on. Synchronised clocks never differ by this much. */
const leadNotedMs = 60_000;

/** Findings about time. A log that cannot be read has been reported already. */
async function examineTimes(place: Workplace, site: Site | null): Promise<readonly Finding[]> {
  const read = await withStore(place, async (log) =>
    ok(
      [examineMemory(place, log), await examineClock(place, log), examineRetention(place, log, site)].filter(
        (found) => found !== null,
      ),
    ),
  );
  return read.ok ? read.value : [];
}

async function examineClock(place: Workplace, log: SiteLog): Promise<Finding | null> {
  const lead = await readLead(place, log);
  const skew = skewOf(place, lead);
  if (skew !== null) return fromProblem("clock", skew);
  if (lead.leadMs < leadNotedMs) return null;
  const ahead = `the log's time is ${wordTime(lead.leadMs)} ahead of this machine's clock`;
  const message = `${ahead}: approvals and waits follow the log's time`;
  return lead.acceptedMs < leadNotedMs
    ? note("clock", message, "correct the clock that is wrong: what it wrote into the log stays")
    : note("clock", message, "a person accepted this: times in the log are that far ahead");
}

/** Whether the log still holds what this user has seen of it. */
function examineMemory({ headFolder, store }: Workplace, { reader }: StoreLog): Finding | null {
  const path = memoryPath(headFolder, store, reader.storeId());
  const forgotten = findForgotten(path, reader, memoryNotesPath(store));
  if (forgotten !== null) return fromProblem("memory", forgotten);
  const obstacle = findObstacle(path);
  if (obstacle !== null) return fromProblem("memory", obstacle);
  if (path === null || seenIn(path) === null)
    return note("memory", "nothing is remembered of this log outside of its store", rememberingHint);
  return null;
}

const rememberingHint =
  "it is remembered once a command has written to the store, in `interlock/heads` below XDG_STATE_HOME or " +
  "~/.local/state, or in `heads` beside INTERLOCK_IDENTITIES";

/** Nothing is archived by itself, so this checks whether the timer that should do it does. A day late is not late. */
function examineRetention(place: Workplace, { reader }: StoreLog, site: Site | null): Finding | null {
  const retention = site?.config.retention ?? null;
  if (retention === null) return null;
  const endedBeforeMs = place.ports.clock.nowMs() - retention.bodiesMs - 86_400_000;
  const [due] = reader.removableRuns({ endedBeforeMs, afterSeq: -1, limit: 1 });
  if (due === undefined) return good("retention", "nothing is kept for longer than interlock.yaml says");
  const message = `\`${due.runId}\`, and maybe others, is kept for longer than interlock.yaml says`;
  return note("retention", message, "archive bodies by a timer", { do: "archive_bodies" });
}

function good(what: string, message: string): Finding {
  return { what, state: "good", message, hint: "", next: null, code: null };
}

function note(what: string, message: string, hint: string, next: NextStep | null = null): Finding {
  return { what, state: "note", message, hint, next, code: null };
}

function fromProblem(what: string, { code, message, hint, next }: Problem): Finding {
  return { what, state: "bad", message: `${code} ${message}`, hint, next: next ?? null, code };
}

/** The first problem. Problems are in the order in which they would be met. */
function fromProblems(what: string, problems: readonly Problem[]): Finding {
  const [first] = problems;
  return first === undefined ? good(what, "") : fromProblem(what, first);
}

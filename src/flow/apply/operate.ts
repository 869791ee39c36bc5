import type { Principal, SignedEnvelope } from "../../core/approval/approval.ts";
import type { StopCause } from "../../core/run/words/asked.ts";
import type { Input } from "../../core/run/words/input.ts";
import { codes, type Problem, problem } from "../../core/value/codes.ts";
import type { Resolution } from "../../core/value/next-step.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote, suggestName } from "../../core/value/text.ts";
import { endedStates, type RunRow } from "../../log/run-index.ts";
import type { OperatorControl } from "../../owner/control/protocol.ts";
import type { Owner } from "../../owner/owner.ts";
import type { OpenOwner } from "../../owner/owner-hold.ts";
import type { Signer } from "../../ports.ts";
import { hearAnswer } from "../approve/hear-answer.ts";
import { type Answerer, signAnswer } from "../approve/sign-answer.ts";
import type { Compiled } from "../plan/plan-proposal.ts";
import { findRunFor } from "../site/find-run.ts";
import { capabilityOf } from "../site/permit.ts";
import { refuse, refuseForbidden } from "../site/record.ts";
import { adviseOnWord } from "../site/run-standing.ts";
import type { Site } from "../site/site.ts";
import { withLog } from "../site/site-log.ts";
import { workOnStore } from "../site/work-on-store.ts";
import { recorderOf, siteOf, type Workplace } from "../site/workplace.ts";
import { openRunner } from "./open-runner.ts";
import { planRollback } from "./rollback-run.ts";
import { followRun, type Run } from "./run.ts";

/** What a person tells one run. */
export type RunWord =
  /** `cause`: why, where nobody said so, such as a signal to the process. */
  | { readonly do: "stop"; readonly reason: string; readonly cause?: StopCause | undefined }
  | { readonly do: "kill" | "rollback" | "close"; readonly reason: string }
  | { readonly do: "resolve"; readonly step: string; readonly as: Resolution; readonly reason: string }
  | {
      readonly do: "answer";
      readonly step: string;
      readonly as: "approved" | "rejected";
      readonly reason: string;
    };

/** What a person tells the whole site: about an object, a type, or `*`. */
export interface SiteWord {
  readonly do: "freeze" | "unfreeze";
  readonly scope: string;
  readonly reason: string;
}

/** What a person tells the whole site about its time: how far the log is ahead of this machine's clock is accepted. */
export interface ClockWord {
  readonly do: "anchor";
  readonly reason: string;
}

/** What a person tells the whole site about its log: it is accepted, although records that were seen are not in it. */
export interface LogWord {
  readonly do: "accept_log";
  readonly reason: string;
}

/**
 * What to do. `run` is a run's id, the beginning of one, or `last`. With `follow`, a run that nobody works on is taken
 * over and followed until it rests. Without it, the input is recorded and the run is left as it is.
 */
export type OperateRequest =
  | (RunWord & { readonly run: string; readonly follow: boolean })
  | SiteWord
  | ClockWord
  | LogWord;

/** The input as the owner recorded it, without the time, which the owner sets. */
export type RecordedWord =
  | {
      readonly kind: "stop" | "kill" | "rollback" | "close";
      readonly runId: string;
      readonly by: Principal;
      readonly reason: string;
      /** Absent where a person gave the word. */
      readonly cause?: StopCause;
    }
  | {
      readonly kind: "resolve";
      readonly runId: string;
      readonly stepId: string;
      readonly as: Resolution;
      readonly by: Principal;
      readonly reason: string;
    }
  | {
      readonly kind: "answer";
      readonly runId: string;
      readonly stepId: string;
      readonly answer: "approved" | "rejected";
      readonly by: Principal;
      /** Absent if none was given. */
      readonly reason?: string;
      /** The answer as the person signed it; absent only in what an older release recorded. */
      readonly signed?: SignedEnvelope;
    }
  | {
      readonly kind: "freeze" | "unfreeze";
      readonly runId: null;
      readonly scope: string;
      readonly by: Principal;
      readonly reason: string;
    }
  | { readonly kind: "anchor"; readonly runId: null; readonly by: Principal; readonly reason: string };

/** The result. */
export type Operated =
  /** The owner of the store has recorded the input. */
  | {
      readonly kind: "recorded";
      readonly runId: string | null;
      readonly input: RecordedWord;
      /** The kinds of the events that it led to. */
      readonly events: readonly string[];
    }
  /** A person accepted the log as it is. */
  | { readonly kind: "accepted" }
  /** This process has taken the run over and goes on with it. */
  | { readonly kind: "running"; readonly run: Run }
  /** The run had ended. A successor undoes what it did; it is planned here and needs approval like any plan. */
  | {
      readonly kind: "successor";
      readonly runId: string;
      readonly planned: Compiled;
      /** A line for each step that the plan leaves as it is, with the reason. */
      readonly staying: readonly string[];
    };

/** Gives a run, or the whole site, an input from a person. */
export function operate(
  place: Workplace,
  request: OperateRequest,
  by?: Signer | Answerer,
): Promise<Result<Operated, readonly Problem[]>> {
  if (request.do === "anchor") return anchorClock(place, request);
  if (request.do === "accept_log") return acceptLog(place, request);
  return request.do === "freeze" || request.do === "unfreeze"
    ? operateSite(place, request)
    : operateRun(place, request as WordOnRun, by);
}

type WordOnRun = Exclude<OperateRequest, SiteWord | ClockWord | LogWord>;

async function operateRun(
  place: Workplace,
  request: WordOnRun,
  by: Signer | Answerer | undefined,
): Promise<Result<Operated, readonly Problem[]>> {
  const asked = request.do;
  const no = (problems: readonly Problem[]) => refuse(place, asked, problems);
  const capability = capabilityOf[asked];
  const forbidden = await refuseForbidden(place, { capability, asked, resource: request.run });
  if (forbidden !== null) return forbidden;
  const row = await withLog<RunRow>(place, async (log) => {
    const found = await findRunFor(log, { run: request.run, actor: place.actor, word: asked });
    return found.ok ? found : fail([found.error]);
  });
  if (!row.ok) return no(row.error);
  const { runId, state } = row.value;
  const advised = (found: Problem) => adviseOnWord(place, found, runId);
  if (endedStates.includes(state)) {
    if (asked !== "rollback") return no([runEnded(runId, state)]);
    const planned = await planRollback(place, runId);
    return planned.ok ? ok({ kind: "successor", runId, ...planned.value }) : no(planned.error);
  }
  const site = siteOf(place);
  const input = await inputOf(place, site, { request, runId, by });
  if (!input.ok) return no(await Promise.all(input.error.map(advised)));
  // The input counts even if this folder's configuration cannot be read: stopping a run must not depend on it.
  const open: OpenOwner = site.ok
    ? openRunner(place, site.value)
    : async () => fail(site.error[0] ?? problem("E_INPUT_MISSING", "", "the site cannot be read"));
  const taken = await place.owners.through(input.value, "runner", open);
  if (taken.kind === "failed") return no([taken.problem]);
  if (taken.kind === "answered")
    return taken.answer.ok
      ? ok({ kind: "recorded", runId, input: input.value, events: taken.answer.value.events })
      : fail([await advised(taken.answer.error)]);
  const { lease } = taken;
  const { engine, store } = lease.owner;
  const sinceSeq = store.end().length;
  // Only a run that an earlier engine left has to be taken over.
  if (engine.run(runId) !== null && engine.run(runId)?.epoch !== store.epoch) await engine.takeOver([runId]);
  // Every kind that gets here names a run.
  const heard = hearHere(place, site, lease.owner, input.value);
  if (!heard.ok) {
    await lease.release();
    return no([await advised(heard.error)]);
  }
  const timed = { ...heard.value, atMs: place.ports.clock.nowMs() } as Input;
  const submitted = await engine.submit(timed);
  if (!submitted.ok) {
    await lease.release();
    return fail([await advised(submitted.error)]);
  }
  if (request.follow) return ok({ kind: "running", run: followRun(place, { runId, lease, open, sinceSeq }) });
  await lease.release();
  return ok({ kind: "recorded", runId, input: heard.value, events: submitted.value.map(({ kind }) => kind) });
}

async function operateSite(place: Workplace, request: SiteWord): Promise<Result<Operated, readonly Problem[]>> {
  const asked = request.do;
  const { scope, reason } = request;
  const forbidden = await refuseForbidden(place, { capability: capabilityOf[asked], asked, resource: scope });
  if (forbidden !== null) return forbidden;
  const unknown = asked === "freeze" ? findUnknownScope(place, scope) : null;
  if (unknown !== null) return refuse(place, asked, [unknown]);
  const input = { kind: asked, runId: null, scope, reason, by: place.actor } as const;
  const taken = await place.owners.through(input, "recorder", recorderOf(place));
  if (taken.kind === "failed") return fail([taken.problem]);
  if (taken.kind === "answered")
    return taken.answer.ok
      ? ok({ kind: "recorded", runId: null, input, events: taken.answer.value.events })
      : fail([taken.answer.error]);
  try {
    const submitted = await taken.lease.owner.engine.submit({ ...input, atMs: place.ports.clock.nowMs() });
    return submitted.ok
      ? ok({ kind: "recorded", runId: null, input, events: submitted.value.map(({ kind }) => kind) })
      : fail([submitted.error]);
  } finally {
    await taken.lease.release();
  }
}

async function anchorClock(place: Workplace, { reason }: ClockWord): Promise<Result<Operated, readonly Problem[]>> {
  const asked = { capability: capabilityOf.anchor, asked: "anchor", resource: "clock" } as const;
  const forbidden = await refuseForbidden(place, asked);
  if (forbidden !== null) return forbidden;
  const input = { kind: "anchor", runId: null, reason, by: place.actor } as const;
  const taken = await place.owners.through(input, "recorder", recorderOf(place));
  if (taken.kind === "failed") return fail([taken.problem]);
  if (taken.kind === "answered")
    return taken.answer.ok
      ? ok({ kind: "recorded", runId: null, input, events: taken.answer.value.events })
      : fail([taken.answer.error]);
  try {
    const submitted = await taken.lease.owner.engine.anchor(input);
    return submitted.ok
      ? ok({ kind: "recorded", runId: null, input, events: submitted.value.map(({ kind }) => kind) })
      : fail([submitted.error]);
  } finally {
    await taken.lease.release();
  }
}

async function acceptLog(place: Workplace, { reason }: LogWord): Promise<Result<Operated, readonly Problem[]>> {
  const asked = { capability: capabilityOf.accept_log, asked: "anchor", resource: "log" } as const;
  const forbidden = await refuseForbidden(place, asked);
  if (forbidden !== null) return forbidden;
  const done = await workOnStore(place, { kind: "accept_log", by: place.actor, reason });
  return done.ok ? ok({ kind: "accepted" }) : fail([done.error]);
}

/**
 * The problem of a scope that the pack does not have: freezing it would freeze nothing, but report success. A pack that
 * cannot be read does not prevent freezing, and what is frozen can always be lifted.
 */
function findUnknownScope(place: Workplace, scope: string): Problem | null {
  const site = siteOf(place);
  if (!site.ok) return null;
  const { domain } = site.value.pack;
  const known = [
    "*",
    domain.name,
    ...domain.inventory.map(({ type, id }) => `${type}/${id}`),
    ...domain.actions.flatMap(({ locks }) => locks),
  ];
  if (known.includes(scope)) return null;
  const message = `nothing here is called ${quote(scope)}: it would freeze nothing`;
  return problem("E_USAGE", "/scope", message, suggestName(scope, known));
}

function runEnded(runId: string, state: string): Problem {
  return problem("E_RUN_ENDED", "", `\`${runId}\` has ended, ${state}`, codes.E_RUN_ENDED.hint, {
    do: "explain",
    run: runId,
  });
}

type RunControl = Exclude<OperatorControl, { readonly scope: string } | { readonly kind: "anchor" }>;

interface Word {
  readonly request: WordOnRun;
  readonly runId: string;
  readonly by: Signer | Answerer | undefined;
}

/** The input for the kernel. An answer is signed first, since it may let the run write. */
async function inputOf(
  place: Workplace,
  site: Result<Site, readonly Problem[]>,
  { request, runId, by: signer }: Word,
): Promise<Result<RunControl, readonly Problem[]>> {
  const { reason } = request;
  const by = place.actor;
  switch (request.do) {
    case "resolve":
      return ok({ kind: "resolve", runId, stepId: request.step, as: request.as, by, reason });
    case "answer": {
      if (!site.ok) return site;
      const signed = await signAnswer(place, site.value, { runId, step: request.step, as: request.as }, signer);
      if (!signed.ok) return signed;
      return ok({ kind: "answer", runId, stepId: request.step, answer: request.as, by, reason, signed: signed.value });
    }
    case "stop": {
      const { cause } = request;
      return ok({ kind: "stop", runId, by, reason, ...(cause === undefined ? {} : { cause }) });
    }
    default:
      return ok({ kind: request.do, runId, by, reason });
  }
}

/** The input as the owner in this process hears it: as any owner, it verifies an answer. */
function hearHere(
  place: Workplace,
  site: Result<Site, readonly Problem[]>,
  owner: Pick<Owner, "engine" | "store">,
  input: RunControl,
): Result<RunControl, Problem> {
  if (input.kind !== "answer") return ok(input);
  if (!site.ok) return fail(site.error[0] ?? problem("E_INPUT_MISSING", "", "the site cannot be read"));
  return hearAnswer(place, site.value, owner, input);
}

import type { Proposer as ProposerIdentity } from "../../core/plan/plan.ts";
import { checkIntent } from "../../core/plan/wire/check-prose.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { cassetteLine } from "../../models/cassette.ts";
import type { ModelCall } from "../../propose/index.ts";
import { recordsOf } from "../plan/plan.ts";
import type { Compiled } from "../plan/plan-proposal.ts";
import { recordCompiled } from "../plan/record-plan.ts";
import { recordEvents, refuse, refuseForbidden } from "../site/record.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import { openProposer } from "./open-proposer.ts";
import { proposeChange, recordsOfCalls } from "./propose-change.ts";

/** What an operator wants from a proposer: a goal, an intent in words, or the inputs of a workflow. */
export interface ProposeRequest {
  /** What is wanted, in words; `""` for none. */
  readonly intent: string;
  /** What is wanted, as a guard over facts; `""` for none. */
  readonly goal: string;
  readonly inputs: readonly { readonly name: string; readonly value: JsonValue }[];
  /** The proposer's name in interlock.yaml; `null` for the only one. */
  readonly with: string | null;
  /** Abort it to call the proposer off. */
  readonly signal: AbortSignal;
}

/** The result of asking a proposer. It has the answer and the calls even if the gate refused the answer. */
export interface Proposed {
  readonly proposer: ProposerIdentity;
  /** How often the proposer was asked. */
  readonly roundCount: number;
  /** The bytes of its last answer, or `null` if it gave none. */
  readonly bytes: Uint8Array | null;
  /** Every call of a language model, also failed ones. */
  readonly calls: readonly ModelCall[];
  /** The calls as lines of a cassette that repeats them. */
  readonly cassette: readonly string[];
  /** The recorded plan, or why the gate refused the answer, which is recorded too. */
  readonly compiled: Result<Compiled, readonly Problem[]>;
}

/** Intent → proposal → plan: asks a proposer, and puts its answer through the ordinary gate. Nothing is changed. */
export async function propose(
  place: Workplace,
  request: ProposeRequest,
): Promise<Result<Proposed, readonly Problem[]>> {
  const { intent, goal, inputs, signal } = request;
  const no = (problems: readonly Problem[]) => refuse(place, "propose", problems);
  const forbidden = await refuseForbidden(place, {
    capability: "propose",
    asked: "propose",
    resource: request.with ?? "",
  });
  if (forbidden !== null) return forbidden;
  if (goal === "" && intent === "" && inputs.length === 0)
    return no([problem("E_USAGE", "", "say what is wanted: a goal, an intent, or a workflow's inputs")]);
  // A proposer reads the intent, so this is found before one is asked.
  const secrets = checkIntent(intent);
  if (secrets.length > 0) return no(secrets);
  const site = siteOf(place);
  if (!site.ok) return no(site.error);
  const records = await recordsOf(place);
  if (!records.ok) return no(records.error);
  const open = await openProposer(place, site.value, request.with);
  if (!open.ok) return no(open.error);
  try {
    const proposed = await proposeChange(place, site.value, records.value, open.value, {
      intent,
      goal,
      inputs,
      onBehalfOf: place.actor.id,
      parent: null,
      signal,
    });
    const { calls, proposer, roundCount, bytes } = proposed;
    const told =
      calls.length > 0 ? await recordEvents(place, recordsOfCalls(calls, proposer.id, place.actor), []) : ok(undefined);
    if (!told.ok) return fail([told.error]);
    const compiled = await recordOrRefuse(place, proposed.planned);
    const cassette = calls.flatMap(({ request: asked, model, text }) =>
      text === null ? [] : [cassetteLine("proposal", { request: asked, model, text })],
    );
    return ok({ proposer, roundCount, bytes, calls, cassette, compiled });
  } finally {
    open.value.close();
  }
}

async function recordOrRefuse(
  place: Workplace,
  compiled: Result<Compiled, readonly Problem[]>,
): Promise<Result<Compiled, readonly Problem[]>> {
  if (!compiled.ok) return refuse(place, "propose", compiled.error);
  const recorded = await recordCompiled(place, compiled.value);
  return recorded.ok ? compiled : fail([recorded.error]);
}

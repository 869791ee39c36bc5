import type { Principal } from "../../core/approval/approval.ts";
import { indexDomain } from "../../core/domain/domain-index.ts";
import { buildObservation } from "../../core/plan/compile/build-call.ts";
import type { Fact, Plan, Proposer as ProposerIdentity } from "../../core/plan/plan.ts";
import { parseProposal } from "../../core/plan/wire/parse-proposal.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { SiteEvent } from "../../core/run/words/event.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { observeObjects } from "../../engine/effects/perform-observe.ts";
import { stopOn } from "../../ports/stop.ts";
import type { ModelCall } from "../../propose/index.ts";
import { type Compiled, planProposal } from "../plan/plan-proposal.ts";
import { findUntrusted } from "../site/find-untrusted.ts";
import type { Site } from "../site/site.ts";
import type { SiteRecords } from "../site/site-records.ts";
import type { Workplace } from "../site/workplace.ts";
import { askUntilMended } from "./ask-until-mended.ts";
import type { OpenProposer } from "./open-proposer.ts";

/** What an operator asks a proposer for. */
export interface ProposalRequest {
  readonly intent: string;
  readonly goal: string;
  readonly inputs: readonly { readonly name: string; readonly value: JsonValue }[];
  readonly onBehalfOf: string;
  readonly parent: Plan["parent"];
  readonly signal: AbortSignal;
}

/**
 * The result of asking a proposer: the plan, or the problems of its last answer. `calls` has every call, also failed
 * ones.
 */
export interface ProposedChange {
  readonly proposer: ProposerIdentity;
  readonly bytes: Uint8Array | null;
  readonly planned: Result<Compiled, readonly Problem[]>;
  readonly roundCount: number;
  readonly calls: readonly ModelCall[];
}

/**
 * Intent → plan, by a proposer. Its answer goes through the ordinary gate, and back with all problems at most
 * `repairRounds` times. With `reads: internal`, every fact is read first, so that the proposer sees the world as it is.
 */
export async function proposeChange(
  place: Pick<Workplace, "ports" | "actor">,
  site: Site,
  records: SiteRecords,
  open: OpenProposer,
  request: ProposalRequest,
): Promise<ProposedChange> {
  const { intent, goal, inputs, parent, onBehalfOf, signal } = request;
  const proposer: ProposerIdentity = { kind: open.proposer.kind, id: open.proposer.id, onBehalfOf };
  const facts = open.readsFacts ? await readFacts(place, site, records) : ok([]);
  if (!facts.ok) return { proposer, bytes: null, planned: facts, roundCount: 0, calls: [] };
  const { domain } = site.pack;
  // Who asked is known here even if only a goal or a workflow's inputs say what for.
  const asked = { text: intent, by: onBehalfOf };
  const { read, ...answered } = await askUntilMended(
    open,
    { intent, goal, alert: null, domain, facts: facts.value, inputs, signal },
    (proposal) => planProposal(place, site, records, { proposal, proposer, goal, intent: asked, inputs, parent }),
  );
  return { proposer, planned: read, ...answered };
}

/** Every fact of the inventory as it is now, but only with a pack that a person trusts. */
async function readFacts(
  { ports }: Pick<Workplace, "ports">,
  site: Site,
  records: SiteRecords,
): Promise<Result<readonly Fact[], readonly Problem[]>> {
  const untrusted = findUntrusted(site, records);
  if (untrusted !== null) return fail([untrusted]);
  const index = indexDomain(site.pack.domain);
  const observations = site.pack.domain.inventory.flatMap(
    ({ type, id }) => buildObservation(`${type}/${id}`, index) ?? [],
  );
  const { signal } = new AbortController();
  const { connections } = site;
  const { resolveSecret, clock, onLook } = ports;
  const observed = await observeObjects(
    observations,
    { connections, resolveSecret, clock, stop: stopOn(signal) },
    { onLook },
  );
  // A reading that is not a value of its fact would tell a proposer nothing.
  return observed.ok
    ? ok(
        observed.value.flatMap((object) =>
          object.facts.flatMap(({ name, value }) => (value === null ? [] : [{ name, value }])),
        ),
      )
    : fail([observed.error]);
}

/**
 * The records of calls: who was asked, the digest of the words, the answer's digest, and the cost. They never contain
 * the words.
 */
export function recordsOfCalls(calls: readonly ModelCall[], proposer: string, by: Principal): readonly SiteEvent[] {
  return calls.map(({ model, request, reply, inputTokenCount, outputTokenCount }) => ({
    kind: "model_called",
    runId: null,
    proposer,
    model,
    request,
    reply,
    inputTokenCount,
    outputTokenCount,
    by,
  }));
}

/**
 * One answer to an alert, to be shown and scored beside the decision. Nothing is observed or compiled for it. Its
 * proposer sees the alert's text as data.
 */
export async function proposeForAlert(
  site: Site,
  open: OpenProposer,
  alert: JsonValue,
  signal: AbortSignal,
): Promise<{ readonly proposal: Result<Proposal, readonly Problem[]>; readonly calls: readonly ModelCall[] }> {
  const { domain } = site.pack;
  const { read, calls } = await askUntilMended(
    open,
    { intent: "answer this alert", goal: "", alert, domain, facts: [], inputs: [], signal },
    async (bytes) => parseProposal(bytes),
  );
  return { proposal: read, calls };
}

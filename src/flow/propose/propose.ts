import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Principal } from "../../core/approval/approval.ts";
import { indexDomain } from "../../core/domain/domain-index.ts";
import { buildObservation } from "../../core/plan/compile/build-call.ts";
import type { Fact, Plan, Proposer as ProposerIdentity } from "../../core/plan/plan.ts";
import { parseProposal } from "../../core/plan/wire/parse-proposal.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { SiteEvent } from "../../core/run/words/event.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { suggestName } from "../../core/value/text.ts";
import { observeObjects } from "../../engine/effects/perform-observe.ts";
import { resolveSecret } from "../../engine/effects/secrets.ts";
import { cassetteLine } from "../../models/cassette.ts";
import { proposalOutputSchema } from "../../packs/proposal-output-schema.ts";
import type { ProposerConfig } from "../../packs/proposer-config.ts";
import { readWorkflow } from "../../packs/read-workflow.ts";
import {
  createFileProposer,
  type ModelCall,
  type Proposer,
  type ProposerSpec,
  startProposerProcess,
} from "../../propose/index.ts";
import { type PlannedChange, planProposal } from "../plan/plan-proposal.ts";
import type { Site } from "../site/site.ts";
import type { SiteRecords } from "../site/site-records.ts";
import { askUntilMended } from "./ask-until-mended.ts";

/** A proposer that was started, and how often it may mend its answer. */
export interface OpenProposer {
  readonly proposer: Proposer;
  readonly repairRounds: number;
  readonly readsFacts: boolean;
  close(): void;
}

/** A site's proposers: those of interlock.yaml, and `default` where the environment names a model. */
export function proposersOf(site: Site, environment: NodeJS.ProcessEnv): Readonly<Record<string, ProposerConfig>> {
  const baseUrl = environment["INTERLOCK_PROPOSER_URL"];
  const model = environment["INTERLOCK_PROPOSER_MODEL"];
  if (baseUrl === undefined || model === undefined) return site.config.proposers;
  const apiKey = environment["INTERLOCK_PROPOSER_KEY"] === undefined ? null : "env:INTERLOCK_PROPOSER_KEY";
  return {
    default: { kind: "model", baseUrl, model, apiKey, repairRounds: 2, timeoutMs: 120_000, reads: "internal" },
    ...site.config.proposers,
  };
}

/** Starts the proposer of that name, in a process of its own; the only proposer for `null`. */
export async function openProposer(
  site: Site,
  environment: NodeJS.ProcessEnv,
  name: string | null,
): Promise<Result<OpenProposer, readonly Problem[]>> {
  const known = proposersOf(site, environment);
  const names = Object.keys(known);
  const [only, another] = names;
  const wanted = name ?? (another === undefined ? only : undefined);
  const config = wanted === undefined || !names.includes(wanted) ? undefined : known[wanted];
  if (wanted === undefined || config === undefined) {
    const message =
      name !== null
        ? `there is no proposer \`${name}\``
        : only === undefined
          ? "no proposer is configured"
          : "there is more than one proposer";
    return fail([
      problem(
        "E_PROPOSER_UNKNOWN",
        "",
        message,
        name !== null && only !== undefined
          ? suggestName(name, names)
          : only === undefined
            ? undefined
            : `say which with \`--with\`: ${names.join(", ")}`,
      ),
    ]);
  }
  const folder = dirname(site.configPath);
  if (config.kind === "file")
    return ok({
      proposer: createFileProposer(resolve(folder, config.file), process.stdin),
      repairRounds: 0,
      readsFacts: false,
      close: () => undefined,
    });
  const spec = await specOf(wanted, config, folder);
  if (!spec.ok) return spec;
  const started = startProposerProcess(spec.value, config.kind === "model" ? config.timeoutMs : 10_000);
  return ok({
    proposer: started.proposer,
    repairRounds: config.kind === "workflow" ? 0 : config.repairRounds,
    readsFacts: config.kind !== "workflow" && config.reads === "internal",
    close: started.close,
  });
}

async function specOf(
  name: string,
  config: Exclude<ProposerConfig, { readonly kind: "file" }>,
  folder: string,
): Promise<Result<ProposerSpec, readonly Problem[]>> {
  switch (config.kind) {
    case "workflow": {
      const workflow = readWorkflow(resolve(folder, config.file));
      return workflow.ok ? ok({ kind: "workflow", workflow: workflow.value }) : workflow;
    }
    case "cassette": {
      const lines = readText(resolve(folder, config.file));
      return lines.ok
        ? ok({
            kind: "cassette",
            id: name,
            model: config.model,
            lines: lines.value,
            outputSchema: proposalOutputSchema(),
            confidentiality: config.reads,
          })
        : lines;
    }
    case "model": {
      const reference =
        config.apiKey?.startsWith("file:") === true
          ? `file:${resolve(folder, config.apiKey.slice("file:".length))}`
          : config.apiKey;
      const key = reference === null ? ok(null) : await resolveSecret(reference);
      if (!key.ok) return fail([key.error]);
      const { baseUrl, model, reads } = config;
      return ok({
        kind: "model",
        id: name,
        baseUrl,
        model,
        apiKey: key.value,
        outputSchema: proposalOutputSchema(),
        confidentiality: reads,
      });
    }
  }
}

function readText(path: string): Result<string, readonly Problem[]> {
  try {
    return ok(readFileSync(path, "utf8"));
  } catch {
    return fail([problem("E_INPUT_MISSING", "", `\`${path}\` cannot be read`)]);
  }
}

/** What an operator asks a proposer for. */
export interface ProposalRequest {
  readonly intent: string;
  readonly goal: string;
  readonly inputs: readonly { readonly name: string; readonly value: JsonValue }[];
  readonly onBehalfOf: string;
  readonly parent: Plan["parent"];
  readonly signal: AbortSignal;
}

/** What a proposer came to: the plan, or the problems of its last answer. Every call is in `calls`, whatever came of it. */
export interface ProposedChange {
  readonly proposer: ProposerIdentity;
  readonly bytes: Uint8Array | null;
  readonly planned: Result<PlannedChange | "nothing_to_do", readonly Problem[]>;
  readonly roundCount: number;
  readonly calls: readonly ModelCall[];
}

/**
 * Intent → plan, by a proposer: its answer goes through the ordinary gate, and back with every problem of the checker at most
 * `repairRounds` times. With `reads: internal` every fact is read first, so that the proposer sees the world as it is.
 */
export async function proposeChange(
  site: Site,
  records: SiteRecords,
  open: OpenProposer,
  request: ProposalRequest,
): Promise<ProposedChange> {
  const { intent, goal, inputs, parent, onBehalfOf, signal } = request;
  const proposer: ProposerIdentity = { kind: open.proposer.kind, id: open.proposer.id, onBehalfOf };
  const facts = open.readsFacts ? await readFacts(site, records, signal) : ok([]);
  if (!facts.ok) return { proposer, bytes: null, planned: facts, roundCount: 0, calls: [] };
  const { domain } = site.pack;
  const { read, ...answered } = await askUntilMended(
    open,
    { intent, goal, alert: null, domain, facts: facts.value, inputs, signal },
    (proposal) => planProposal(site, records, { proposal, proposer, goal, inputs, parent }, signal),
  );
  return { proposer, planned: read, ...answered };
}

/** Every fact of the inventory as it is now; only with a pack that a person trusted. */
async function readFacts(
  site: Site,
  records: SiteRecords,
  signal: AbortSignal,
): Promise<Result<readonly Fact[], readonly Problem[]>> {
  if (!records.trustedPacks.has(site.pack.digest))
    return fail([
      problem("E_PACK_UNTRUSTED", "", `nobody has trusted the pack \`${site.pack.domain.name}\` as it is now`),
    ]);
  const index = indexDomain(site.pack.domain);
  const observations = site.pack.domain.inventory.flatMap(
    ({ type, id }) => buildObservation(`${type}/${id}`, index) ?? [],
  );
  const observed = await observeObjects(observations, { connections: site.connections, resolveSecret, signal });
  // A reading that is no value of its fact says nothing a proposer could use.
  return observed.ok
    ? ok(
        observed.value.flatMap((object) =>
          object.facts.flatMap(({ name, value }) => (value === null ? [] : [{ name, value }])),
        ),
      )
    : fail([observed.error]);
}

/** What a cassette holds of these calls: a line for each that was answered, so that the same request is answered alike. */
export function cassetteOf(calls: readonly ModelCall[]): string {
  return calls
    .flatMap(({ request, model, text }) => (text === null ? [] : cassetteLine("proposal", { request, model, text })))
    .join("");
}

/** The records of calls: who was asked, with which words, what it said, what it cost; never the words themselves. */
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
 * One answer to an alert, to be shown and scored beside the decision: nothing is observed for it, and nothing is compiled. Its
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

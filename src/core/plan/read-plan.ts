import type { Freshness } from "../domain/domain.ts";
import { factExtractionFields, factValue, parsedFactType } from "../domain/read-parsed.ts";
import { type Problem, problem } from "../value/codes.ts";
import { type Digest, type DigestDomain, digest } from "../value/digest.ts";
import { isJsonObject, type JsonValue } from "../value/json-value.ts";
import { fail, type Result } from "../value/result.ts";
import { anyJson, oneOf, type Parser, parseWith } from "../value/shape.ts";
import { documentOfType, objectOf, optionalSince, taggedBy } from "../value/shape-object.ts";
import { anyList, anyNumber, anyText, digestText, nullOr, someList, wholeNumber } from "../value/shape-stored.ts";
import { planStep } from "./kinds/index.ts";
import { call, objectRef } from "./kinds/read-step.ts";
import type {
  Bounds,
  Fact,
  FolderPin,
  ObjectObservation,
  Pins,
  Plan,
  PlanIntent,
  PlanPreparer,
  ProgramPin,
  Proof,
  Proposer,
  TargetPin,
} from "./plan.ts";
import { planFormats } from "./plan-format.ts";
import { planName } from "./plan-hash.ts";

/*
 * The one way from JSON to a plan. What a person approved is run as it stands or not at all: an unknown version, an
 * unknown field and a value of another type are refused, since each of them may mean something that this release would
 * not do. Optional fields of `Plan` and its parts must be read here or in `kinds/`, or nothing compiles.
 */

const proposer = objectOf<Proposer>({
  kind: oneOf(["person", "file", "model", "workflow", "search", "recovery"]),
  id: anyText(),
  onBehalfOf: anyText(),
});

const observation = objectOf<ObjectObservation>({
  object: objectRef,
  call,
  facts: anyList(objectOf<ObjectObservation["facts"][number]>({ ...factExtractionFields, type: parsedFactType })),
  fingerprint: anyList(anyText()),
  fence: nullOr(anyText()),
  fresh: optionalSince(
    "interlock.plan/2",
    taggedBy("kind", {
      is: objectOf<Extract<Freshness, { readonly kind: "is" }>>({
        kind: oneOf(["is"]),
        pointer: anyText(),
        value: anyJson(),
      }),
      within: objectOf<Extract<Freshness, { readonly kind: "within" }>>({
        kind: oneOf(["within"]),
        pointer: anyText(),
        withinMs: wholeNumber(),
      }),
    } satisfies { readonly [Kind in Freshness["kind"]]: Parser<Extract<Freshness, { readonly kind: Kind }>> }),
  ),
});

type ProofOf<Kind extends Proof["kind"]> = Extract<Proof, { readonly kind: Kind }>;

const proof = taggedBy("kind", {
  not_attempted: objectOf<ProofOf<"not_attempted">>({ kind: oneOf(["not_attempted"]) }),
  proven: objectOf<ProofOf<"proven">>({
    kind: oneOf(["proven"]),
    stateCount: wholeNumber(),
    faultCountMax: wholeNumber(),
  }),
  not_proven: objectOf<ProofOf<"not_proven">>({ kind: oneOf(["not_proven"]), stateCount: wholeNumber() }),
} satisfies { readonly [Kind in Proof["kind"]]: Parser<ProofOf<Kind>> });

const bounds = objectOf<Bounds>({
  stepCount: wholeNumber(),
  writeCount: wholeNumber(),
  callCount: wholeNumber(),
  outputBytes: wholeNumber(),
  costUsd: anyNumber(),
  durationMs: wholeNumber(),
});

const pins = objectOf<Pins>({
  domain: digestText(),
  pack: nullOr(digestText()),
  connections: digestText(),
  policies: nullOr(digestText()),
  situation: nullOr(digestText()),
  evidence: nullOr(digestText()),
  engine: anyText(),
  targets: anyList(
    objectOf<TargetPin>({
      object: objectRef,
      fingerprint: digestText(),
      facts: anyList(objectOf<Fact>({ name: anyText(), value: factValue })),
    }),
  ),
  programs: optionalSince(
    "interlock.plan/2",
    someList(objectOf<ProgramPin>({ path: anyText(), digest: digestText() })),
  ),
  folders: optionalSince(
    "interlock.plan/2",
    someList(objectOf<FolderPin>({ path: anyText(), leadsTo: nullOr(anyText()), file: nullOr(anyText()) })),
  ),
});

const intent = objectOf<PlanIntent>({
  text: anyText(),
  by: anyText(),
  goalBy: oneOf(["asker", "proposer", "both", "none"]),
});

const preparer = objectOf<PlanPreparer>({ kind: oneOf(["person", "agent", "service"]), id: anyText() });

const plan = documentOfType<Plan>(planFormats, {
  goal: anyText(),
  summary: anyText(),
  assumptions: anyList(anyText()),
  proposer,
  domain: objectOf<Plan["domain"]>({
    name: anyText(),
    version: anyText(),
    environment: oneOf(["lab", "staging", "production"]),
  }),
  inputs: anyList(objectOf<Plan["inputs"][number]>({ name: anyText(), value: anyJson() })),
  steps: anyList(planStep),
  observations: anyList(observation),
  invariants: anyList(objectOf<Plan["invariants"][number]>({ name: anyText(), holds: anyText() })),
  proof,
  bounds,
  pins,
  parent: nullOr(objectOf<NonNullable<Plan["parent"]>>({ runId: anyText(), incidentId: nullOr(anyText()) })),
  intent: optionalSince("interlock.plan/2", intent),
  preparedBy: optionalSince("interlock.plan/2", preparer),
});

/**
 * Reads a plan, or says everything that is wrong with it: `E_SCHEMA_VERSION`, `E_SCHEMA_UNKNOWN_FIELD`,
 * `E_SCHEMA_MISSING_FIELD` or `E_SCHEMA`, each with its place. The plan has the same canonical bytes as the document.
 *
 * Cost: O(n); about half of what its hash takes (`node bench/gate.ts`).
 */
export function readPlan(document: JsonValue): Result<Plan, readonly Problem[]> {
  return parseWith(plan, document);
}

/**
 * Reads the plan that a hash names. `E_PLAN_DIGEST` where another document stands in its place; otherwise the first
 * problem of `readPlan`.
 *
 * @param digestOf - a driver may bring a faster SHA-256
 */
export function readPlanOf(
  planHash: Digest,
  document: JsonValue,
  digestOf: (domain: DigestDomain, value: JsonValue) => Digest = digest,
): Result<Plan, Problem> {
  const format = isJsonObject(document) ? document["format"] : undefined;
  const known = planFormats.find((one) => one === format);
  const isOther =
    known === undefined ? !String(format).startsWith("interlock.plan/") : digestOf(known, document) !== planHash;
  const changed = problem("E_PLAN_DIGEST", "", "the plan beside the log is not the one its hash names");
  if (isOther) return fail(changed);
  const read = readPlan(document);
  if (read.ok) return read;
  // Its hash is right, so it was written so: by a release that knows more than this one.
  const { code, pointer, message } = read.error[0] ?? changed;
  return fail(problem(code, pointer, `this release cannot read ${planName(planHash)}: ${message}`, laterRelease));
}

/** What was asked for, as a document that is said to be a plan has it; `null` where it says nothing of it. */
export function intentIn(document: JsonValue): PlanIntent | null {
  const found = isJsonObject(document) ? document["intent"] : undefined;
  const read = found === undefined ? null : parseWith(intent, found);
  return read?.ok === true ? read.value : null;
}

const laterRelease = "use the release that wrote the plan, or a later one";

import type { Principal } from "../../core/approval/approval.ts";
import type { SiteEvent } from "../../core/run/words/event.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { parseDigest } from "../../core/value/digest.ts";
import { parseJson } from "../../core/value/json.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { isNextStep } from "../../core/value/next-step.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { type ControlInput, controlLineBytesMax, type RecordableKind, type StoreControl } from "./protocol.ts";

/**
 * Reads one request line. Only this user can open the socket (0600), but what arrives over it is checked like any
 * input.
 */
export function parseControl(line: string): Result<ControlInput, Problem> {
  const parsed = parseJson(line, { bytesMax: controlLineBytesMax, depthLevelsMax: 64 });
  if (!parsed.ok) return fail(parsed.error[0] ?? malformed("unreadable"));
  if (!isJsonObject(parsed.value) || parsed.value["format"] !== "interlock.control/1")
    return fail(malformed("the format is not `interlock.control/1`"));
  const input = parsed.value["input"];
  if (input === undefined || !isJsonObject(input)) return fail(malformed("`input` is missing"));
  return input["kind"] === "record" ? parseRecord(input) : parseInput(input);
}

function parseRecord(input: JsonObject): Result<ControlInput, Problem> {
  const { events, documents } = input;
  if (!Array.isArray(events) || !Array.isArray(documents)) return fail(malformed("`events` and `documents` are lists"));
  if (!events.every(isRecordable))
    return fail(malformed("only events of the site can be recorded, each with all its fields"));
  const areDocuments = documents.every(
    (document: JsonValue) =>
      isJsonObject(document) &&
      typeof document["digest"] === "string" &&
      parseDigest(document["digest"]).ok &&
      document["value"] !== undefined,
  );
  // Kinds, fields and digests were just checked.
  return areDocuments
    ? ok({ kind: "record", events: events as unknown as readonly SiteEvent[], documents: documents as never })
    : fail(malformed("a document is a digest and a value"));
}

/**
 * Whether everyone who folds the log could read this event. One that they could not would keep every later owner from
 * opening the store.
 */
function isRecordable(event: JsonValue): boolean {
  if (!isJsonObject(event) || event["runId"] !== null) return false;
  const fields = Object.hasOwn(recordable, String(event["kind"])) ? recordable[event["kind"] as RecordableKind] : null;
  return fields !== null && Object.entries(fields).every(([field, holds]) => holds(event[field]));
}

type Check = (value: JsonValue | undefined) => boolean;

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number" && value >= 0;
const isDigest: Check = (value) => typeof value === "string" && parseDigest(value).ok;
const isPrincipal: Check = (value) =>
  value !== undefined && isJsonObject(value) && isText(value["kind"]) && isText(value["id"]);
const isProblem: Check = (value) =>
  value !== undefined &&
  isJsonObject(value) &&
  isText(value["code"]) &&
  isText(value["message"]) &&
  (value["next"] === undefined || isNextStep(value["next"]));
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

const recordable: Readonly<Record<RecordableKind, Readonly<Record<string, Check>>>> = {
  plan_recorded: { planHash: isDigest, proposalDigest: orNull(isDigest), by: isPrincipal },
  approval_recorded: { approvalId: isText, planHash: isDigest, envelope: isDigest, by: isPrincipal },
  approval_rejected: { planHash: isDigest, by: isPrincipal, reason: isText },
  grant_recorded: {
    grantId: isText,
    envelope: isDigest,
    writeCountMax: isNumber,
    costUsdMax: isNumber,
    expiresAtMs: isNumber,
    by: isPrincipal,
  },
  pack_trusted: { pack: isText, digest: isDigest, by: isPrincipal },
  round_trip_recorded: { action: isText, actionDigest: isDigest, target: isText, evidence: isDigest, by: isPrincipal },
  incident_opened: { incidentId: isText, key: isText, situation: isDigest, by: isPrincipal },
  incident_planned: { incidentId: isText, planHash: isDigest, draft: isDigest, by: isPrincipal },
  incident_closed: { incidentId: isText, key: isText, outcome: isText, report: orNull(isDigest), by: isPrincipal },
  model_called: {
    proposer: isText,
    model: isText,
    request: isDigest,
    reply: orNull(isDigest),
    inputTokenCount: orNull(isNumber),
    outputTokenCount: orNull(isNumber),
    by: isPrincipal,
  },
  input_refused: { input: isText, problem: isProblem, by: orNull(isPrincipal) },
};

function parseInput(input: JsonObject): Result<ControlInput, Problem> {
  const by = parsePrincipal(input["by"]);
  const reason = input["reason"];
  const { runId, stepId, scope, answer } = input;
  if (by === null) return fail(malformed("`by` is not a principal"));
  switch (input["kind"]) {
    case "stop":
    case "kill":
    case "rollback":
    case "close":
      if (typeof runId !== "string" || typeof reason !== "string") break;
      return ok({ kind: input["kind"], runId, by, reason });
    case "resolve": {
      const as = input["as"];
      if (typeof runId !== "string" || typeof stepId !== "string" || typeof reason !== "string") break;
      if (as !== "applied" && as !== "not_applied" && as !== "restored") break;
      return ok({ kind: "resolve", runId, stepId, as, by, reason });
    }
    case "answer":
      if (typeof runId !== "string" || typeof stepId !== "string" || (answer !== "approved" && answer !== "rejected"))
        break;
      return ok({ kind: "answer", runId, stepId, answer, by, ...(typeof reason === "string" ? { reason } : {}) });
    case "freeze":
    case "unfreeze":
      if (typeof scope !== "string" || typeof reason !== "string") break;
      return ok({ kind: input["kind"], runId: null, scope, by, reason });
    case "apply": {
      const planHash = typeof input["planHash"] === "string" ? parseDigest(input["planHash"]) : null;
      if (planHash === null || !planHash.ok) break;
      return ok({ kind: "apply", planHash: planHash.value, by });
    }
    default: {
      const work = parseStoreWork(input, by);
      if (work !== null) return ok(work);
    }
  }
  return fail(malformed("there is no such input, or one of its fields is missing"));
}

function parseStoreWork(input: JsonObject, by: Principal): StoreControl | null {
  const { kind, runIds, archiveFolder, archivePath, reason } = input;
  if (kind === "measure") return { kind, by };
  if (typeof reason !== "string") return null;
  if (kind === "restore_bodies") return typeof archivePath === "string" ? { kind, archivePath, by, reason } : null;
  if (!Array.isArray(runIds) || !runIds.every(isText)) return null;
  // Every one of them was just checked.
  const named = runIds as readonly string[];
  if (kind === "destroy_bodies") return { kind, runIds: named, by, reason };
  return kind === "archive_bodies" && typeof archiveFolder === "string"
    ? { kind, runIds: named, archiveFolder, by, reason }
    : null;
}

function parsePrincipal(value: JsonValue | undefined): Principal | null {
  if (value === undefined || !isJsonObject(value)) return null;
  const { kind, id } = value;
  if ((kind !== "person" && kind !== "service" && kind !== "agent") || typeof id !== "string" || id === "") return null;
  // A key proves something only where a signature is checked. Nothing is signed over this socket.
  return { kind, id, keyId: null };
}

function malformed(message: string): Problem {
  return problem("E_SCHEMA", "/input", `the control request is malformed: ${message}`);
}

import type { Principal } from "../../core/approval/approval.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type JsonObject, type JsonValue, isJsonObject, parseJson } from "../../core/value/json.ts";
import { parseDigest } from "../../core/value/digest.ts";
import { type Result, fail, ok } from "../../core/value/result.ts";
import type { SiteEvent } from "../../core/run/event.ts";
import { type ControlInput, controlLineBytesMax, recordableKinds } from "./protocol.ts";

/** Reads one request line. The socket is the user's own (0600); what comes over it is still checked like anything else. */
export function parseControl(line: string): Result<ControlInput, Problem> {
  const parsed = parseJson(line, { bytesMax: controlLineBytesMax, depthLevelsMax: 64 });
  if (!parsed.ok) return fail(parsed.error[0] ?? malformed("unreadable"));
  if (!isJsonObject(parsed.value) || parsed.value["format"] !== "interlock.control/1") return fail(malformed("the format is not `interlock.control/1`"));
  const input = parsed.value["input"];
  if (input === undefined || !isJsonObject(input)) return fail(malformed("`input` is missing"));
  return input["kind"] === "record" ? parseRecord(input) : parseInput(input);
}

/** Events are checked for their kind alone: whoever can open this socket can also open the store's file. */
function parseRecord(input: JsonObject): Result<ControlInput, Problem> {
  const { events, documents } = input;
  if (!Array.isArray(events) || !Array.isArray(documents)) return fail(malformed("`events` and `documents` are lists"));
  const kinds: readonly string[] = recordableKinds;
  if (!events.every((event: JsonValue) => isJsonObject(event) && kinds.includes(String(event["kind"])))) return fail(malformed("only what concerns the site is recorded"));
  const areDocuments = documents.every((document: JsonValue) => isJsonObject(document) && typeof document["digest"] === "string" && parseDigest(document["digest"]).ok && document["value"] !== undefined);
  // Kinds and digests were just checked; fields come from our own command line.
  return areDocuments ? ok({ kind: "record", events: events as unknown as readonly SiteEvent[], documents: documents as never }) : fail(malformed("a document is a digest and a value"));
}

function parseInput(input: JsonObject): Result<ControlInput, Problem> {
  const by = parsePrincipal(input["by"]);
  const reason = input["reason"];
  const { runId, stepId, scope, answer } = input;
  if (by === null) return fail(malformed("`by` is no principal"));
  switch (input["kind"]) {
    case "stop": case "kill": case "rollback": case "close":
      if (typeof runId !== "string" || typeof reason !== "string") break;
      return ok({ kind: input["kind"], runId, by, reason });
    case "resolve": {
      const as = input["as"];
      if (typeof runId !== "string" || typeof stepId !== "string" || typeof reason !== "string") break;
      if (as !== "applied" && as !== "not_applied" && as !== "restored") break;
      return ok({ kind: "resolve", runId, stepId, as, by, reason });
    }
    case "answer":
      if (typeof runId !== "string" || typeof stepId !== "string" || (answer !== "approved" && answer !== "rejected")) break;
      return ok({ kind: "answer", runId, stepId, answer, by });
    case "freeze": case "unfreeze":
      if (typeof scope !== "string" || typeof reason !== "string") break;
      return ok({ kind: input["kind"], runId: null, scope, by, reason });
    default:
  }
  return fail(malformed("no such input, or a field of it is missing"));
}

function parsePrincipal(value: JsonValue | undefined): Principal | null {
  if (value === undefined || !isJsonObject(value)) return null;
  const { kind, id } = value;
  if ((kind !== "person" && kind !== "service" && kind !== "agent") || typeof id !== "string" || id === "") return null;
  // A key proves something only where a signature is checked; over this socket nothing is signed.
  return { kind, id, keyId: null };
}

function malformed(message: string): Problem {
  return problem("E_SCHEMA", "/input", `the control request is malformed: ${message}`);
}

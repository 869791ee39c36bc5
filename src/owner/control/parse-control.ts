import type { Principal } from "../../core/approval/approval.ts";
import { signedEnvelope } from "../../core/approval/parse-approval.ts";
import type { SiteEvent } from "../../core/run/words/event.ts";
import type { FreezeInput } from "../../core/run/words/input.ts";
import { siteEvent } from "../../core/run/words/read-event.ts";
import { principalRecord } from "../../core/run/words/read-parts.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { parseJson } from "../../core/value/json.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import {
  anyJson,
  oneOf,
  type Parser,
  type Place,
  parseWith,
  placeBelow,
  refine,
  refuseAt,
  refuseKind,
  text,
} from "../../core/value/shape.ts";
import { documentOfType, objectOf, optional, taggedBy } from "../../core/value/shape-object.ts";
import { anyList, anyText, digestText } from "../../core/value/shape-stored.ts";
import type { StoredDocument } from "../../ports.ts";
import { type ControlInput, type ControlRequest, controlLineBytesMax, type RecordableKind } from "./protocol.ts";

/**
 * Reads one request line. Only this user can open the socket (0600), but what arrives over it is checked like any
 * input. A field that this owner does not know is refused: it may be a condition, and the owner would act without it.
 */
export function parseControl(line: string): Result<ControlInput, Problem> {
  const parsed = parseJson(line, { bytesMax: controlLineBytesMax, depthLevelsMax: 64 });
  if (!parsed.ok) return fail(malformed(parsed.error));
  const request = parseWith(controlRequest, parsed.value);
  return request.ok ? ok(request.value.input) : fail(malformed(request.error));
}

/** A key proves something only where a signature is checked; over this socket nothing is signed. */
const by: Parser<Principal> = refine(principalRecord, ({ kind, id }, at) =>
  id === "" ? refuseAt(placeBelow(at, "id"), "E_SCHEMA", "nobody is named") : { kind, id, keyId: null },
);

const runId = anyText();
/** As long as the door lets a person give one. */
const reason = text();

type InputOf<Kind extends ControlInput["kind"]> = Extract<ControlInput, { readonly kind: Kind }>;

const noRun: Parser<null> = (value, at) => (value === null ? null : refuseKind(at, "null", value));

const wordOnRun = objectOf<InputOf<"kill" | "rollback" | "close">>({
  kind: oneOf(["kill", "rollback", "close"]),
  runId,
  by,
  reason,
});

const wordOnSite = objectOf<Omit<FreezeInput, "atMs">>({
  kind: oneOf(["freeze", "unfreeze"]),
  runId: noRun,
  scope: anyText(),
  by,
  reason,
});

/** The kinds that may be recorded from outside: none of them starts, moves or ends a run. */
const recordable: Readonly<Record<RecordableKind, true>> = {
  plan_recorded: true,
  nothing_planned: true,
  approval_recorded: true,
  approval_rejected: true,
  grant_recorded: true,
  pack_trusted: true,
  trust_withdrawn: true,
  round_trip_recorded: true,
  incident_opened: true,
  incident_planned: true,
  incident_told: true,
  incident_closed: true,
  notification_queued: true,
  notification_delivered: true,
  notification_failed: true,
  notification_acknowledged: true,
  notification_withdrawn: true,
  model_called: true,
  input_refused: true,
};

/** An event that everyone who folds the log can read: one that is not would keep every later owner from opening it. */
const recordedEvent: Parser<SiteEvent> = refine(siteEvent, (event, at) =>
  Object.hasOwn(recordable, event.kind) && event.runId === null
    ? withShortReason(event, at)
    : refuseAt(at, "E_SCHEMA", "only events of the site can be recorded"),
);

/** What is in the log already may have a longer reason, so that what reads the log does not ask. */
function withShortReason(event: SiteEvent, at: Place): SiteEvent | undefined {
  const isTold = event.kind === "approval_rejected" || event.kind === "notification_acknowledged";
  return !isTold || reason(event.reason, placeBelow(at, "reason")) !== undefined ? event : undefined;
}

const runIds = anyList(anyText());

const inputs: { readonly [Kind in ControlInput["kind"]]: Parser<ControlInput> } = {
  stop: objectOf<InputOf<"stop">>({
    kind: oneOf(["stop"]),
    runId,
    by,
    reason,
    cause: optional(oneOf(["SIGINT", "SIGTERM", "called_off"])),
  }),
  kill: wordOnRun,
  rollback: wordOnRun,
  close: wordOnRun,
  resolve: objectOf<InputOf<"resolve">>({
    kind: oneOf(["resolve"]),
    runId,
    stepId: anyText(),
    as: oneOf(["applied", "not_applied", "restored"]),
    by,
    reason,
  }),
  answer: objectOf<InputOf<"answer">>({
    kind: oneOf(["answer"]),
    runId,
    stepId: anyText(),
    answer: oneOf(["approved", "rejected"]),
    by,
    reason: optional(reason),
    signed: optional(signedEnvelope),
  }),
  freeze: wordOnSite,
  unfreeze: wordOnSite,
  anchor: objectOf<InputOf<"anchor">>({ kind: oneOf(["anchor"]), runId: noRun, by, reason }),
  apply: objectOf<InputOf<"apply">>({ kind: oneOf(["apply"]), planHash: digestText(), by }),
  record: objectOf<InputOf<"record">>({
    kind: oneOf(["record"]),
    events: anyList(recordedEvent),
    documents: anyList(objectOf<StoredDocument>({ digest: digestText(), value: anyJson() })),
  }),
  archive_bodies: objectOf<InputOf<"archive_bodies">>({
    kind: oneOf(["archive_bodies"]),
    runIds,
    archiveFolder: anyText(),
    by,
    reason,
  }),
  destroy_bodies: objectOf<InputOf<"destroy_bodies">>({ kind: oneOf(["destroy_bodies"]), runIds, by, reason }),
  restore_bodies: objectOf<InputOf<"restore_bodies">>({
    kind: oneOf(["restore_bodies"]),
    archivePath: anyText(),
    by,
    reason,
  }),
  accept_log: objectOf<InputOf<"accept_log">>({ kind: oneOf(["accept_log"]), by, reason }),
  measure: objectOf<InputOf<"measure">>({ kind: oneOf(["measure"]), by }),
};

const controlRequest = documentOfType<ControlRequest>(["interlock.control/1"], { input: taggedBy("kind", inputs) });

/** The first problem, at its place in the request. */
function malformed([first]: readonly Problem[]): Problem {
  const { code, pointer, message } = first ?? problem("E_SCHEMA", "", "it does not parse");
  return problem(code, pointer, `the control request is malformed: ${message}`);
}

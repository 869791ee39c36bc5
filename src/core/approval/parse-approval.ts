import { type Problem, problem } from "../value/codes.ts";
import { type Digest, digest } from "../value/digest.ts";
import type { JsonValue } from "../value/json-value.ts";
import { fail, ok, type Result } from "../value/result.ts";
import {
  boolean,
  integer,
  listOf,
  name,
  number,
  oneOf,
  type Parser,
  parseWith,
  refine,
  refuseAt,
  text,
} from "../value/shape.ts";
import { documentOfType, object, objectOf, optionalSince } from "../value/shape-object.ts";
import { anyText, digestText, nullOr } from "../value/shape-stored.ts";
import { quote } from "../value/text.ts";
import {
  type Approval,
  type ApprovalFormat,
  approvalFormats,
  type Envelope,
  type Grant,
  type GrantFormat,
  grantFormats,
  type Principal,
  type SignedEnvelope,
  type StoreAddress,
} from "./approval.ts";

const timeMs = integer({ min: 0, max: 8.64e15 });

const principal = objectOf<Principal>({
  kind: oneOf(["person", "agent", "service"]),
  id: name(),
  keyId: nullOr(digestText()),
});

const envelope = objectOf<Envelope>({
  domain: name(),
  actions: listOf(name()),
  targets: listOf(
    text({ charsMax: 260, pattern: /^[A-Za-z0-9_.-]+\/(?:\*|[A-Za-z0-9_.-]+)$/, says: "`type/id` or `type/*`" }),
  ),
  writeCountMax: integer({ min: 0, max: 1_000_000 }),
  costUsdMax: number({ min: 0, max: 1e12 }),
  durationMsMax: integer({ min: 0, max: 1e12 }),
  irreversible: boolean(),
});

const storeAddress = objectOf<StoreAddress>({ path: anyText(), file: anyText() });

/** The terms that name the store have a place in an earlier form too, or none; from one form on they are required. */
function withStore<T extends Pick<Approval, "storeId" | "place"> & { readonly format: string }>(
  parser: Parser<T>,
  earlier: readonly string[],
): Parser<T> {
  return refine(parser, (value, at) => {
    if (earlier.includes(value.format)) return value;
    for (const name of ["storeId", "place"] as const)
      if (value[name] === undefined) return refuseAt(at, "E_SCHEMA_MISSING_FIELD", `${quote(name)} is missing`);
    return value;
  });
}

const approvalFields = documentOfType<Approval>(approvalFormats, {
  approvalId: name(),
  planHash: digestText(),
  principal,
  issuedAtMs: timeMs,
  expiresAtMs: timeMs,
  attended: boolean(),
  solo: boolean(),
  typedTargets: listOf(text({ charsMax: 520 })),
  intentDigest: optionalSince("interlock.approval/2", digestText()),
  roster: optionalSince("interlock.approval/2", digestText()),
  role: optionalSince("interlock.approval/2", name()),
  storeId: optionalSince("interlock.approval/2", name()),
  place: optionalSince("interlock.approval/3", nullOr(storeAddress)),
});

const approval = withStore(approvalFields, ["interlock.approval/1", "interlock.approval/2"]);

const grantFields = documentOfType<Grant>(grantFormats, {
  grantId: name(),
  principal,
  issuedAtMs: timeMs,
  expiresAtMs: timeMs,
  attended: boolean(),
  envelope,
  storeId: optionalSince("interlock.grant/2", name()),
  place: optionalSince("interlock.grant/2", nullOr(storeAddress)),
});

const grant = withStore(grantFields, ["interlock.grant/1"]);

/** Reads an approval, or says everything that is wrong with it. */
export function parseApproval(value: JsonValue): Result<Approval, readonly Problem[]> {
  return parseWith(approval, value);
}

/** Reads a grant, or says everything that is wrong with it. */
export function parseGrant(value: JsonValue): Result<Grant, readonly Problem[]> {
  return parseWith(grant, value);
}

/** Reads an envelope, or says everything that is wrong with it. */
export function parseEnvelope(value: JsonValue): Result<Envelope, readonly Problem[]> {
  return parseWith(envelope, value);
}

/** A signed envelope, as it is stored and sent. */
export const signedEnvelope = objectOf<SignedEnvelope>({
  payloadType: oneOf(["application/vnd.in-toto+json"]),
  payload: anyText(),
  signatures: listOf(objectOf<SignedEnvelope["signatures"][number]>({ keyid: anyText(), sig: anyText() }), {
    itemsMin: 1,
  }),
});

/** Reads a signed envelope, or says everything that is wrong with it. Whether its signature holds is told elsewhere. */
export function parseSignedEnvelope(value: JsonValue): Result<SignedEnvelope, readonly Problem[]> {
  return parseWith(signedEnvelope, value);
}

/** What a signature covers: an in-toto statement (https://in-toto.io/Statement/v1) over a plan or an envelope. */
interface Statement<P> {
  readonly _type: "https://in-toto.io/Statement/v1";
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: ApprovalFormat | GrantFormat;
  readonly predicate: P;
}

/**
 * The statement of an approval: its subject is the plan's hash, so that any in-toto verifier sees what was approved.
 */
export function approvalStatement(predicate: Approval): Statement<Approval> {
  return statement(predicate.format, { name: "plan", digest: predicate.planHash }, predicate);
}

/** The statement of a grant: its subject is the domain it is about; there is no plan yet. */
export function grantStatement(predicate: Grant, subject: Digest): Statement<Grant> {
  return statement(predicate.format, { name: `envelope of ${predicate.envelope.domain}`, digest: subject }, predicate);
}

/**
 * The approval in a statement whose signature has been verified. The subject must be the plan that the approval names.
 */
export function readApprovalStatement(value: JsonValue): Result<Approval, Problem> {
  const outer = parseWith(statementShape(approvalFormats), value);
  if (!outer.ok) return fail(outer.error[0] ?? unreadable());
  const predicate = parseApproval(outer.value.predicate);
  if (!predicate.ok) return fail(predicate.error[0] ?? unreadable());
  if (predicate.value.format !== outer.value.predicateType)
    return fail(problem("E_APPROVAL_SIGNATURE", "/predicateType", "the statement is not of its approval's format"));
  const subject = outer.value.subject[0]?.digest.sha256;
  if (subject !== predicate.value.planHash.slice("sha256:".length))
    return fail(problem("E_APPROVAL_SIGNATURE", "/subject", "the approval's subject is not the plan it names"));
  return ok(predicate.value);
}

/** As `readApprovalStatement`, for a grant. */
export function readGrantStatement(value: JsonValue): Result<Grant, Problem> {
  const outer = parseWith(statementShape(grantFormats), value);
  if (!outer.ok) return fail(outer.error[0] ?? unreadable());
  const predicate = parseGrant(outer.value.predicate);
  if (!predicate.ok) return fail(predicate.error[0] ?? unreadable());
  if (predicate.value.format !== outer.value.predicateType)
    return fail(problem("E_APPROVAL_SIGNATURE", "/predicateType", "the statement is not of its grant's format"));
  const subject = outer.value.subject[0]?.digest.sha256;
  if (subject !== envelopeDigest(predicate.value.envelope).slice("sha256:".length))
    return fail(problem("E_APPROVAL_SIGNATURE", "/subject", "the grant's subject is not the envelope it holds"));
  return ok(predicate.value);
}

/** The subject of a grant's statement: the digest of its envelope. */
export function envelopeDigest(envelope: Envelope): Digest {
  return digest("interlock.grant-envelope/1", envelope);
}

function statement<P>(
  predicateType: Statement<P>["predicateType"],
  subject: { readonly name: string; readonly digest: Digest },
  predicate: P,
): Statement<P> {
  const sha256 = subject.digest.slice("sha256:".length);
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: subject.name, digest: { sha256 } }],
    predicateType,
    predicate,
  };
}

function statementShape<const T extends Statement<unknown>["predicateType"]>(
  predicateTypes: readonly T[],
): Parser<{
  readonly predicateType: T;
  readonly subject: readonly { readonly digest: { readonly sha256: string } }[];
  readonly predicate: JsonValue;
}> {
  return object({
    _type: oneOf(["https://in-toto.io/Statement/v1"]),
    subject: listOf(object({ name: text(), digest: object({ sha256: text({ charsMax: 64 }) }) }), {
      itemsMin: 1,
      itemsMax: 1,
    }),
    predicateType: oneOf(predicateTypes),
    predicate: (value) => value,
  });
}

function unreadable(): Problem {
  return problem("E_APPROVAL_SIGNATURE", "", "the signed statement cannot be read");
}

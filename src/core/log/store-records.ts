/**
 * Records about the log itself, in the stream `store`. No fold of a run or of the site reads them; verifiers do. See
 * `removal.ts` for the two that are about bodies.
 */
import type { Problem } from "../value/codes.ts";
import type { Digest } from "../value/digest.ts";
import { parseJson } from "../value/json.ts";
import { isJsonObject, type JsonValue } from "../value/json-value.ts";
import type { Result } from "../value/result.ts";
import { oneOf, type Parser, parseWith, refuseKind } from "../value/shape.ts";
import { objectOf, optional, taggedBy } from "../value/shape-object.ts";
import { anyList, anyText, digestText, nullOr, wholeNumber } from "../value/shape-stored.ts";
import { type BodyRemoved, type BodyRestored, type SeqRange, storeStream } from "./removal.ts";

/** Says which store this log is: a name made at random when the store was created. A log has at most one of these. */
export interface StoreCreated {
  readonly kind: "store_created";
  readonly runId: null;
  /** `st_` and 32 hexadecimal digits. */
  readonly storeId: string;
  /** Where the store was then; absent where the log is in a journal elsewhere. */
  readonly place?: { readonly path: string; readonly file: string };
}

/**
 * The root of a Merkle tree (RFC 6962) over the digests of the first `length` records. With it a later release can show
 * that an extract belongs to a log. This release only keeps the place: it writes none, and its verifiers check one as
 * they check any record, by its digest and its place in the chain. They do not compute the root.
 */
export interface TreeHead {
  readonly kind: "tree_head";
  readonly runId: null;
  readonly length: number;
  readonly root: Digest;
}

/**
 * A person accepted this log although records that were seen before are not in it: the store was written over with an
 * older copy. What was signed up to `sinceMs` counts no longer, because nobody can say whether it was used.
 */
export interface LogAccepted {
  readonly kind: "log_accepted";
  readonly runId: null;
  readonly sinceMs: number;
  /** Where the log ended that was seen; `null` where that could not be read any more. */
  readonly seen: { readonly length: number; readonly head: Digest } | null;
  readonly by: string;
  readonly reason: string;
}

/** Whether a record of the stream `store` can have taken bodies out or put them back; so may one of an unknown kind. */
export function mayChangeBodies(kind: string): boolean {
  return kind !== "store_created" && kind !== "tree_head" && kind !== "log_accepted";
}

/** The body of a record about the log itself. */
export type StoreRecord = BodyRemoved | BodyRestored | StoreCreated | TreeHead | LogAccepted;

const noRun: Parser<null> = (value, at) => (value === null ? null : refuseKind(at, "null", value));
const ranges = anyList(objectOf<SeqRange>({ fromSeq: wholeNumber(), count: wholeNumber() }));

const storeRecord: Parser<StoreRecord> = taggedBy("kind", {
  body_removed: objectOf<BodyRemoved>({
    kind: oneOf(["body_removed"]),
    runId: noRun,
    ranges,
    by: anyText(),
    reason: anyText(),
    archive: nullOr(digestText()),
  }),
  body_restored: objectOf<BodyRestored>({
    kind: oneOf(["body_restored"]),
    runId: noRun,
    ranges,
    by: anyText(),
    reason: anyText(),
    archive: digestText(),
  }),
  store_created: objectOf<StoreCreated>({
    kind: oneOf(["store_created"]),
    runId: noRun,
    storeId: anyText(),
    place: optional(objectOf<NonNullable<StoreCreated["place"]>>({ path: anyText(), file: anyText() })),
  }),
  tree_head: objectOf<TreeHead>({
    kind: oneOf(["tree_head"]),
    runId: noRun,
    length: wholeNumber(),
    root: digestText(),
  }),
  log_accepted: objectOf<LogAccepted>({
    kind: oneOf(["log_accepted"]),
    runId: noRun,
    sinceMs: wholeNumber(),
    seen: nullOr(objectOf<NonNullable<LogAccepted["seen"]>>({ length: wholeNumber(), head: digestText() })),
    by: anyText(),
    reason: anyText(),
  }),
} satisfies {
  readonly [Kind in StoreRecord["kind"]]: Parser<Extract<StoreRecord, { readonly kind: Kind }>>;
});

/** Reads the body of a record about the log itself, or says everything that is wrong with it and where. */
export function readStoreRecord(body: JsonValue): Result<StoreRecord, readonly Problem[]> {
  return parseWith(storeRecord, body);
}

/** The store's id, if this is the record that says it. A body of another shape says nothing. */
export function storeIdIn(record: { readonly stream: string; readonly kind: string }, bodyText: string): string | null {
  if (record.stream !== storeStream || record.kind !== "store_created") return null;
  const body = parseJson(bodyText);
  const storeId = body.ok && isJsonObject(body.value) ? body.value["storeId"] : undefined;
  return typeof storeId === "string" && storeId !== "" ? storeId : null;
}

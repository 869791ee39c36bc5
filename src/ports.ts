/**
 * The ports: everything outside the core that a site can be given another of. A new store, connector, policy engine,
 * model, key or way to reach a person is a folder that implements one of these and passes its contract suite.
 *
 * Rules for every port:
 * - **Data.** What goes in and comes out is readonly plain data, and signals. Both sides may keep it, and neither
 *   changes it afterwards.
 * - **Problems are values.** A method returns a `Problem` for whatever can be expected to go wrong. If it throws all
 *   the same, or answers with anything but its type, the caller turns that into a problem that names the port, and
 *   acts as if the outcome were unknown. Answers are read strictly: own fields, plain data, no field too many.
 * - **Side by side.** Unless a port says otherwise, a method may be called again before an earlier call has answered.
 *   Such calls may end in any order.
 * - **Contracts.** `journal-contract.ts`, `log-contract.ts`, `connector-contract.ts`, `authorizer-contract.ts`,
 *   `model-contract.ts`, `clock-contract.ts`, `signer-contract.ts` and `notifier-contract.ts` beside the
 *   implementations list the claims that an implementation must keep, for any test runner.
 * - **Time** is milliseconds. `atMs` is Unix time; a name that ends in `TimeoutMs` or `Ms` alone is a duration.
 */
import type { Principal } from "./core/approval/approval.ts";
import type { LogEntry, RecordDraft } from "./core/log/record.ts";
import type { Durability } from "./core/run/due/durability.ts";
import type { Reply } from "./core/run/words/input.ts";
import type { NotificationKind } from "./core/run/words/notification-event.ts";
import type { Problem } from "./core/value/codes.ts";
import type { Digest } from "./core/value/digest.ts";
import type { JsonObject, JsonValue } from "./core/value/json-value.ts";
import type { NextStep } from "./core/value/next-step.ts";
import type { Result } from "./core/value/result.ts";
import type { StoredDocument } from "./core/value/stored-document.ts";

export type { Durability } from "./core/run/due/durability.ts";
export type { NotificationKind } from "./core/run/words/notification-event.ts";
export type { StoredDocument } from "./core/value/stored-document.ts";

// ------------------------------------------------------------------------------------------------------------- the log

/**
 * Where a log ends: how many records it has, and the digest of the last one (the genesis digest while there is none).
 */
export interface LogEnd {
  readonly length: number;
  readonly head: Digest;
}

/** Records to read, in ascending order. `stream: null` means every stream. */
export interface LogRange {
  readonly stream: string | null;
  /** The first record number wanted. */
  readonly fromSeq: number;
  /** At most this many records; at least 1. */
  readonly limit: number;
}

/**
 * What faces and flow see of the log. Every method is asynchronous, so that the log may be in another process or on
 * another machine. Reads work beside an owner at any time and take no lock. The door takes no `Log` of the caller's:
 * over a journal of the caller's, the log is read from the mirror on this machine, and a second source could only
 * contradict it.
 *
 * - **Order.** Records come in ascending `seq`, without gaps within the whole log. `atMs` never goes backwards.
 * - **Atomic.** A read sees whole commits. What one call has returned, every later call sees too.
 * - **Bytes.** Each record and body is held against its digest before it is returned. A document is held against a
 *   check of the storage's own; a caller that relies on its digest computes it. Whether records follow from one another
 *   is for `verify` to say: it reads the whole chain.
 * - **Durability.** A record that is returned was committed. It may still be lost in a power cut if it was only
 *   `ordered`.
 * - **Errors.** `E_INPUT_MISSING` where there is no log yet; `E_LOG_CHAIN` where a record or its body was changed;
 *   `E_STORE_CORRUPT` where the file or a document was; `E_STORE_VERSION` where another release wrote it;
 *   `E_STORE_IO` where it cannot be read or the `Log` is closed. `append` also gives the owner's problems,
 *   `E_STORE_LOCKED` where an owner is there and cannot be reached, and `E_SCHEMA` for a record it cannot read.
 */
export interface Log {
  /** Where the log ends now. It never gets shorter. */
  end(): Promise<Result<LogEnd, Problem>>;
  /** One page. Shorter than `limit` only where the log, or the stream, ends; empty behind the end. */
  page(range: LogRange): Promise<Result<readonly LogEntry[], Problem>>;
  /**
   * Every record from `fromSeq` on, then each new one soon after its commit, until the signal aborts. Never skips or
   * repeats a record. A problem is yielded once and ends the sequence.
   */
  follow(range: Omit<LogRange, "limit">, signal: AbortSignal): AsyncIterable<Result<LogEntry, Problem>>;
  /** The document with this digest, or `null` if it was never stored. */
  document(digest: Digest): Promise<Result<JsonValue | null, Problem>>;
  /**
   * Appends records that need no decision (a plan, an approval, a trusted pack), all or none, in the order given, and
   * synced before it resolves. Documents are stored in the same commit. The owner of the site does it, and may give the
   * records another `atMs`, since none is older than the one before it. Where there is no owner, the caller becomes the
   * owner. Resolves with where the log ends behind them. After a problem of the owner's, only reading on tells whether
   * they were written.
   */
  append(records: readonly RecordDraft[], documents: readonly StoredDocument[]): Promise<Result<LogEnd, Problem>>;
  /** Lets go of files and connections. Sequences that are being followed end. Safe to call twice. */
  close(): Promise<void>;
}

// --------------------------------------------------------------------------------------------------------- the journal

/** A record that has its place in the chain: the bytes of its body are fixed and its digest is computed. */
export interface SealedRecord extends LogEntry {
  readonly bodyText: string;
}

/** A record as it lies in the log. */
export interface StoredEntry extends LogEntry {
  /** Number of the record that says why the body is gone; `null` while the body is there. */
  readonly removedBy: number | null;
}

/** A document's canonical text. */
export interface DocumentText {
  readonly digest: Digest;
  readonly text: string;
}

/**
 * Takes a body out of the log, or puts it back. The chain does not change: it names bodies by digest. After a removal
 * `tail` no longer gives the body. Whether its bytes have left the medium is for the journal to say.
 */
export type BodyChange =
  | { readonly kind: "remove"; readonly seq: number; readonly body: Digest }
  | { readonly kind: "restore"; readonly seq: number; readonly bodyText: string };

/** What one append carries: the decisions of one group commit. */
export interface JournalBatch {
  /** The owner's epoch. */
  readonly epoch: number;
  /** Where the owner believes the log ends. */
  readonly from: LogEnd;
  /** Where it ends once this is in; the same as `from` where the batch has no records. */
  readonly to: LogEnd;
  /**
   * The strongest that anything in the batch needs. A journal treats `trailing` as `ordered`: the owner has waited
   * already.
   */
  readonly durability: Durability;
  readonly records: readonly SealedRecord[];
  /** One whose digest the journal has already is not stored again. */
  readonly documents: readonly DocumentText[];
  readonly bodies: readonly MarkedBodyChange[];
}

/** A body change, with the number of the record in the same batch that says who asked for it and why. */
export type MarkedBodyChange = BodyChange & { readonly markerSeq: number };

/** An owner's hold on a journal. */
export interface JournalLease {
  /** Greater than that of every owner before. */
  readonly epoch: number;
  readonly end: LogEnd;
  /**
   * Aborted as soon as the journal learns that it is no longer this owner's. The owner then stops sending at once, and
   * waits no longer for an append that has not answered.
   */
  readonly lost: AbortSignal;
}

/**
 * Where the chain is made durable. It lies below the owner's index: inside the owner every read is served
 * synchronously from that index, and only appends and catching up reach the journal.
 *
 * - **Atomic.** One batch is written whole or not at all, documents and body changes included.
 * - **Conditional.** It is written only if the log ends at `from` and `epoch` is the newest.
 * - **Ordered.** What a batch wrote is there for everything that is appended or read after its append resolved. A power
 *   cut takes only batches from the end: none is left without those before it.
 * - **Durable.** Once the append of a `synced` batch resolves, a power cut takes neither the batch nor anything before
 *   it.
 * - **Bytes.** The caller computes every digest. A journal stores what it is given and never recomputes it. The caller
 *   holds each record that it reads back against its digest.
 * - **One at a time.** The caller has at most one append in flight, and sends none after a failure: it closes the
 *   journal and opens another handle, which tells what was written. It may read during an append.
 * - **In time.** Every method answers within 30 seconds. If it does not, the caller acts as after `E_STORE_IO`.
 *
 * An object is a handle. It is opened at most once. `tail`, `documents` and `document` work while it is open. Before
 * `open` and after `close` every method but `open` and `close` gives `E_STORE_IO`.
 *
 * Each machine remembers the end of the log that the journal last acknowledged to it as durable. A journal that no
 * longer has this record is refused there with `E_LOG_TRUNCATED` or `E_LOG_CHAIN`.
 */
export interface Journal {
  /**
   * Takes the journal, creating it at need. The new epoch is durable before it resolves. `E_STORE_LOCKED` where another
   * owner lives; `E_STORE_CORRUPT`, `E_LOG_CHAIN` or `E_LOG_TRUNCATED` where what it holds cannot be right;
   * `E_STORE_VERSION` where a newer release wrote it; `E_STORE_IO` where it cannot be reached. `owner` is shown to
   * people who find the journal taken. A reader that brings a mirror up to date opens it too, so the cost should not
   * grow with the log.
   */
  open(owner: string): Promise<Result<JournalLease, Problem>>;
  /**
   * Writes one batch. `E_STORE_FENCED`: another owner has taken over, or the log does not end at `from`; nothing was
   * written. `E_STORE_FULL`, `E_STORE_IO`, and anything that it throws: nothing may be acknowledged; the batch is there
   * whole or not at all, and the next `open` tells which. If the answer to a commit is lost, the journal settles that
   * itself, by sending the identical batch again, or gives `E_STORE_IO`.
   */
  append(batch: JournalBatch): Promise<Result<undefined, Problem>>;
  /**
   * Records from `fromSeq` on, as they lie there, ascending and without gaps, for an index that catches up. Shorter
   * than `limit` only where the log ends.
   */
  tail(fromSeq: number, limit: number): Promise<Result<readonly StoredEntry[], Problem>>;
  /**
   * Documents, each once, in the order in which they were stored, without the first `skipCount`, for an index that
   * catches up. The order is the same for every owner. Shorter than `limit` only after the last document.
   */
  documents(skipCount: number, limit: number): Promise<Result<readonly DocumentText[], Problem>>;
  /** A document's text, or `null` if it was never stored. */
  document(digest: Digest): Promise<Result<string | null, Problem>>;
  /**
   * Calls back with the log's length after commits of this owner, until it is unsubscribed or the journal is closed.
   * May leave lengths out; the last one always comes. Never calls from inside `append`, and never after
   * unsubscribing.
   */
  follow(onLength: (length: number) => void): () => void;
  /**
   * Makes what was only ordered durable, unless an append failed, and gives the journal up. Safe to call twice, before
   * `open`, and while an append has not answered, which the caller has then given up.
   */
  close(): Promise<void>;
}

// ---------------------------------------------------------------------------------------------------------- connectors

/**
 * One kind of outside: it turns a call into one effect and says, in the kernel's terms, what is known afterwards.
 *
 * - **Bytes.** A request holds secrets: nothing of it is kept after the reply, logged or returned.
 * - **Atomic.** As far as the target is. A call of which only a part may have happened is `unknown`.
 * - **Ordered.** Several calls may be in the air at once. Where order matters, the kernel waits for a reply.
 */
export interface Connector {
  readonly name: string;
  readonly operations: readonly ConnectorOperation[];
  /**
   * Problems of a site's settings for this connector (`base`, `root`, …), found before anything is called. It has no
   * effects, and does not throw whatever the settings are. Each problem's pointer begins with `pointer`.
   */
  checkSettings(settings: JsonValue, pointer: string): readonly Problem[];
  /**
   * Makes one call. It must not retry, and must stop soon after the signal aborts or `timeoutMs` is over: 10 seconds
   * after that it is no longer waited for, and the call counts as `unknown` until a late reply says more. It never
   * throws: an exception of a library becomes a reply. If it throws all the same, that counts as `unknown`. The reply
   * is `not_sent` only if nothing left this machine, `rejected` only if the target did nothing, and `unknown` whenever
   * in doubt. An output is plain data of at most `outputBytesMax` bytes. It holds well-formed texts and finite numbers:
   * what the target answered beside that is marked, as `{"$unreadable": "number 9007199254740993"}`, and is refused
   * where a pointer leads to it.
   */
  perform(request: ConnectorRequest): Promise<Reply>;
}

/** Something that a connector can do: an HTTP method, a way to read or change a file. */
export interface ConnectorOperation {
  readonly name: string;
  /** Whether `access: "read"` is enforced by credential, method or open mode, and not by a label (I13). */
  readonly enforcesRead: boolean;
  /** Problems of a template for this operation, found before any run. The rules are those of `checkSettings`. */
  checkTemplate(template: JsonValue, access: "read" | "write", pointer: string): readonly Problem[];
  /**
   * JSON Pointers to the parts of the output whose format knows texts alone, such as an INI file. A text there is read
   * by the type of the fact that it shows. A text that programs read in different ways stands there as
   * `{text, disputed}`, so that no fact takes it. Without this method each value has the type that the output gives it.
   */
  readonly textsAt?: (template: JsonValue) => readonly string[];
  /**
   * Absolute paths of the files on this machine that a call would run, such as a program and its script. A plan pins
   * their digests, and a call whose file has changed since is not made. Bindings may be unresolved in both arguments.
   */
  readonly runsFiles?: (template: JsonValue, settings: JsonValue) => readonly string[];
  /**
   * Absolute paths that the fixed part of a call names and that a program may read, such as its configuration. A plan
   * pins the regular files among them that are there when it is made. Bindings may be unresolved in both arguments.
   */
  readonly namesFiles?: (template: JsonValue, settings: JsonValue) => readonly string[];
  /**
   * Absolute paths of the files that a call reads or changes as its target, such as the one that it edits. A plan that
   * would both change such a file and pin it is refused. Bindings may be unresolved in both arguments.
   */
  readonly worksOn?: (template: JsonValue, settings: JsonValue) => readonly string[];
  /**
   * Absolute paths of the folders in which calls over these settings work, such as the root of their files. A plan pins
   * where each leads, and no call is made once one leads elsewhere.
   */
  readonly worksIn?: (settings: JsonValue) => readonly string[];
}

/** One call, ready to be made. Durations are milliseconds. */
export interface ConnectorRequest {
  readonly operation: string;
  readonly access: "read" | "write";
  /** The call's `with`, every binding resolved, secrets included. It is never logged and never returned. */
  readonly with: JsonValue;
  readonly settings: JsonValue;
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  readonly signal: AbortSignal;
  /**
   * Only a read has it that is one of several made at about the same moment: they have the same signal, which is
   * aborted once the last of them is over. They may share what is opened for one of them, such as a connection, until
   * then.
   */
  readonly look?: AbortSignal;
}

/**
 * Resolves a secret's reference (`env:NAME`, `file:PATH`, `exec:…`) inside the driver call, each time anew, and
 * answers within 30 seconds. After a problem, or without an answer in time, the call is not sent. The secret is a text
 * that is not empty. It is given to the connector and kept nowhere.
 */
export type ResolveSecret = (reference: string) => Promise<Result<string, Problem>>;

// ---------------------------------------------------------------------------------------------------------- permission

/** What somebody asks to do. `resource` is a plan hash, a run id, an object or the name of a pack. */
export interface AuthorizationRequest {
  readonly principal: Principal;
  readonly capability: Capability;
  readonly resource: string;
  /** Facts that a rule may read, such as the plan's proposer and how many of its steps write. */
  readonly context: Readonly<Record<string, string | number | boolean>>;
}

/** What an actor can be permitted to do. */
export type Capability =
  | "trust"
  | "propose"
  | "read"
  | "approve"
  | "grant"
  | "apply"
  | "stop"
  | "kill"
  | "resolve"
  | "rollback"
  | "freeze"
  | "acknowledge"
  | "anchor"
  | "test_actions"
  | "archive"
  | "destroy";

/**
 * Anything that is not permitted is forbidden, an error included (I10). `policies` is the digest of the rules that were
 * asked.
 */
export type AuthorizationDecision =
  | { readonly kind: "permit"; readonly policies: Digest | null; readonly reason: string }
  | { readonly kind: "forbid"; readonly policies: Digest | null; readonly problem: Problem };

/**
 * Says who may do what. Synchronous and without effects: it is asked in the middle of an input and before each effect,
 * so it decides at once, from what it has in memory. A refusal holds the problem that the asker is shown.
 * The same request gets the same decision while `policies` stays the same. Only an answer with its own field
 * `kind: "permit"` permits. An implementation that throws, gives a promise or answers anything else forbids.
 */
export interface Authorizer {
  /** Decides one request. */
  authorize(request: AuthorizationRequest): AuthorizationDecision;
}

// -------------------------------------------------------------------------------------------------------------- models

/**
 * What a model is sent: fixed instructions, then the material; after a refused answer, that answer and what was wrong
 * with it.
 */
export interface ModelPrompt {
  readonly instructions: string;
  readonly messages: readonly { readonly role: "user" | "assistant"; readonly content: string }[];
}

/** One request. */
export interface ModelRequest {
  readonly prompt: ModelPrompt;
  /**
   * A JSON Schema for a provider that can hold its model to one, and what it is called there. `null` asks for plain
   * text.
   */
  readonly output: { readonly name: string; readonly schema: JsonObject } | null;
  /** What the provider is told to stop at. */
  readonly outputTokenCountMax: number;
  readonly signal: AbortSignal;
}

/** What came back, before anything is made of it. A token count is `null` where the provider did not give one. */
export type ModelReply =
  | {
      readonly kind: "said";
      readonly text: string;
      /** The model that answered, as its provider names it. */
      readonly model: string;
      readonly inputTokenCount: number | null;
      readonly outputTokenCount: number | null;
    }
  | { readonly kind: "failed"; readonly reason: string };

/**
 * A language model. It makes one call for one request and never retries: a second call would be one that nobody
 * recorded. It never throws, and it answers `failed` soon after the signal aborts, which is how the caller limits its
 * time. An answer of which a part is missing is `failed`. Its text is untrusted and is returned as it came, whether or
 * not it fits the schema. A `reason` is one line of ours, without the provider's own words.
 */
export interface Model {
  /** The model asked for, as its provider names it. */
  readonly name: string;
  /** Makes one call. */
  ask(request: ModelRequest): Promise<ModelReply>;
}

// ---------------------------------------------------------------------------------------------------------------- time

/** Time as a driver sees it. Inputs carry it into the core; tests give another one. Its methods do not throw. */
export interface Clock {
  /**
   * Unix milliseconds, a whole number, before the year 2200. May jump, which is why the kernel uses the greatest it has
   * seen.
   */
  nowMs(): number;
  /** Milliseconds that never go back, for durations. Only differences mean anything. */
  monotonicMs(): number;
  /** Resolves after the time, or at once if the signal has aborted or when it does. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

// ------------------------------------------------------------------------------------------------------------- signing

/** What a signer is asked to sign, so that it can show it before it does. */
export type SigningPurpose =
  | { readonly kind: "approval"; readonly planHash: Digest }
  | { readonly kind: "grant"; readonly grantId: string }
  | {
      readonly kind: "answer";
      readonly runId: string;
      readonly stepId: string;
      readonly answer: "approved" | "rejected";
    };

/**
 * One person's key. Interlock never sees the private part: a signer may be a file under a passphrase, a security key,
 * or another process.
 *
 * `sign` returns the Ed25519 signature (64 bytes) over exactly the bytes given. `E_IDENTITY_LOCKED` means that the
 * passphrase was wrong and may be asked for again; `E_INTERRUPTED` that the person declined. It signs nothing else and
 * keeps nothing. It may take as long as the person does, for 10 minutes: nothing is recorded before it has answered, if
 * it throws, or if it answers later than that. A signature is recorded only if it verifies with the key that is known
 * here.
 */
export interface Signer {
  readonly person: string;
  /**
   * Digest of the public key, as `interlock identity list` shows it. The key must be among the identities known here.
   */
  readonly keyId: Digest;
  /** False for a key that other programs of the user can use without the person. */
  readonly attended: boolean;
  /** Signs exactly these bytes, once; may ask the person first, and show the purpose. */
  sign(bytes: Uint8Array, purpose: SigningPurpose): Promise<Result<Uint8Array, Problem>>;
}

// ------------------------------------------------------------------------------------------------------- notifications

/**
 * What somebody has to be told. It holds no secret and nothing that a model wrote, but for the ids of steps.
 *
 * It may arrive more than once: `deliveryId` is the same each time, and differs for a reminder. `id` is the same for
 * every telling of one thing.
 */
export interface Notification {
  readonly format: "interlock.notification/1";
  readonly id: string;
  readonly deliveryId: string;
  readonly kind: NotificationKind;
  /** The run or incident it is about. */
  readonly subject: string;
  /** Who is asked, or `null` where nobody has to do anything. */
  readonly owner: string | null;
  /** One sentence. */
  readonly summary: string;
  /** What a person who takes over needs to know, in lines of plain text; empty where `summary` says all. */
  readonly text: readonly string[];
  /** What can be done about it. The receiver puts it into words. */
  readonly next: readonly NextStep[];
  /** At which step of which round of the escalation it is told, from 1; 0 and 0 if no step names the notifier. */
  readonly escalation: { readonly step: number; readonly round: number };
  /** When it came up. */
  readonly atMs: number;
}

/**
 * A way to reach a person. It hands over the notification whole and as it is, with nothing added. One call is one try:
 * it neither retries nor queues, because the outbox does. It answers `ok` only once the far end has taken the
 * notification over. Notifications that overlap may arrive in any order. A failure is a value, one line without a
 * secret; nothing that runs depends on it. It never throws, and stops soon after the signal aborts. The caller waits 10
 * seconds at most.
 */
export interface Notifier {
  readonly name: string;
  /** Hands one notification over. */
  notify(notification: Notification, signal: AbortSignal): Promise<Result<undefined, Problem>>;
}

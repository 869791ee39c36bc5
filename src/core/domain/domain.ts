import type { GuardType } from "../guard/guard-type.ts";
import type { JsonValue } from "../value/json-value.ts";
import type { OperationDeclaration } from "./operation.ts";

export type { Charset } from "../value/text-type.ts";

/** Where a domain belongs. Unattended approvals are accepted only under `lab`. */
export type Environment = "lab" | "staging" | "production";

/**
 * The declared, observable world: what exists, what can be seen of it, what may be done to it and what must always
 * hold. It is the parsed form of a pack's `domain.yaml`. Lists of named things are sorted by name, so that the
 * canonical bytes do not depend on the order in the file. Guards are source text here, and `checkDomain` types each of
 * them.
 */
export interface Domain {
  readonly format: "interlock.domain/1";
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly environment: Environment;
  readonly connections: readonly ConnectionDeclaration[];
  readonly types: readonly ObjectType[];
  readonly inventory: readonly InventoryObject[];
  readonly actions: readonly Action[];
  readonly invariants: readonly Invariant[];
}

/** A way to the outside. The site configures where it leads and with which credential; a plan pins that by digest. */
export interface ConnectionDeclaration {
  readonly name: string;
  readonly connector: string;
  /** The names of the secrets it needs. The site binds each to a reference (`env:`, `file:`, `exec:`). */
  readonly secrets: readonly string[];
}

/** A kind of object: the facts that each one has, and the read that shows them. */
export interface ObjectType {
  readonly name: string;
  readonly summary: string;
  readonly facts: readonly FactDeclaration[];
  readonly observe: Observe | null;
}

/** An observable value of a declared type. Its name in a guard is `type.object.fact`. */
export interface FactDeclaration {
  readonly name: string;
  readonly type: FactType;
}

/**
 * The type of a fact. Guards tell finitely many cases of it apart: the values of a finite type, and of any other one
 * only those that are written out as constants or given as arguments.
 */
export type FactType = GuardType;

/** A value of a fact. */
export type FactValue = boolean | string | number;

/**
 * How an object is observed: one read, the facts in its output, and what identifies the object and its configuration.
 */
export interface Observe {
  readonly uses: OperationRef;
  readonly with: Template;
  readonly facts: readonly FactExtraction[];
  /** JSON Pointers into the output, to identity and configuration and never to a measurement. */
  readonly fingerprint: readonly string[];
  /**
   * A JSON Pointer to the version, ETag or digest that the target compares on a write; `null` where it compares none.
   */
  readonly fence: string | null;
  /** When a reading is one of how things are now; absent where every reading is. */
  readonly fresh?: Freshness;
}

/**
 * What an instrument says of its own reading. `is`: a value that stands there as long as the reading is fresh.
 * `within`: a time, and how old it may be. A reading that is not fresh counts as none: it is neither true nor false.
 */
export type Freshness =
  | { readonly kind: "is"; readonly pointer: string; readonly value: JsonValue }
  | { readonly kind: "within"; readonly pointer: string; readonly withinMs: number };

/**
 * Where a fact is in the output, and how the target's words become the domain's. A word that is not in `map` is no
 * value.
 */
export interface FactExtraction {
  readonly fact: string;
  readonly pointer: string;
  readonly map: readonly { readonly from: JsonValue; readonly to: FactValue }[] | null;
  /** For a boolean fact: whether the number is at least this. A declared threshold turns a measurement into a fact. */
  readonly atLeast: number | null;
}

/** An operation of the connector behind a connection. */
export interface OperationRef {
  readonly connection: string;
  readonly operation: string;
}

/**
 * A JSON tree whose leaves may be bindings. A binding is an object with one of the keys `$arg`, `$property` (of the
 * target's inventory entry), `$target` (`"id"` or `"type"`), `$secret`, `$fence`, `$key` (the idempotency key) or
 * `$operation` (`"id"`, in the calls about an operation).
 * Values are never spliced into text.
 */
export type Template = JsonValue;

/** An object that exists, with fixed properties that templates may use, such as an address or a serial number. */
export interface InventoryObject {
  readonly type: string;
  readonly id: string;
  readonly properties: readonly { readonly name: string; readonly value: string | number | boolean }[];
}

/** What an action may do to the world. Unknown means irreversible. A recorded round trip earns reversible. */
export type ActionClass = "read" | "reversible" | "irreversible";

/**
 * `keyed`: the target de-duplicates by key. `natural`: repeating is harmless in itself, with a fence. `none`: neither.
 */
export type Idempotency = "keyed" | "natural" | "none";

/** A typed operation on a target. A connector carries it out. */
export interface Action {
  readonly name: string;
  readonly summary: string;
  readonly class: ActionClass;
  readonly idempotency: Idempotency;
  readonly uses: OperationRef;
  readonly with: Template;
  /**
   * `argument` names the input of type `object` that holds the target. `null`: the action is on the domain as a whole.
   */
  readonly target: { readonly type: string; readonly argument: string } | null;
  readonly input: readonly ArgumentDeclaration[];
  /** The parts of the output that references and outcomes may read. */
  readonly output: readonly OutputField[];
  /** The declared outcomes of a read, of which the first match wins. A write has none. */
  readonly outcomes: readonly OutcomeDeclaration[];
  /**
   * A guard over facts that must hold when the intent is recorded; `""` is true. `self` is the target, `arg.x` an
   * argument.
   */
  readonly pre: string;
  /** Assignments that hold while the effect is under way. */
  readonly during: readonly string[];
  /** Assignments that hold once the effect is done. */
  readonly effect: readonly string[];
  readonly post: PostCondition | null;
  readonly compensate: CompensationDeclaration | null;
  /**
   * Lock names: `self` (the target), `arg.x` (the object that an argument names) or a plain name. The target is always
   * locked.
   */
  readonly locks: readonly string[];
  readonly timeoutMs: number;
  /** How long after sending an effect may still land. `null`: the target sets no bound, and only a person can tell. */
  readonly landsWithinMs: number | null;
  readonly retry: { readonly attemptsMax: number; readonly backoffMs: number };
  readonly cooldownMs: number;
  readonly rate: { readonly count: number; readonly perMs: number } | null;
  readonly costUsd: number;
  /** The least cautious `onFailure` a proposal may choose. */
  readonly onFailure: OnFailure;
  /**
   * How a step over several objects proceeds. Without waves it takes all of them at once, and the field is then missing
   * and not `null`: the digest of an action without waves is what it was before there were waves.
   */
  readonly waves?: Waves;
  /**
   * For an action whose call only starts it: how the system is asked until it has ended. Missing, and not null,
   * elsewhere, for the same reason.
   */
  readonly operation?: OperationDeclaration;
}

/** A write over a fleet in waves: first a few objects, then batch after batch, while at most a few have failed. */
export interface Waves {
  /** The number of objects in the first wave. */
  readonly canary: number;
  /** The number of objects in each later wave, or their share of the whole fleet. */
  readonly batch:
    | { readonly kind: "count"; readonly count: number }
    | { readonly kind: "percent"; readonly percent: number };
  /** A wave starts only while at most this many steps of the earlier waves have failed. */
  readonly abortAbove: number;
}

/**
 * What happens when a step fails. The choices are not simply ordered by caution: see `isAtLeastAsCautious` in
 * `core/plan`.
 */
export type OnFailure = "stop" | "rollback" | "escalate" | "recover" | "branch";

/**
 * Where a value comes from: outside the system, a proposer, or somebody who answers for it (operator, domain,
 * approver).
 */
export type Integrity = "external" | "proposer" | "endorsed";

export type Confidentiality = "public" | "internal" | "secret";

/** An argument: its type, and how trustworthy its value must be. */
export interface ArgumentDeclaration {
  readonly name: string;
  readonly summary: string;
  readonly type: ValueType;
  readonly integrityMin: Integrity;
  /** How secret a value may be. The domain's digest covers it; nothing enforces it yet (`findUnenforced`). */
  readonly confidentialityMax: Confidentiality;
}

/** The type of an argument or an output. Every type is bounded. Only facts have thresholds. */
export type ValueType =
  | FactType
  | { readonly kind: "number"; readonly min: number; readonly max: number }
  /** The id of an inventory object. */
  | { readonly kind: "object"; readonly of: string }
  /** A relative path below the root of the connection: no `..`, no absolute path, no NUL. */
  | { readonly kind: "path"; readonly lengthMax: number }
  /**
   * An absolute http or https address at one of the listed hosts. Local hosts too are accepted only as they are listed.
   */
  | { readonly kind: "url"; readonly hosts: readonly string[] }
  | { readonly kind: "list"; readonly of: ValueType; readonly countMax: number }
  | { readonly kind: "record"; readonly fields: readonly { readonly name: string; readonly type: ValueType }[] };

/** A part of the output that references may read. `pointer` is a JSON Pointer into the raw output. */
export interface OutputField {
  readonly name: string;
  readonly pointer: string;
  readonly type: ValueType;
}

/** One outcome. `when` is full CEL over `output`, evaluated outside the core. An error there is `none_of_these`. */
export interface OutcomeDeclaration {
  readonly name: string;
  readonly when: string;
}

/** What proves a write: `expect` must hold within `withinMs`, read every `everyMs`, and keep holding for `holdMs`. */
export interface PostCondition {
  readonly expect: string;
  readonly withinMs: number;
  readonly everyMs: number;
  readonly holdMs: number;
}

/** The declared inverse of an action. `before` takes a fact of the target as it was just before the write. */
export interface CompensationDeclaration extends UndoCall {
  /**
   * What must run once the inverse is done, in this order; absent where nothing must. Such an action acts on an object
   * of its own, which its arguments name.
   */
  readonly thenRun?: readonly UndoCall[];
}

/** An action that a way back runs, and where its arguments come from. */
export interface UndoCall {
  readonly action: string;
  readonly args: readonly {
    readonly name: string;
    readonly from: "arg" | "before" | "literal";
    /** The name of an argument, the name of a fact, or the literal itself. */
    readonly value: JsonValue;
  }[];
}

/** A guard that must hold in every state that a run can reach. */
export interface Invariant {
  readonly name: string;
  readonly summary: string;
  readonly holds: string;
}

import type { JsonValue } from "../value/json-value.ts";

/**
 * The declared, observable world: what exists, what can be seen of it, what may be done to it and what must always hold.
 * The parsed form of a pack's `domain.yaml`; every list is sorted by name, so that the canonical bytes do not depend on
 * the order in which a person wrote it. Guards are source text here; `check-domain.ts` has typed each one.
 */
export interface Domain {
  readonly format: "interlock.domain/1";
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** Unattended approvals are accepted under `lab` alone. */
  readonly environment: "lab" | "staging" | "production";
  readonly connections: readonly ConnectionDeclaration[];
  readonly types: readonly ObjectType[];
  readonly inventory: readonly InventoryObject[];
  readonly actions: readonly Action[];
  readonly invariants: readonly Invariant[];
}

/** A way to the outside; where it leads and with which credential is the site's configuration, pinned by digest in the plan. */
export interface ConnectionDeclaration {
  readonly name: string;
  readonly connector: string;
  /** Names of secrets the connection needs; the site binds each to a reference (`env:`, `file:`, `exec:`). */
  readonly secrets: readonly string[];
}

/** A kind of object: the facts each one has, and the read that shows them. */
export interface ObjectType {
  readonly name: string;
  readonly summary: string;
  readonly facts: readonly FactDeclaration[];
  readonly observe: Observe | null;
}

/** A typed, observable value of a finite domain. Its name in a guard is `type.object.fact`. */
export interface FactDeclaration {
  readonly name: string;
  readonly type: FactType;
}

export type FactType =
  | { readonly kind: "boolean" }
  | { readonly kind: "values"; readonly values: readonly string[] }
  | { readonly kind: "integer"; readonly min: number; readonly max: number };

/** A value of a fact. */
export type FactValue = boolean | string | number;

/** How an object is seen: one read, the facts in its output, and what identifies the object's configuration. */
export interface Observe {
  readonly uses: OperationRef;
  readonly with: Template;
  readonly facts: readonly FactExtraction[];
  /** JSON Pointers into the output: identity and configuration, never a measurement. */
  readonly fingerprint: readonly string[];
  /** JSON Pointer to the version, ETag or digest that the target compares on a write; `null` where it cannot. */
  readonly fence: string | null;
}

/** Where in the output a fact stands, and how the target's words become the domain's. An output not in `map` is no value. */
export interface FactExtraction {
  readonly fact: string;
  readonly pointer: string;
  readonly map: readonly { readonly from: JsonValue; readonly to: FactValue }[] | null;
  /** For a boolean fact: whether the number found there is at least this. A measurement becomes a fact by a declared threshold. */
  readonly atLeast: number | null;
}

/** An operation of a connection's connector. */
export interface OperationRef {
  readonly connection: string;
  readonly operation: string;
}

/**
 * A JSON tree whose leaves may be bindings: an object with one of the keys `$arg`, `$property` (of the target's inventory
 * entry), `$target` (`"id"` or `"type"`), `$secret`, `$fence`, `$key` (idempotency key). Values are never spliced into text.
 */
export type Template = JsonValue;

/** A thing that exists, with fixed properties that templates may use (an address, a serial number). */
export interface InventoryObject {
  readonly type: string;
  readonly id: string;
  readonly properties: readonly { readonly name: string; readonly value: string | number | boolean }[];
}

/** What an action may do to the world. Unknown means irreversible; reversible is earned by a recorded round trip. */
export type ActionClass = "read" | "reversible" | "irreversible";

/** `keyed`: the target de-duplicates by key. `natural`: repeating is harmless by itself and needs a fence. `none`: neither. */
export type Idempotency = "keyed" | "natural" | "none";

/** A typed operation on a target, carried out by a connector. */
export interface Action {
  readonly name: string;
  readonly summary: string;
  readonly class: ActionClass;
  readonly idempotency: Idempotency;
  readonly uses: OperationRef;
  readonly with: Template;
  /** `argument` names the input of type `object` that says which object is acted on; `null`: the domain as a whole. */
  readonly target: { readonly type: string; readonly argument: string } | null;
  readonly input: readonly ArgumentDeclaration[];
  /** The declared part of the output that references and outcomes may read. */
  readonly output: readonly OutputField[];
  /** A probe's declared outcomes, first match wins; none for an action that only acts. */
  readonly outcomes: readonly OutcomeDeclaration[];
  /** Guard over facts that must hold when the intent is written; `""` is true. `self` is the target, `arg.x` an argument. */
  readonly pre: string;
  /** Assignments that hold while the effect is under way, for the world model. */
  readonly during: readonly string[];
  /** Assignments that hold once it is done. */
  readonly effect: readonly string[];
  readonly post: PostCondition | null;
  readonly compensate: CompensationDeclaration | null;
  /** Lock names: `self` (the target), `arg.x` (the object an argument names) or a plain name. The target is always locked. */
  readonly locks: readonly string[];
  readonly timeoutMs: number;
  /** How long after it was sent an effect may still land, where the target bounds it; else `null` and only a person can tell. */
  readonly landsWithinMs: number | null;
  readonly retry: { readonly attemptsMax: number; readonly backoffMs: number };
  readonly cooldownMs: number;
  readonly rate: { readonly count: number; readonly perMs: number } | null;
  readonly costUsd: number;
  /** The least cautious `onFailure` a proposal may choose. */
  readonly onFailure: OnFailure;
  /**
   * How a step over several objects goes ahead; absent where it takes them all at once. The field is missing then, and not `null`:
   * the digest of an action that says nothing of waves is what it was before there were any.
   */
  readonly waves?: Waves;
}

/** A write over a fleet in waves: a few objects first, then batch after batch, while no more than a few have failed. */
export interface Waves {
  /** Objects of the first wave. */
  readonly canary: number;
  /** Objects of each later wave, or their share of the whole fleet. */
  readonly batch:
    | { readonly kind: "count"; readonly count: number }
    | { readonly kind: "percent"; readonly percent: number };
  /** A wave starts only while at most so many steps of the waves before have failed. */
  readonly abortAbove: number;
}

/** From least to most cautious is not a line: see `mostCautious` in `core/plan`. */
export type OnFailure = "stop" | "rollback" | "escalate" | "recover" | "branch";

/** A value's origin: outside the system, a proposer, or someone answerable (operator, domain, approver). */
export type Integrity = "external" | "proposer" | "endorsed";

export type Confidentiality = "public" | "internal" | "secret";

/** An argument: its type, how trustworthy its value must be and how secret it may be. */
export interface ArgumentDeclaration {
  readonly name: string;
  readonly summary: string;
  readonly type: ValueType;
  readonly integrityMin: Integrity;
  readonly confidentialityMax: Confidentiality;
}

/** The type of an argument or output: bounded in every direction. */
export type ValueType =
  | { readonly kind: "boolean" }
  | { readonly kind: "values"; readonly values: readonly string[] }
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  | { readonly kind: "number"; readonly min: number; readonly max: number }
  | { readonly kind: "string"; readonly lengthMax: number; readonly charset: Charset }
  /** The id of an inventory object. */
  | { readonly kind: "object"; readonly of: string }
  /** A relative path below the connection's root: no `..`, no absolute path, no NUL. */
  | { readonly kind: "path"; readonly lengthMax: number }
  /** An absolute http(s) address whose host is listed; link-local, private and loopback hosts only when listed by name. */
  | { readonly kind: "url"; readonly hosts: readonly string[] }
  | { readonly kind: "list"; readonly of: ValueType; readonly countMax: number }
  | { readonly kind: "record"; readonly fields: readonly { readonly name: string; readonly type: ValueType }[] };

/** `identifier`: letters, digits, `_ - .`; `line`: printable without control characters; `text`: `line` and newlines. */
export type Charset = "identifier" | "line" | "text";

/** A part of the output that references may read; `pointer` is a JSON Pointer into the raw output. */
export interface OutputField {
  readonly name: string;
  readonly pointer: string;
  readonly type: ValueType;
}

/** `when` is full CEL over `output`, evaluated by a driver outside the core; an error is `none_of_these`. */
export interface OutcomeDeclaration {
  readonly name: string;
  readonly when: string;
}

/** The read that proves a write: `expect` must hold within `withinMs`, asked every `everyMs`, and then stay for `holdMs`. */
export interface PostCondition {
  readonly expect: string;
  readonly withinMs: number;
  readonly everyMs: number;
  readonly holdMs: number;
}

/** The declared inverse. `before` takes the target's fact as it was read just before the write. */
export interface CompensationDeclaration {
  readonly action: string;
  readonly args: readonly {
    readonly name: string;
    readonly from: "arg" | "before" | "literal";
    /** An argument's name, a fact's name, or the literal itself. */
    readonly value: JsonValue;
  }[];
}

/** What must hold in every state a run can reach. */
export interface Invariant {
  readonly name: string;
  readonly summary: string;
  readonly holds: string;
}

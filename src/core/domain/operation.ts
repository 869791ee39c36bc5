import type { JsonValue } from "../value/json-value.ts";

/** A word by which a system says how its operation is going. `null` stands for a status that is missing too. */
export type StatusWord = string | number | boolean | null;

/** Where the id of an operation is in the answer of the call that started it. */
export interface OperationId {
  /** A JSON Pointer into that answer. */
  readonly pointer: string;
  /** `value`: what stands there is the id. `last_segment`: an address stands there, and its last segment is the id. */
  readonly take: "value" | "last_segment";
}

/** How the answer to a question about an operation is read: JSON Pointers into it, and what the words there mean. */
export interface OperationAnswer {
  readonly status: string;
  readonly running: readonly StatusWord[];
  readonly succeeded: readonly StatusWord[];
  readonly failed: readonly StatusWord[];
  readonly cancelled: readonly StatusWord[];
  /** What stands there and is not null tells of an error: the operation failed, whatever its status. */
  readonly error: string | null;
  /** How much is done, in percent. */
  readonly progress: string | null;
  /** What the system says of it, for people. */
  readonly says: string | null;
}

/** A long operation: an action whose call only starts it. The system is asked how it goes until it has ended. */
export interface OperationDeclaration extends OperationAnswer {
  readonly id: OperationId;
  readonly ask: OperationCall;
  readonly everyMs: number;
  /** How long it may take, from its start on. */
  readonly withinMs: number;
  /** How it is asked to stop, and how long that may take; `null` where it cannot be. */
  readonly cancel: (OperationCall & { readonly withinMs: number }) | null;
}

/** A call about an operation. Its template binds `{$operation: id}`. */
export interface OperationCall {
  readonly uses: { readonly connection: string; readonly operation: string };
  readonly with: JsonValue;
}

/**
 * The characters that an id may have: it becomes a part of an address, of a command or of a body, and is shown. It does
 * not begin with `-`, or a program would take it for an option.
 */
export const operationIdPattern = /^(?!-|\.{1,2}$)[A-Za-z0-9._:@=+~-]{1,200}$/;

import { operationIdPattern, type StatusWord } from "../../domain/operation.ts";
import type { CallStep, PlanOperation } from "../../plan/plan.ts";
import { invariant } from "../../value/invariant.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../value/json-value.ts";
import { getAtPointer, parsePointer } from "../../value/pointer.ts";
import { quote } from "../../value/text.ts";
import type { AnswerRule, OperationReading, OperationTold } from "../words/operation.ts";
import type { EffortState } from "../words/step.ts";

/*
 * How the answers of a system about its own long operation are read. What they hold is the system's: an id has to have
 * a plain form, a word has to be one that the plan declares, and everything else is for people alone.
 */

/** The operation that a call starts in this direction; `undefined` where the call is over when it is answered. */
export function operationIn(call: CallStep, { done }: Pick<EffortState, "done">): PlanOperation | undefined {
  return done === null ? call.operation : call.compensation?.operation;
}

/** The id of the operation that an answer says was started; `null` where it gives none in a plain form. */
export function readOperationId({ id }: Pick<PlanOperation, "id">, output: JsonValue): string | null {
  const found = at(output, id.pointer);
  const written = typeof found === "number" && Number.isSafeInteger(found) ? String(found) : found;
  if (typeof written !== "string") return null;
  const name = id.take === "value" ? written : lastSegment(written);
  return operationIdPattern.test(name) ? name : null;
}

/** The last segment of an address or a path, without what a query or a fragment adds. */
function lastSegment(address: string): string {
  const path = address.replace(/[?#].*$/s, "").replace(/\/+$/, "");
  return path.slice(path.lastIndexOf("/") + 1);
}

/** What a text of the system is cut to before it is kept. */
const saysCharsMax = 200;

/** What an answer says of the operation. */
export function readAnswer(rule: AnswerRule, output: JsonValue): OperationReading {
  const word = at(output, rule.status) ?? null;
  const told: OperationTold = {
    status: word === null ? null : tell(word),
    progress: rule.progress === null ? null : percentOf(at(output, rule.progress)),
    says: rule.says === null ? null : textOf(at(output, rule.says)),
  };
  const error = rule.error === null ? null : (at(output, rule.error) ?? null);
  if (error !== null) return { is: "failed", told: { ...told, says: told.says ?? textOf(error) ?? tell(error) } };
  return { is: meaningOf(rule, word), told };
}

function meaningOf(rule: AnswerRule, word: JsonValue): OperationReading["is"] {
  if (isJsonArray(word) || isJsonObject(word)) return "unclear";
  const has = (words: readonly StatusWord[]): boolean => words.includes(word);
  if (has(rule.running)) return "running";
  if (has(rule.succeeded)) return "succeeded";
  if (has(rule.failed)) return "failed";
  return has(rule.cancelled) ? "cancelled" : "unclear";
}

function percentOf(value: JsonValue | undefined): number | null {
  return typeof value === "number" && value >= 0 && value <= 100 ? Math.floor(value) : null;
}

/** A text, or the message of an error. */
function textOf(value: JsonValue | undefined): string | null {
  const text = value !== undefined && isJsonObject(value) ? value["message"] : value;
  return typeof text === "string" && text.trim() !== "" ? text.trim().slice(0, saysCharsMax).toWellFormed() : null;
}

function tell(value: JsonValue): string {
  const text = isJsonArray(value) || isJsonObject(value) ? "something else" : String(value);
  return text.slice(0, saysCharsMax).toWellFormed();
}

function at(document: JsonValue, pointer: string): JsonValue | undefined {
  const tokens = parsePointer(pointer);
  invariant(tokens.ok, "a compiled plan's pointers are JSON Pointers");
  return getAtPointer(document, tokens.value);
}

/** Whether an answer says something else than the last one. What it says for people is no news by itself. */
export function isNews(last: OperationReading | null, now: OperationReading): boolean {
  return (
    last === null ||
    last.is !== now.is ||
    last.told.status !== now.told.status ||
    last.told.progress !== now.told.progress
  );
}

/** What the system says of its operation, as the end of a sentence of ours; empty where it says nothing. */
export function sayTold({ status, progress, says }: OperationTold): string {
  const parts = [
    status === null ? "" : `its status is ${quote(status)}`,
    progress === null ? "" : `${progress} % is done`,
    says === null ? "" : `it says ${quote(says)}`,
  ].filter((part) => part !== "");
  return parts.join(", ");
}

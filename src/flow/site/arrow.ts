import { type Problem, problem } from "../../core/value/codes.ts";
import { InvariantError } from "../../core/value/invariant.ts";
import { fail, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { isStorageError, readProblem } from "../../log/sqlite/store-problem.ts";
import type { Signer } from "../../ports.ts";
import type { OperateRequest } from "../apply/operate.ts";
import type { Reviewer } from "../approve/approve.ts";
import type { GrantReviewer } from "../approve/grant.ts";
import type { CheckRequest } from "./check.ts";

/**
 * What a value must be that is passed to the door. JavaScript can call the door too, and there types guarantee nothing.
 */
export type Expected =
  | "text"
  | "text or null"
  | "number"
  | "number or null"
  | "boolean"
  | "bytes"
  | "source"
  | "source or null"
  | "bytes or null"
  | "list"
  | "texts"
  | "object"
  | "object or null"
  | "function"
  | "function or nothing"
  | "function or null"
  | "anything";

/** The fields of a request, and what each must be. */
export type RequestShape<T> = { readonly [Name in keyof Required<T>]: Expected };

/** Whether the door is closed, and who hears of errors that are defects of Interlock or of a port. */
export interface DoorState {
  isClosed: boolean;
  readonly onDefect: (error: unknown) => void;
}

/**
 * Runs one arrow. A closed door, a request of the wrong shape and an exception each become a problem with a code, so
 * that callers never have to catch.
 */
export async function runArrow<T>(
  state: DoorState,
  problems: readonly Problem[],
  work: () => Promise<Result<T, readonly Problem[]>>,
): Promise<Result<T, readonly Problem[]>> {
  if (state.isClosed) return fail([problem("E_CLOSED", "", "this site has been closed")]);
  if (problems.length > 0) return fail(problems);
  try {
    return await work();
  } catch (error) {
    if (isStorageError(error)) return fail([readProblem(error)]);
    state.onDefect(error);
    return fail([problem("E_INTERNAL", "", messageOf(error))]);
  }
}

/** Every field of a request that is of the wrong type, and every unknown field. */
export function checkRequest<T extends object>(request: T, shape: RequestShape<T>): readonly Problem[] {
  const given: unknown = request;
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return [problem("E_USAGE", "", `expected an object, found ${kindOf(given)}`)];
  const unknown = Object.keys(given)
    .filter((name) => !Object.hasOwn(shape, name))
    .map((name) => problem("E_USAGE", `/${name}`, `there is no option \`${name}\``));
  return [...unknown, ...wrongFields(given, shape)];
}

/** Like `checkRequest`, for an object that may have more fields: a signer, or the person to ask. */
export function checkPort<T extends object>(port: T, shape: RequestShape<T>): readonly Problem[] {
  const given: unknown = port;
  return typeof given === "object" && given !== null
    ? wrongFields(given, shape)
    : [problem("E_USAGE", "", `expected an object, found ${kindOf(given)}`)];
}

function wrongFields(given: object, shape: Readonly<Record<string, Expected>>): readonly Problem[] {
  return Object.entries(shape).flatMap(([name, expected]) => {
    const value: unknown = Reflect.get(given, name);
    return fits(value, expected)
      ? []
      : [problem("E_USAGE", `/${name}`, `expected ${article(expected)}, found ${kindOf(value)}`)];
  });
}

function fits(value: unknown, expected: Expected): boolean {
  switch (expected) {
    case "text":
      return typeof value === "string";
    case "text or null":
      return value === null || typeof value === "string";
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "number or null":
      return value === null || (typeof value === "number" && Number.isFinite(value));
    case "boolean":
      return typeof value === "boolean";
    case "bytes":
      return value instanceof Uint8Array;
    case "source":
      return value instanceof Uint8Array || typeof value === "function";
    case "source or null":
      return value === null || value instanceof Uint8Array || typeof value === "function";
    case "bytes or null":
      return value === null || value instanceof Uint8Array;
    case "list":
      return Array.isArray(value);
    case "texts":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "object or null":
      return typeof value === "object" && !Array.isArray(value);
    case "function":
      return typeof value === "function";
    case "function or null":
      return value === null || typeof value === "function";
    case "function or nothing":
      return value === undefined || typeof value === "function";
    case "anything":
      return true;
  }
}

const worded: Partial<Record<Expected, string>> = {
  bytes: "bytes (a Uint8Array)",
  "bytes or null": "bytes (a Uint8Array) or null",
  source: "bytes (a Uint8Array) or a way to read them",
  "source or null": "bytes (a Uint8Array), a way to read them, or null",
  texts: "a list of texts",
};

function article(expected: Expected): string {
  return worded[expected] ?? `${expected.startsWith("object") ? "an" : "a"} ${expected}`;
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Uint8Array) return "bytes";
  return typeof value === "object" ? "an object" : `a ${typeof value === "string" ? "text" : typeof value}`;
}

/** Only our own words: the text of another error may quote a secret. `onDefect` gets the error itself. */
function messageOf(error: unknown): string {
  if (error instanceof InvariantError) return error.message;
  return `something threw (${error instanceof Error ? error.name : typeof error})`;
}

/** What a signer or a reviewer lacks. */
export function checkApprover(by: Signer | Reviewer | GrantReviewer): readonly Problem[] {
  const given: unknown = by;
  if (typeof given !== "object" || given === null)
    return [problem("E_USAGE", "", `expected a signer or a reviewer, found ${kindOf(given)}`)];
  if ("review" in by) return checkPort(by, { review: "function" });
  return checkPort(by, signerShape).map((found) => ({ ...found, message: `of the signer, ${found.message}` }));
}

const signerShape = { person: "text", keyId: "text", attended: "boolean", sign: "function" } as const;

const wordShapes: Readonly<Record<OperateRequest["do"], RequestShape<Record<string, unknown>>>> = {
  stop: { do: "text", run: "text", reason: "text", follow: "boolean" },
  kill: { do: "text", run: "text", reason: "text", follow: "boolean" },
  rollback: { do: "text", run: "text", reason: "text", follow: "boolean" },
  close: { do: "text", run: "text", reason: "text", follow: "boolean" },
  resolve: { do: "text", run: "text", reason: "text", follow: "boolean", step: "text", as: "text" },
  answer: { do: "text", run: "text", reason: "text", follow: "boolean", step: "text", as: "text" },
  freeze: { do: "text", scope: "text", reason: "text" },
  unfreeze: { do: "text", scope: "text", reason: "text" },
};

const findings: Readonly<Record<string, readonly string[]>> = {
  resolve: ["applied", "not_applied", "restored"],
  answer: ["approved", "rejected"],
};

/** What an operator's input lacks. */
export function checkWord(request: OperateRequest): readonly Problem[] {
  const problems = checkChoice(request, "do", wordShapes, "word that a run or a site takes");
  const given = new Map<string, unknown>(Object.entries(request ?? {}));
  const known = findings[String(given.get("do"))];
  const as = String(given.get("as"));
  return problems.length > 0 || known === undefined || known.includes(as)
    ? problems
    : [problem("E_USAGE", "/as", `${quote(as)} is not one of ${known.join(", ")}`)];
}

/** Like `checkRequest`, for a request whose field `tag` says which of several shapes it has. */
function checkChoice(
  request: object,
  tag: string,
  shapes: Readonly<Record<string, RequestShape<Record<string, unknown>>>>,
  what: string,
): readonly Problem[] {
  const given = Object.entries(request ?? {});
  const chosen = String(new Map<string, unknown>(given).get(tag));
  const shape = new Map(Object.entries(shapes)).get(chosen);
  return shape === undefined
    ? [problem("E_USAGE", `/${tag}`, `${quote(chosen)} is not a ${what}`)]
    : checkRequest(Object.fromEntries(given), shape);
}

const checkShapes: Readonly<Record<CheckRequest["kind"], RequestShape<Record<string, unknown>>>> = {
  pack: { kind: "text", folder: "text" },
  situation: { kind: "text", bytes: "bytes" },
  proposal: { kind: "text", bytes: "bytes", pack: "text or null", goal: "text", inputs: "list" },
};

/** What a request to check something lacks. */
export function checkCheck(request: CheckRequest): readonly Problem[] {
  return checkChoice(request, "kind", checkShapes, "kind of document that can be checked");
}

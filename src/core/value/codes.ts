/** Where a refusal happens, in the order of the data's way. */
export type Stage =
  | "usage" | "parse" | "domain" | "check" | "decide" | "proof" | "trust" | "plan" | "approve" | "apply" | "step" | "run" | "store" | "verify" | "internal";

/** What everyone needs to know of a refusal. `exitCode`: docs in `docs/exit-codes.md`; 10–19 nothing was touched, 20–29 something was. */
export interface CodeEntry {
  readonly stage: Stage;
  readonly exitCode: number;
  /** What to do next, in one line; the place of use may give a more particular one. */
  readonly hint: string;
}

// One line an entry: the one list of codes. A code is never renamed or reused; what it means to a script is its contract.
const table = {
  E_INTERNAL: { stage: "internal", exitCode: 1, hint: "this is a defect of ours: report it with the message" },
  E_USAGE: { stage: "usage", exitCode: 64, hint: "see `interlock help`" },
  E_INPUT_MISSING: { stage: "usage", exitCode: 66, hint: "check the path" },
  E_NOT_PERMITTED: { stage: "approve", exitCode: 77, hint: "ask someone who holds the role" },
  E_JSON_INVALID: { stage: "parse", exitCode: 10, hint: "write plain JSON: no comments, no trailing commas, no NaN" },
  E_JSON_DUPLICATE_KEY: { stage: "parse", exitCode: 10, hint: "keep one of the two keys" },
  E_JSON_KEY_FORBIDDEN: { stage: "parse", exitCode: 10, hint: "remove the key" },
  E_JSON_NUMBER: { stage: "parse", exitCode: 10, hint: "write a number that a double holds exactly as written, or a string" },
  E_JSON_DEPTH: { stage: "parse", exitCode: 10, hint: "nest at most 32 levels" },
  E_JSON_SIZE: { stage: "parse", exitCode: 10, hint: "keep the document below 1 MB" },
  E_JSON_UNICODE: { stage: "parse", exitCode: 10, hint: "use well-formed UTF-8 without lone surrogates" },
  E_YAML_INVALID: { stage: "parse", exitCode: 10, hint: "fix the YAML at the line named" },
  E_SCHEMA: { stage: "parse", exitCode: 10, hint: "give a value of the type named" },
  E_SCHEMA_UNKNOWN_FIELD: { stage: "parse", exitCode: 10, hint: "remove the field" },
  E_SCHEMA_MISSING_FIELD: { stage: "parse", exitCode: 10, hint: "add the field" },
  E_SCHEMA_VERSION: { stage: "parse", exitCode: 10, hint: "use a format and version this release reads" },
  E_ACTION_NAME_CHARSET: { stage: "parse", exitCode: 10, hint: "names are lower-case ASCII letters, digits, `_` and `.`" },
  E_NAME_CHARSET: { stage: "parse", exitCode: 10, hint: "names are ASCII letters, digits, `_`, `-` and `.`" },
  E_GUARD_PARSE: { stage: "check", exitCode: 10, hint: "guards know `== != < <= > >= in && || !`, names, constants and `inventory.T.all|exists(x, …)`" },
  E_GUARD_REGEX: { stage: "check", exitCode: 10, hint: "classify text in a probe's classifier; a guard compares declared outcomes" },
  E_GUARD_NONDETERMINISTIC: { stage: "check", exitCode: 10, hint: "use a `wait` step or an observed fact instead of a clock, chance or the environment" },
  E_GUARD_TYPE: { stage: "check", exitCode: 10, hint: "compare values of one type" },
  E_GUARD_NAME: { stage: "check", exitCode: 10, hint: "use a declared name" },
  E_GUARD_SIZE: { stage: "check", exitCode: 10, hint: "split the guard" },
  E_JUDGE_QUESTION: { stage: "decide", exitCode: 10, hint: "offer at least two distinct answers" },
  E_JUDGE_UNCALIBRATED: { stage: "decide", exitCode: 10, hint: "measure the judge on closed incidents first, or decide without it" },
  E_JUDGE_REPEATED: { stage: "decide", exitCode: 10, hint: "keep one answer to each question" },
  E_INCIDENT_INVALID: { stage: "parse", exitCode: 10, hint: "see the format `interlock.incident/1` in docs/calibrate.md" },
} as const satisfies Readonly<Record<`E_${string}`, CodeEntry>>;

/** The stable name of a refusal. */
export type Code = keyof typeof table;

/** The one list of codes. */
export const codes: Readonly<Record<Code, CodeEntry>> = table;

/** One refusal: `pointer` is a JSON Pointer into the document refused (`""` is its root). */
export interface Problem {
  readonly code: Code;
  readonly pointer: string;
  readonly message: string;
  readonly hint: string;
}

/** Builds a problem with the code's own hint, unless the place knows a better one. */
export function problem(code: Code, pointer: string, message: string, hint: string = codes[code].hint): Problem {
  return { code, pointer, message, hint };
}

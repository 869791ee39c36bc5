/** Every error of the lab has one of these codes: exit code of the command line, HTTP status of the API. */
export const LAB_CODES = {
  E_LAB_USAGE: { exitCode: 64, httpStatus: 400 },
  E_LAB_ARGUMENTS: { exitCode: 64, httpStatus: 400 },
  E_LAB_INPUT: { exitCode: 66, httpStatus: 404 },
  E_LAB_NOT_RUNNING: { exitCode: 69, httpStatus: 503 },
  E_LAB_ALREADY_RUNNING: { exitCode: 13, httpStatus: 409 },
  E_LAB_PLATFORM: { exitCode: 69, httpStatus: 500 },
  E_LAB_START: { exitCode: 69, httpStatus: 500 },
  E_LAB_TOKEN: { exitCode: 77, httpStatus: 401 },
  E_LAB_NOT_FOUND: { exitCode: 66, httpStatus: 404 },
  E_LAB_CONFLICT: { exitCode: 12, httpStatus: 412 },
  E_LAB_REFUSED: { exitCode: 10, httpStatus: 409 },
  E_LAB_INVALID: { exitCode: 22, httpStatus: 409 },
  E_LAB_INTERNAL: { exitCode: 1, httpStatus: 500 },
} as const;
/** A code of the lab. */
export type LabCode = keyof typeof LAB_CODES;

/** An error with a code that stays the same, and what to do next. */
export class LabError extends Error {
  readonly code: LabCode;
  readonly hint: string;
  constructor(code: LabCode, message: string, hint: string) {
    super(message);
    this.name = "LabError";
    this.code = code;
    this.hint = hint;
  }
}

/** Any thrown value as a LabError. */
export function toLabError(error: unknown): LabError {
  if (error instanceof LabError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new LabError("E_LAB_INTERNAL", message, "see `.lab/supervisor.log`");
}

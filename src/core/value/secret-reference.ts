import { type Parser, refuseAt } from "./shape.ts";

const charsMax = 1_000;
const reference = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+|exec:\[.+\])$/s;

/**
 * A reference to a secret: `env:NAME`, `file:PATH` or `exec:["program", …]`. A value that is none may be the secret
 * itself, put there by mistake, so no message quotes it.
 */
export const secretReference: Parser<string> = (value, at) =>
  typeof value === "string" && value.length <= charsMax && reference.test(value)
    ? value
    : refuseAt(
        at,
        "E_SCHEMA",
        'expected a reference, `env:NAME`, `file:PATH` or `exec:["program", …]`; what was found may be a secret',
        "put the secret into a variable or a file of its own, and name that here",
      );

import { basename } from "node:path";
import { bindingOf } from "../../core/domain/template.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/value/json-value.ts";
import {
  integer,
  listOf,
  name,
  oneOf,
  type Parsed,
  type Parser,
  refine,
  refuseAt,
  refuseKind,
  text,
} from "../../core/value/shape.ts";
import { object, withDefault } from "../../core/value/shape-object.ts";
import { isBinding, type Slots } from "../template-slots.ts";

/** A program's call, every binding resolved. */
export type ProcessCall = Parsed<ReturnType<typeof runTemplate>>;

/**
 * `argv`: the name of a program that the site lists, then its arguments, each its own word: no shell reads them. `ok`
 * and `rejected`: the exit codes that mean done, and that nothing was done; every other one is in doubt. `output`:
 * `text`, or `json` where the program prints one document. `unpinned`: files among the fixed words that may change
 * after the plan was approved, such as a log that the program writes; a relative path is meant in `cwd`.
 */
export function runTemplate(slots: Slots) {
  const fields = object({
    argv: argumentVector(slots),
    ok: withDefault(listOf(exitCode, { itemsMin: 1, itemsMax: 32 }), [0]),
    rejected: withDefault(listOf(exitCode, { itemsMax: 32 }), []),
    output: withDefault(oneOf(["text", "json"]), "text" as const),
    unpinned: withDefault(listOf(unpinnedPath(slots), { itemsMin: 1, itemsMax: 64 }), []),
  });
  return refine(fields, (call, at) => {
    const both = call.ok.find((code) => call.rejected.includes(code));
    return both === undefined
      ? call
      : refuseAt(at, "E_SCHEMA", `the exit code ${both} cannot mean both done and not done`);
  });
}

const unpinnedText = text({ charsMin: 1, charsMax: 4_096, pattern: /^[^\0]+$/, says: "a path" });

/** A path, or the property that holds it. An argument would let a proposer choose what is not pinned. */
function unpinnedPath(slots: Slots): Parser<string> {
  const path = slots.leaf(unpinnedText);
  return (value, at) => {
    const kind = isJsonObject(value) ? bindingOf(value)?.kind : undefined;
    if (kind === undefined || kind === "$property") return path(value, at);
    const message = "only the pack says which files are not pinned";
    return refuseAt(at, "E_DOMAIN_BINDING", message, "write the path, or bind a `$property`");
  };
}

const exitCode = integer({ min: 0, max: 255 });

function argumentVector(slots: Slots): Parser<readonly [string, ...string[]]> {
  const words = listOf(slots.leaf(word), { itemsMin: 1, itemsMax: 256 });
  return (value, at) => {
    if (isJsonArray(value) && value[0] !== undefined && isBinding(value[0])) {
      return refuseAt(at, "E_SCHEMA", "which program runs is never an argument", "write its name as the first word");
    }
    const read = words(value, at);
    const [program, ...rest] = read ?? [];
    if (program === undefined) return undefined;
    const known = name()(program, at);
    if (known === undefined) return undefined;
    if (isInterpreter(known) && isJsonArray(value) && value.some(isBinding)) {
      return refuseAt(
        at,
        "E_SCHEMA",
        `\`${known}\` would read an argument as a program`,
        "call a program that takes its arguments as data",
      );
    }
    return [known, ...rest];
  };
}

const interpreters: ReadonlySet<string> = new Set([
  ...["env", "eval", "xargs", "sudo", "ssh", "perl", "ruby", "node", "deno", "bun", "php", "lua", "awk", "gawk", "sed"],
  ...["cmd", "powershell", "pwsh"],
]);

/** Whether a program, by its name or path, runs text that it is given. */
export function isInterpreter(program: string): boolean {
  const name = basename(program).replace(/\.exe$/i, "");
  return /^(?:(?:ba|da|z|k|fi|c|tc)?sh|python[0-9.]*)$/.test(name) || interpreters.has(name);
}

/** One word of the argument vector. */
const word: Parser<string> = (value: JsonValue, at) => {
  const written = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  if (typeof written !== "string") return refuseKind(at, "a text or a number", value);
  const read = text({ charsMax: 65_536, pattern: /^[^\0]*$/, says: "a text without NUL", code: "E_CALL_INVALID" })(
    written,
    at,
  );
  return read === undefined || read.isWellFormed()
    ? read
    : refuseAt(at, "E_CALL_INVALID", "the text is not well-formed Unicode");
};

import type { JsonValue } from "../../core/value/json-value.ts";
import { listOf, type Parsed, type Parser, recordOf, refuseAt, text } from "../../core/value/shape.ts";
import { object, withDefault } from "../../core/value/shape-object.ts";
import type { SecretSlot } from "../secret-slot.ts";

/** What a site lets a connection run, secrets resolved. */
export type ProcessSettings = Parsed<ReturnType<typeof processSettings>>;

/**
 * The settings of a connection:
 *
 *     programs: { notify: /usr/local/bin/notify }     the names a template may run; nothing else is ever run
 *     cwd: /var/lib/shop                              where it runs; `/` when left out
 *     env: { API_TOKEN: { $secret: token }, LANG: C.UTF-8 }
 *     passEnv: [HOME]                                 taken over from the engine's own environment, by name
 */
export function processSettings(secret: SecretSlot) {
  return object({
    programs: recordOf(absolutePath, { entriesMax: 64 }),
    cwd: withDefault(absolutePath, "/"),
    env: withDefault(recordOf(textOr(secret), { key: variable, entriesMax: 64 }), {}),
    passEnv: withDefault(listOf(variable, { itemsMax: 32 }), []),
  });
}

const absolutePath: Parser<string> = text({
  charsMin: 1,
  charsMax: 4_096,
  pattern: /^\/[^\0]*$/,
  says: "an absolute path",
  code: "E_CONNECTION_SETTINGS",
});

/** A variable's name. Those that make a program run other code than its own are refused. */
const variable: Parser<string> = (value, at) => {
  const read = text({
    charsMin: 1,
    charsMax: 128,
    pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
    says: "an environment variable's name",
  })(value, at);
  if (
    read === undefined ||
    !/^(?:LD_|DYLD_)|^(?:NODE_OPTIONS|BASH_ENV|ENV|PERL5OPT|PYTHONSTARTUP|RUBYOPT|JAVA_TOOL_OPTIONS)$/.test(read)
  )
    return read;
  return refuseAt(
    at,
    "E_CONNECTION_SETTINGS",
    `\`${read}\` makes a program run other code than its own`,
    "leave it out",
  );
};

function textOr(secret: SecretSlot): Parser<string> {
  const plain = text({ charsMax: 4_096, pattern: /^[^\0]*$/, says: "a text without NUL" });
  return (value: JsonValue, at) => (typeof value === "string" ? plain(value, at) : secret(value, at));
}

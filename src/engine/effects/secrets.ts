import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { bindingOf } from "../../core/domain/template.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { readHandle } from "../../intake/read-file.ts";
import type { ResolveSecret } from "../../ports.ts";

const secretBytesMax = 65_536;

/**
 * Secrets by reference: `env:NAME`, `file:PATH`, `exec:["program","argument"]`. Resolved in the driver, for the call
 * that needs one, and never stored. Messages name the reference and never the value (I9).
 */
export const resolveSecret: ResolveSecret = async (reference) => {
  const colon = reference.indexOf(":");
  const scheme = reference.slice(0, colon);
  const rest = reference.slice(colon + 1);
  switch (scheme) {
    case "env":
      return fromEnvironment(rest, reference);
    case "file":
      return fromFile(rest, reference);
    case "exec":
      return fromProgram(rest, reference);
    default:
      return fail(unavailable(reference, "a secret's reference begins with `env:`, `file:` or `exec:`"));
  }
};

/** Replaces every `{ $secret: name }` in a template. `references` says what each name refers to. */
export async function bindSecrets(
  template: JsonValue,
  references: ReadonlyMap<string, string>,
  resolve: ResolveSecret,
): Promise<Result<JsonValue, Problem>> {
  if (isJsonArray(template)) {
    const items: JsonValue[] = [];
    for (const item of template) {
      const bound = await bindSecrets(item, references, resolve);
      if (!bound.ok) return bound;
      items.push(bound.value);
    }
    return ok(items);
  }
  if (!isJsonObject(template)) return ok(template);
  const binding = bindingOf(template);
  if (binding?.kind === "$secret") {
    const name = String(binding.name);
    const reference = references.get(name);
    return reference === undefined
      ? fail(unavailable(name, `no reference is configured for the secret \`${name}\``))
      : resolve(reference);
  }
  const entries: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(template)) {
    const bound = await bindSecrets(value, references, resolve);
    if (!bound.ok) return bound;
    entries.push([key, bound.value]);
  }
  return ok(Object.fromEntries(entries));
}

/** Whether a template has a `{ $secret: name }` anywhere. Most have none and are sent unchanged. */
export function hasSecret(template: JsonValue): boolean {
  if (isJsonArray(template)) return template.some(hasSecret);
  if (!isJsonObject(template)) return false;
  for (const key in template) {
    if (key === "$secret") return true;
    const child = template[key];
    if (typeof child === "object" && child !== null && hasSecret(child)) return true;
  }
  return false;
}

function fromEnvironment(name: string, reference: string): Result<string, Problem> {
  const value = process.env[name];
  return value === undefined || value === ""
    ? fail(
        unavailable(reference, `the environment variable \`${name}\` is not set`, `set \`${name}\` for this command`),
      )
    : ok(value);
}

/** Opens the file once and checks what was opened, so that nobody can swap it between the check and the read. */
async function fromFile(path: string, reference: string): Promise<Result<string, Problem>> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      if (!found.isFile() || found.size > secretBytesMax)
        return fail(unavailable(reference, `\`${path}\` is not a regular file of at most ${secretBytesMax} bytes`));
      if ((found.mode & 0o077) !== 0)
        return fail(
          unavailable(reference, `the secret's file \`${path}\` can be read by others`, `run \`chmod 600 ${path}\``),
        );
      const bytes = await readHandle(handle, { bytesMax: secretBytesMax });
      return bytes.ok
        ? asSecret(bytes.value.toString("utf8"), reference, `the secret's file \`${path}\` is empty`)
        : fail(unavailable(reference, `the secret's file \`${path}\` cannot be read`));
    } finally {
      await handle.close();
    }
  } catch {
    return fail(unavailable(reference, `the secret's file \`${path}\` cannot be read`));
  }
}

function fromProgram(argv: string, reference: string): Promise<Result<string, Problem>> {
  const words = parseArgv(argv);
  const [program, ...args] = words ?? [];
  if (program === undefined)
    return Promise.resolve(
      fail(unavailable(reference, "`exec:` takes a JSON list of strings: the program and its arguments")),
    );
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { timeout: 10_000, killSignal: "SIGKILL", maxBuffer: secretBytesMax, env: programEnvironment() },
      (error, stdout) => {
        // Leave the error's text out: it may quote what the program printed.
        if (error !== null) return resolve(fail(unavailable(reference, `the secret's program \`${program}\` failed`)));
        resolve(asSecret(stdout, reference, `the secret's program \`${program}\` printed nothing`));
      },
    );
    // Without this, a program that asks for a passphrase would wait for ever.
    child.stdin?.end();
  });
}

/** Variables that password managers need to find their store and agent. They get nothing else of our environment. */
function programEnvironment(): NodeJS.ProcessEnv {
  const names = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "DBUS_SESSION_BUS_ADDRESS",
    "SSH_AUTH_SOCK",
    "GNUPGHOME",
    "PASSWORD_STORE_DIR",
  ];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

function asSecret(text: string, reference: string, emptyMessage: string): Result<string, Problem> {
  const secret = text.replace(/\r?\n$/, "");
  return secret === "" ? fail(unavailable(reference, emptyMessage)) : ok(secret);
}

function parseArgv(text: string): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((word) => typeof word === "string") ? value : null;
  } catch {
    return null;
  }
}

function unavailable(reference: string, message: string, hint?: string): Problem {
  return problem(
    "E_SECRET_UNAVAILABLE",
    "",
    message,
    hint ?? `check \`${reference.split(":")[0] ?? ""}:\` references under \`connections\` in interlock.yaml`,
  );
}

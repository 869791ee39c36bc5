import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type JsonValue, isJsonArray, isJsonObject } from "../../core/value/json.ts";
import { type Result, fail, ok } from "../../core/value/result.ts";
import type { ResolveSecret } from "../../connectors/connector.ts";

/**
 * Secrets by reference: `env:NAME`, `file:PATH`, `exec:["program","argument"]`. Resolved inside the driver call that needs
 * one and never stored; a message names the reference, never the value (I9).
 */
export const resolveSecret: ResolveSecret = async (reference) => {
  const colon = reference.indexOf(":");
  const scheme = reference.slice(0, colon);
  const rest = reference.slice(colon + 1);
  switch (scheme) {
    case "env": return fromEnvironment(rest, reference);
    case "file": return fromFile(rest, reference);
    case "exec": return fromProgram(rest, reference);
    default: return fail(unavailable(reference, "a secret's reference begins with `env:`, `file:` or `exec:`"));
  }
};

/** Replaces every `{ $secret: name }` of a template; `references` binds names. */
export async function bindSecrets(template: JsonValue, references: ReadonlyMap<string, string>, resolve: ResolveSecret): Promise<Result<JsonValue, Problem>> {
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
  const name = template["$secret"];
  if (typeof name === "string") {
    const reference = references.get(name);
    return reference === undefined ? fail(unavailable(name, `no reference is configured for the secret \`${name}\``)) : resolve(reference);
  }
  const entries: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(template)) {
    const bound = await bindSecrets(value, references, resolve);
    if (!bound.ok) return bound;
    entries.push([key, bound.value]);
  }
  return ok(Object.fromEntries(entries));
}

function fromEnvironment(name: string, reference: string): Result<string, Problem> {
  const value = process.env[name];
  return value === undefined || value === "" ? fail(unavailable(reference, `the environment variable \`${name}\` is not set`)) : ok(value);
}

async function fromFile(path: string, reference: string): Promise<Result<string, Problem>> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) return fail(unavailable(reference, `the secret's file \`${path}\` can be read by others`, `run \`chmod 600 ${path}\``));
    return ok((await readFile(path, "utf8")).replace(/\r?\n$/, ""));
  } catch {
    return fail(unavailable(reference, `the secret's file \`${path}\` cannot be read`));
  }
}

function fromProgram(argv: string, reference: string): Promise<Result<string, Problem>> {
  const words = parseArgv(argv);
  const [program, ...args] = words ?? [];
  if (program === undefined) return Promise.resolve(fail(unavailable(reference, "`exec:` takes a JSON list of strings: the program and its arguments")));
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 10_000, maxBuffer: 65_536 }, (error, stdout) => {
      // The error's text may quote what the program printed; it stays here.
      if (error !== null) return resolve(fail(unavailable(reference, `the secret's program \`${program}\` failed`)));
      resolve(ok(stdout.replace(/\r?\n$/, "")));
    });
  });
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
  return problem("E_SECRET_UNAVAILABLE", "", message, hint ?? `check \`${reference.split(":")[0] ?? ""}:\` references under \`connections\` in interlock.yaml`);
}

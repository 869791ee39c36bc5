import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bindSecrets, resolveSecret } from "./secrets.ts";

let folder: string;
const canary = "canary-5ae1";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "secrets-"));
  process.env["INTERLOCK_TEST_SECRET"] = canary;
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  delete process.env["INTERLOCK_TEST_SECRET"];
});

const file = (content: string, mode: number): string => {
  const path = join(folder, "token");
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
};
const exec = (script: string): string => `exec:${JSON.stringify([process.execPath, "-e", script])}`;

describe("resolveSecret", () => {
  it("takes a secret from the environment, a private file without its last line feed, or a program", async () => {
    const resolved = await Promise.all(
      ["env:INTERLOCK_TEST_SECRET", `file:${file("from file\n", 0o600)}`, exec("console.log('from program')")].map(
        resolveSecret,
      ),
    );

    expect(resolved).toEqual([
      { ok: true, value: canary },
      { ok: true, value: "from file" },
      { ok: true, value: "from program" },
    ]);
  });

  it("refuses a file that others can read, and says how to change that", async () => {
    const path = file("token", 0o640);

    expect(await resolveSecret(`file:${path}`)).toMatchObject({
      ok: false,
      error: { code: "E_SECRET_UNAVAILABLE", hint: `run \`chmod 600 ${path}\`` },
    });
  });

  it("asks the file behind a link who may read it", async () => {
    symlinkSync(file("token", 0o644), join(folder, "link"));

    expect((await resolveSecret(`file:${join(folder, "link")}`)).ok).toBe(false);
  });

  it.each([
    ["a variable that is not set", () => "env:INTERLOCK_TEST_NONE"],
    ["a file that is not there", () => `file:${join(folder, "none")}`],
    ["a folder", () => `file:${folder}`],
    ["an empty file", () => `file:${file("\n", 0o600)}`],
    ["a file too large for a secret", () => `file:${file("a".repeat(70_000), 0o600)}`],
    ["a program that fails", () => exec("process.exit(1)")],
    ["a program that prints nothing", () => exec("")],
    ["a program that is not there", () => 'exec:["/nowhere/tool"]'],
    ["a program given as one text", () => "exec:echo secret"],
    ["another scheme", () => "vault:secret/token"],
    ["no scheme", () => "token"],
  ])("refuses %s", async (_, reference) => {
    expect(await resolveSecret(reference())).toMatchObject({ ok: false, error: { code: "E_SECRET_UNAVAILABLE" } });
  });

  it("says nothing of what a failing program printed", async () => {
    const refused = await resolveSecret(exec(`console.log('${canary}'); console.error('${canary}'); process.exit(1)`));

    expect(JSON.stringify(refused)).not.toContain(canary);
  });

  it("keeps our environment from the program, and gives it nothing to read", async () => {
    const script =
      "const known = Object.keys(process.env).includes('INTERLOCK_TEST_SECRET');" +
      "process.stdout.write(JSON.stringify([known, require('node:fs').readFileSync(0, 'utf8')]))";

    expect(await resolveSecret(exec(script))).toEqual({ ok: true, value: '[false,""]' });
  });
});

describe("bindSecrets", () => {
  const resolve = (reference: string): Promise<{ readonly ok: true; readonly value: string }> =>
    Promise.resolve({ ok: true, value: `<${reference}>` });
  const references = new Map([["token", "env:T"]]);

  it("replaces every binding at any depth and leaves the rest as it is", async () => {
    const template = { a: [{ b: { $secret: "token" } }, 1, null], c: { $fence: true } };

    expect(await bindSecrets(template, references, resolve)).toEqual({
      ok: true,
      value: { a: [{ b: "<env:T>" }, 1, null], c: { $fence: true } },
    });
  });

  it("refuses a name without a reference", async () => {
    expect(await bindSecrets([{ $secret: "other" }], references, resolve)).toMatchObject({
      ok: false,
      error: { code: "E_SECRET_UNAVAILABLE" },
    });
  });

  it("takes an object with more than the one key for plain data", async () => {
    const data = { $secret: "token", more: 1 };

    expect(await bindSecrets(data, references, resolve)).toEqual({ ok: true, value: data });
  });

  it("does not look for bindings in a secret", async () => {
    const nested = () => Promise.resolve({ ok: true, value: '{"$secret":"token"}' } as const);

    expect(await bindSecrets({ $secret: "token" }, references, nested)).toEqual({
      ok: true,
      value: '{"$secret":"token"}',
    });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { processConnector } from "../../connectors/process/process-connector.ts";
import type { Call } from "../../core/plan/plan.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { findChangedProgram, pinPrograms, programsOfCall } from "./programs.ts";

let folder: string;
let program: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "interlock-pins-"));
  program = join(folder, "program");
  writeFileSync(program, "abc");
});

afterAll(() => rmSync(folder, { recursive: true }));

function filesOf(template: JsonValue, secrets: Readonly<Record<string, string>> = {}): readonly string[] {
  const settings = { programs: { tool: program }, env: { TOKEN: { $secret: "token" } } };
  const connection = { name: "c", connector: processConnector, settings, secrets: new Map(Object.entries(secrets)) };
  const call = { connection: "c", connector: "process", operation: "run", access: "write", with: template } as const;
  return programsOfCall({ ...call, timeoutMs: 1, outputBytesMax: 1 } satisfies Call, new Map([["c", connection]]));
}

describe("the files that a call runs", () => {
  it("are its program, and the scripts and programs among its arguments, and no other file", () => {
    const script = join(folder, "script");
    writeFileSync(script, "#!/bin/sh\n");

    expect(filesOf({ argv: ["tool", script, "/bin/true", program, "-x", { $arg: "who" }] })).toEqual(
      ["/bin/true", program, script].sort(),
    );
  });

  it("are also the programs that print its secrets, with their scripts", () => {
    const exec = `exec:${JSON.stringify(["/bin/cat", program])}`;

    expect(filesOf({ argv: ["tool"] }, { token: exec })).toEqual(["/bin/cat", program].sort());
    expect(filesOf({ argv: ["tool"] }, { token: "env:TOKEN" })).toEqual([program]);
  });
});

describe("a pinned program", () => {
  it("has the digest that `sha256sum` prints", () => {
    expect(pinPrograms([program])).toEqual({
      ok: true,
      value: [{ path: program, digest: "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" }],
    });
  });

  it("is changed by another content of the same length, by its absence, and if it was never pinned", () => {
    const pins = pinPrograms([program]);
    const before = pins.ok ? findChangedProgram([program], pins.value) : null;
    writeFileSync(program, "abd");
    const after = pins.ok ? findChangedProgram([program], pins.value) : null;

    expect(before).toBeNull();
    expect(after?.code).toBe("E_PROGRAM_CHANGED");
    expect(findChangedProgram([program], [])?.message).toContain("expected no digest");
    expect(findChangedProgram([join(folder, "gone")], [])?.message).toContain("cannot be read (ENOENT)");
    expect(pinPrograms([join(folder, "gone")])).toMatchObject({ ok: false, error: [{ code: "E_PROGRAM_CHANGED" }] });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { processConnector } from "../../connectors/process/process-connector.ts";
import type { Call } from "../../core/plan/plan.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { type FilesOfCalls, findChangedProgram, pinPrograms, programsOfCall } from "./programs.ts";

let folder: string;
let program: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "interlock-pins-"));
  program = join(folder, "program");
  writeFileSync(program, "abc");
});

afterAll(() => rmSync(folder, { recursive: true }));

const only = (...run: readonly string[]): FilesOfCalls => ({ run, named: [] });

function callOf(template: JsonValue, secrets: Readonly<Record<string, string>> = {}): FilesOfCalls {
  const settings = { cwd: folder, programs: { tool: program, sh: "/bin/sh" }, env: { TOKEN: { $secret: "token" } } };
  const connection = { name: "c", connector: processConnector, settings, secrets: new Map(Object.entries(secrets)) };
  const call = { connection: "c", connector: "process", operation: "run", access: "write", with: template } as const;
  return programsOfCall({ ...call, timeoutMs: 1, outputBytesMax: 1 } satisfies Call, new Map([["c", connection]]));
}

const filesOf = (template: JsonValue, secrets?: Readonly<Record<string, string>>): readonly string[] =>
  callOf(template, secrets).run;

/** What a plan of such a call pins, without the folder's name. */
function pinnedOf(template: JsonValue): readonly string[] {
  const pins = pinPrograms(callOf(template));
  return pins.ok ? pins.value.map(({ path }) => path.replace(`${folder}/`, "")) : [];
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

describe("the files that a call names", () => {
  beforeAll(() => {
    for (const name of ["plain.sh", "x.py", "settings", "extra"]) writeFileSync(join(folder, name), "echo\n");
  });

  it("are pinned if they are there: a plain script, a value behind a sign, an option, and a relative path", () => {
    const words = [
      join(folder, "plain.sh"),
      `--script=${join(folder, "x.py")}`,
      `-f${join(folder, "settings")}`,
      "@extra",
    ];

    expect(pinnedOf({ argv: ["tool", ...words, "plain", { $arg: "who" }, folder] })).toEqual([
      "extra",
      "plain.sh",
      "program",
      "settings",
      "x.py",
    ]);
  });

  it("are not those that an argument of the action gives, nor those that the template leaves out", () => {
    const log = join(folder, "settings");

    expect(pinnedOf({ argv: ["tool", { $arg: "path" }, `--log=${log}`], unpinned: [log] })).toEqual(["program"]);
  });

  it("of an interpreter count as run: one that comes later is refused, and of another program it is not", () => {
    const later = join(folder, "later");
    const [ofShell, ofTool] = [{ argv: ["sh", "later"] }, { argv: ["tool", "later"] }].map((template) => {
      rmSync(later, { force: true });
      const pins = pinPrograms(callOf(template));
      writeFileSync(later, "echo\n");
      return pins.ok ? findChangedProgram(callOf(template), pins.value) : null;
    });

    expect(ofShell?.message).toContain("later` is not the file that was approved: expected no digest");
    expect(ofTool).toBeNull();
  });

  it("are refused once changed or gone", () => {
    const template = { argv: ["tool", "--config=settings"] };
    const pins = pinPrograms(callOf(template));
    const said = (): string | undefined => (pins.ok ? findChangedProgram(callOf(template), pins.value) : null)?.code;
    writeFileSync(join(folder, "settings"), "other\n");
    const changed = said();
    rmSync(join(folder, "settings"));

    expect([changed, said()]).toEqual(["E_PROGRAM_CHANGED", "E_PROGRAM_CHANGED"]);
  });
});

describe("a pinned program", () => {
  it("has the digest that `sha256sum` prints", () => {
    expect(pinPrograms(only(program))).toEqual({
      ok: true,
      value: [{ path: program, digest: "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" }],
    });
  });

  it("is changed by another content of the same length, by its absence, and if it was never pinned", () => {
    const pins = pinPrograms(only(program));
    const before = pins.ok ? findChangedProgram(only(program), pins.value) : null;
    writeFileSync(program, "abd");
    const after = pins.ok ? findChangedProgram(only(program), pins.value) : null;

    expect(before).toBeNull();
    expect(after?.code).toBe("E_PROGRAM_CHANGED");
    expect(findChangedProgram(only(program), [])?.message).toContain("expected no digest");
    expect(findChangedProgram(only(join(folder, "gone")), [])?.message).toContain("cannot be read (ENOENT)");
    expect(pinPrograms(only(join(folder, "gone")))).toMatchObject({
      ok: false,
      error: [{ code: "E_PROGRAM_CHANGED" }],
    });
  });
});

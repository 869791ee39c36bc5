import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { Reply } from "../../core/run/words/input.ts";
import type { JsonObject, JsonValue } from "../../core/value/json-value.ts";
import type { ConnectorRequest } from "../../ports.ts";
import { processConnector } from "./process-connector.ts";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "process-"));
  folders.push(folder);
  return folder;
}

interface Case {
  readonly settings?: JsonObject;
  readonly with?: JsonObject;
  readonly request?: Partial<ConnectorRequest>;
}

/** Runs a script of ours in a real process, as the program `tool`. */
function run(
  script: string,
  args: readonly JsonValue[] = [],
  { settings = {}, with: template = {}, request = {} }: Case = {},
): Promise<Reply> {
  return processConnector.perform({
    operation: "run",
    access: "write",
    with: { argv: ["tool", "-e", script, "--", ...args], ...template },
    settings: { programs: { tool: process.execPath }, ...settings },
    timeoutMs: 20_000,
    outputBytesMax: 100_000,
    signal: new AbortController().signal,
    ...request,
  });
}

function verdict(reply: Reply): string {
  return reply.kind === "applied" ? "applied" : `${reply.kind} ${reply.problem.code}`;
}

/** Whether a process is still there; one that ended and was not yet waited for by its new parent is not. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const print = (expression: string): string => `process.stdout.write(JSON.stringify(${expression}))`;

describe("what is run", () => {
  it("hands each argument on as its own word, whatever a shell would make of it", async () => {
    const words = ["a b", "$(touch x)", "`id`", ";", "&&", "*", "'\"", "", "-x", "ü", 7, true];

    const reply = await run(print("process.argv.slice(1)"), words, { with: { output: "json" } });

    expect(reply).toMatchObject({ kind: "applied", output: { exitCode: 0, value: words.map(String) } });
  });

  it("gives the program the environment that is listed and nothing of the engine's own", async () => {
    process.env["INTERLOCK_TEST_CANARY"] = "secret-of-another";
    process.env["INTERLOCK_TEST_PASSED"] = "yes";

    const reply = await run(print("process.env"), [], {
      settings: { env: { TOKEN: "t" }, passEnv: ["INTERLOCK_TEST_PASSED"] },
      with: { output: "json" },
    });

    delete process.env["INTERLOCK_TEST_CANARY"];
    delete process.env["INTERLOCK_TEST_PASSED"];
    expect(reply).toMatchObject({
      output: { value: { PATH: "/usr/bin:/bin", LANG: "C.UTF-8", TOKEN: "t", INTERLOCK_TEST_PASSED: "yes" } },
    });
    expect(JSON.stringify(reply)).not.toContain("CANARY");
  });

  it("runs where the settings say, with nothing on its standard input", async () => {
    const folder = newFolder();

    const reply = await run(print("[process.cwd(), require('node:fs').readFileSync(0, 'utf8')]"), [], {
      settings: { cwd: folder },
      with: { output: "json" },
    });

    expect(reply).toMatchObject({ output: { value: [folder, ""] } });
  });

  it("runs nothing that the site does not list", async () => {
    expect(verdict(await run("", [], { with: { argv: ["other"] } }))).toBe("not_sent E_CONNECTION_SETTINGS");
    expect(verdict(await run("", [], { with: { argv: ["/bin/true"] } }))).toBe("not_sent E_CALL_INVALID");
    expect(verdict(await run("", [], { with: { argv: ["toString"] } }))).toBe("not_sent E_CONNECTION_SETTINGS");
  });
});

describe("what is known afterwards", () => {
  it("gives exit code and both outputs", async () => {
    const reply = await run("process.stdout.write('out'); process.stderr.write('error')");

    expect(reply).toEqual({
      kind: "applied",
      outcome: null,
      outputBytes: 8,
      output: { exitCode: 0, stdout: "out", stderr: "error" },
    });
  });

  it.each([
    [0, "applied"],
    [3, "applied"],
    [64, "rejected E_TARGET_REFUSED"],
    [1, "unknown E_TARGET_LOST"],
    [255, "unknown E_TARGET_LOST"],
  ])("takes exit code %i for %s, as the template says", async (code, expected) => {
    expect(verdict(await run(`process.exit(${code})`, [], { with: { ok: [0, 3], rejected: [64] } }))).toBe(expected);
  });

  it("quotes what the program said of its refusal, made inert", async () => {
    const reply = await run("process.stderr.write('no \\u001b[31mdisk'); process.exit(9)");

    expect(reply.kind === "applied" ? "" : reply.problem.message).toBe("`tool` ended with 9: `no \\u{1b}[31mdisk`");
  });

  it.each([
    ["a program that is not there", { programs: { tool: "/nowhere/tool" } }],
    ["a file that is no program", { programs: { tool: fileURLToPath(import.meta.url) } }],
    ["a folder that is not there", { cwd: "/nowhere" }],
  ])("knows that nothing was done by %s", async (_, settings) => {
    expect(verdict(await run("", [], { settings }))).toBe("not_sent E_TARGET_UNREACHABLE");
  });

  it("knows that nothing was done when the system takes no such arguments", async () => {
    expect(
      verdict(
        await run(
          "",
          Array.from({ length: 240 }, () => "a".repeat(65_000)),
        ),
      ),
    ).toBe("not_sent E_TARGET_UNREACHABLE");
  });

  it("does not know after a program that was ended from outside", async () => {
    expect(verdict(await run("process.kill(process.pid, 'SIGKILL')"))).toBe("unknown E_TARGET_LOST");
  });

  it.each([
    ["a program that will not be asked", true],
    ["a program that goes when asked and leaves its child", false],
  ])("ends %s, and its children, when the time is over", async (_, isDeaf) => {
    const file = join(newFolder(), "pids");
    const deaf = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);";
    const script = `${isDeaf ? deaf : "setInterval(() => {}, 1000);"}
      const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(deaf)}]);
      require('node:fs').writeFileSync(${JSON.stringify(file)}, process.pid + ' ' + child.pid)`;

    const reply = await run(script, [], { request: { timeoutMs: 1_500 } });

    const pids = readFileSync(file, "utf8").split(" ").map(Number);
    expect(verdict(reply)).toBe("unknown E_TIMEOUT");
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });

  it("waits for no child that outlives its program and keeps its pipes", async () => {
    const script = `const args = ['-e', 'setTimeout(() => {}, 15000)'];
      const inherited = { stdio: 'inherit', detached: true };
      const child = require('node:child_process').spawn(process.execPath, args, inherited);
      process.stdout.write(String(child.pid)); child.unref(); process.exit(0)`;

    const reply = await run(script);

    const pid = Number(reply.kind === "applied" ? (reply.output as JsonObject)["stdout"] : 0);
    expect(isAlive(pid)).toBe(true);
    process.kill(pid);
  });

  it.each<[string, string, Partial<ConnectorRequest>, JsonObject]>([
    ["fails", "process.stdout.write('half'); process.stderr.write('why'); process.exitCode = 5", {}, { exitCode: 5 }],
    ["is ended by a signal", "process.stdout.write('half', () => process.kill(process.pid, 'SIGKILL'))", {}, {}],
    ["is stopped late", "process.stdout.write('half'); setInterval(() => {}, 1000)", { timeoutMs: 1_500 }, {}],
  ])("keeps what a program printed that %s, which shows that it ran", async (_, script, request, end) => {
    const reply = await run(script, [], { request });

    expect(reply).toMatchObject({ kind: "unknown", output: { exitCode: null, stdout: "half", ...end } });
  });

  it("keeps what a program printed that says that it did nothing", async () => {
    const reply = await run("process.stdout.write('locked'); process.exitCode = 3", [], { with: { rejected: [3] } });

    expect(reply).toMatchObject({ kind: "rejected", output: { exitCode: 3, stdout: "locked" } });
  });

  it("cuts what a program printed too much of, and says so", async () => {
    const script = "for (;;) process.stdout.write('a'.repeat(65536))";

    const reply = await run(script, [], { request: { outputBytesMax: 10 } });

    expect(reply).toMatchObject({ kind: "unknown", output: { stdout: `${"a".repeat(10)}…`, stderr: "…" } });
  });

  // The starter ends with 0, in time, and leaves a service that goes on.
  const chatty = "while :; do echo a line of a log; done";

  it.each([
    ["is quiet, though the time is over before its pipes are closed", "sleep 0.3", "sleep 20", 700, 10_000_000],
    ["prints without end", "true", chatty, 20_000, 100_000],
    ["prints without end as soon as its starter is gone", "true", `sleep 0.1; ${chatty}`, 20_000, 10],
  ])("does not call a program late that ended in time, and leaves the service alone that %s", async (...given) => {
    const [, before, service, timeoutMs, outputBytesMax] = given;
    const cwd = newFolder();
    const settings = { cwd, programs: { tool: "/bin/sh" } };
    const script = `${before}; (${service}) & echo $! > pid; exit 0`;

    const reply = await run("", [], {
      settings,
      with: { argv: ["tool", "-c", script] },
      request: { timeoutMs, outputBytesMax },
    });
    await new Promise((resolve) => setTimeout(resolve, 100));

    const pid = Number(readFileSync(join(cwd, "pid"), "utf8"));
    expect({ verdict: verdict(reply), isAlive: isAlive(pid) }).toEqual({ verdict: "applied", isAlive: true });
    process.kill(pid, "SIGKILL");
  });

  it("stops a program that prints more than declared", async () => {
    expect(
      verdict(
        await run("for (;;) process.stdout.write('a'.repeat(65536))", [], { request: { outputBytesMax: 1_000 } }),
      ),
    ).toBe("unknown E_OUTPUT_SIZE");
  });

  it("takes no answer that is too large from a program that has ended before anybody read it", async () => {
    // The shell ends at once. What it printed in the background is read after it has ended, and then the pipes close.
    const script = "(sleep 0.1; printf 'a%.0s' 1 2 3 4 5 6 7 8 9 10 11 12) & exit 0";
    const ended = (outputBytesMax: number): Promise<Reply> =>
      run("", [], {
        settings: { programs: { tool: "/bin/sh" } },
        with: { argv: ["tool", "-c", script] },
        request: { outputBytesMax },
      });

    expect([verdict(await ended(10)), verdict(await ended(12))]).toEqual(["unknown E_OUTPUT_SIZE", "applied"]);
  });

  it("stops with the call, and starts nothing after it", async () => {
    const stop = new AbortController();
    const running = run("setInterval(() => {}, 1000)", [], { request: { signal: stop.signal } });
    setImmediate(() => stop.abort());

    expect(verdict(await running)).toBe("unknown E_TARGET_LOST");
    expect(verdict(await run("", [], { request: { signal: stop.signal } }))).toBe("not_sent E_TARGET_UNREACHABLE");
  });

  it("takes the exit code for the answer though the output cannot be read, and marks the output", async () => {
    expect(await run("process.stdout.write('{')", [], { with: { output: "json" } })).toMatchObject({
      kind: "applied",
      output: { exitCode: 0, value: { $unreadable: expect.stringContaining("document line 1, column 2") } },
    });
    expect(await run("process.stdout.write(Buffer.from([97, 255])); process.stderr.write('well')")).toMatchObject({
      kind: "applied",
      output: { exitCode: 0, stdout: { $unreadable: "text a\ufffd" }, stderr: "well" },
    });
  });
});

describe("what is refused before any run", () => {
  const [runOperation] = processConnector.operations;
  const templateProblems = (template: JsonValue): readonly string[] =>
    runOperation?.checkTemplate(template, "write", "/with").map(({ code, pointer }) => `${code} ${pointer}`) ?? [];
  const settingsProblems = (settings: JsonValue): readonly string[] =>
    processConnector.checkSettings(settings, "/c").map(({ code, pointer }) => `${code} ${pointer}`);

  it("serves no read", async () => {
    expect(runOperation?.enforcesRead).toBe(false);
    expect(verdict(await run("", [], { request: { access: "read" } }))).toBe("not_sent E_CALL_INVALID");
  });

  it("accepts arguments as words of their own", () => {
    expect(templateProblems({ argv: ["notify", "--to", { $arg: "who" }], ok: [0], rejected: [64] })).toEqual([]);
  });

  it.each([
    ["a program that an argument names", { argv: [{ $arg: "program" }] }, ["E_SCHEMA /with/argv"]],
    ["a shell that reads an argument", { argv: ["sh", "-c", { $arg: "text" }] }, ["E_SCHEMA /with/argv"]],
    ["an interpreter that reads an argument", { argv: ["python3", "-c", { $arg: "text" }] }, ["E_SCHEMA /with/argv"]],
    [
      "a secret that every user of the machine could see",
      { argv: ["tool", { $secret: "token" }] },
      ["E_DOMAIN_BINDING /with/argv/1"],
    ],
    ["no program", { argv: [] }, ["E_SCHEMA /with/argv"]],
    ["a code that means two things", { argv: ["tool"], ok: [0, 1], rejected: [1] }, ["E_SCHEMA /with"]],
  ] as const)("refuses %s", (_, template, expected) => {
    expect(templateProblems(template as unknown as JsonValue)).toEqual(expected);
  });

  it.each([
    ["a program without its path", { programs: { tool: "tool" } }, ["E_CONNECTION_SETTINGS /c/programs/tool"]],
    [
      "a variable by which other code is loaded",
      { programs: {}, env: { LD_PRELOAD: "x" } },
      ["E_CONNECTION_SETTINGS /c/env/LD_PRELOAD"],
    ],
    ["a secret that is none", { programs: {}, env: { TOKEN: { $arg: "x" } } }, ["E_CONNECTION_SETTINGS /c/env/TOKEN"]],
  ] as const)("refuses settings with %s", (_, settings, expected) => {
    expect(settingsProblems(settings as unknown as JsonValue)).toEqual(expected);
  });

  it("accepts settings with a secret by reference", () => {
    expect(
      settingsProblems({
        programs: { tool: "/bin/true" },
        env: { TOKEN: { $secret: "token" }, MODE: "x" },
        passEnv: ["HOME"],
      }),
    ).toEqual([]);
  });
});

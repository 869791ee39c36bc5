import { resolve } from "node:path";
import type { Reply } from "../../core/run/words/input.ts";
import { type Code, problem } from "../../core/value/codes.ts";
import { assertNever } from "../../core/value/invariant.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { parseWith } from "../../core/value/shape.ts";
import { quote } from "../../core/value/text.ts";
import { isRegularFile, isRunnable } from "../../intake/program-file.ts";
import type { Connector, ConnectorRequest } from "../../ports.ts";
import { orUnreadable, readAnsweredJson, readAnsweredText } from "../read-answer.ts";
import { applied, notSent } from "../reply.ts";
import { boundSecret, referredSecret } from "../secret-slot.ts";
import { boundSlots, describeFirst, problemsOfSettings, problemsOfTemplate } from "../template-slots.ts";
import { pathsIn } from "./paths-in-words.ts";
import { type Ended, runProgram } from "./run-program.ts";
import { type ProcessSettings, processSettings } from "./settings.ts";
import { isInterpreter, type ProcessCall, runTemplate } from "./template.ts";

/**
 * Programs of the site, run without a shell. Output: `{exitCode, stdout, stderr}`, or `{exitCode, value}` for `output:
 * json`. Nothing keeps a program from writing, so this connector serves no reads.
 */
export const processConnector: Connector = {
  name: "process",
  operations: [
    {
      name: "run",
      enforcesRead: false,
      checkTemplate: (template, _access, pointer) => problemsOfTemplate(runTemplate, template, pointer),
      runsFiles,
      namesFiles,
      worksIn: (settings) => (folderOf(settings) === "/" ? [] : [folderOf(settings)]),
    },
  ],
  checkSettings: (settings, pointer) => problemsOfSettings(processSettings(referredSecret), settings, pointer),
  perform,
};

async function perform(request: ConnectorRequest): Promise<Reply> {
  if (request.operation !== "run")
    return notSent("E_CALL_INVALID", `the connector \`process\` has no operation ${quote(request.operation)}`);
  if (request.access === "read")
    return notSent("E_CALL_INVALID", "nothing keeps a program from writing: it cannot serve a read");
  const settings = parseWith(processSettings(boundSecret), request.settings);
  if (!settings.ok) return notSent("E_CONNECTION_SETTINGS", describeFirst(settings.error));
  const call = parseWith(runTemplate(boundSlots), request.with);
  if (!call.ok) return notSent("E_CALL_INVALID", describeFirst(call.error));
  const [program, ...args] = call.value.argv;
  const path = settings.value.programs[program];
  if (path === undefined)
    return notSent(
      "E_CONNECTION_SETTINGS",
      `the site lists no program ${quote(program)}`,
      "add it under `programs` of the connection",
    );
  if (request.signal.aborted) return notSent("E_TARGET_UNREACHABLE", "the call was broken off before it began");
  const ended = await runProgram({
    ...request,
    path,
    args,
    cwd: settings.value.cwd,
    env: environmentOf(settings.value),
  });
  return readEnd(ended, {
    program,
    call: call.value,
    timeoutMs: request.timeoutMs,
    outputBytesMax: request.outputBytesMax,
  });
}

/** The program, and everything among its arguments that may run: what is executable, a script, or read as one. */
function runsFiles(template: JsonValue, settings: JsonValue): readonly string[] {
  const [program] = wordsOf(template);
  const programs = isJsonObject(settings) ? (settings["programs"] ?? null) : null;
  const path = program !== undefined && isJsonObject(programs) ? programs[program] : undefined;
  const isReadAsScript = isInterpreter(program ?? "") || (typeof path === "string" && isInterpreter(path));
  const scripts = isReadAsScript ? namesFiles(template, settings).filter(isRegularFile) : [];
  const runnable = pathsAmongWords(template, settings).filter(isRunnable);
  return [...(typeof path === "string" ? [path] : []), ...scripts, ...runnable];
}

/** Everything among the fixed arguments that may name a file, without what the template says may change. */
function namesFiles(template: JsonValue, settings: JsonValue): readonly string[] {
  const listed = isJsonObject(template) ? (template["unpinned"] ?? null) : null;
  const unpinned = isJsonArray(listed) ? listed : [];
  const folder = folderOf(settings);
  const left = new Set(unpinned.flatMap((path) => (typeof path === "string" ? [resolve(folder, path)] : [])));
  return pathsAmongWords(template, settings).filter((path) => !left.has(path));
}

function pathsAmongWords(template: JsonValue, settings: JsonValue): readonly string[] {
  const [, ...args] = wordsOf(template);
  return args.flatMap((word) => pathsIn(word, folderOf(settings)));
}

function folderOf(settings: JsonValue): string {
  const cwd = isJsonObject(settings) ? settings["cwd"] : null;
  return typeof cwd === "string" ? cwd : "/";
}

/** The literal words of an argument vector. */
function wordsOf(template: JsonValue): readonly string[] {
  const argv = isJsonObject(template) ? (template["argv"] ?? null) : null;
  return isJsonArray(argv) ? argv.filter((word) => typeof word === "string") : [];
}

/** What is listed and nothing else: the engine's own environment holds secrets of other connections. */
function environmentOf({ env, passEnv }: ProcessSettings): Readonly<Record<string, string>> {
  const passed = passEnv.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { PATH: "/usr/bin:/bin", LANG: "C.UTF-8", ...Object.fromEntries(passed), ...env };
}

interface Ran {
  readonly program: string;
  readonly call: ProcessCall;
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
}

function readEnd(ended: Ended, { program, call, timeoutMs, outputBytesMax }: Ran): Reply {
  switch (ended.kind) {
    case "not_started":
      return notSent(
        "E_TARGET_UNREACHABLE",
        `${quote(program)} cannot be started (${ended.code})`,
        "check `programs` and `cwd` of the connection",
      );
    case "signalled":
      return failed("E_TARGET_LOST", `${quote(program)} was ended by ${ended.signal}`, { ended, outputBytesMax });
    case "timed_out": {
      const says = `${quote(program)} did not end within ${timeoutMs} ms and was stopped`;
      return failed("E_TIMEOUT", says, { ended, outputBytesMax });
    }
    case "aborted":
      return failed("E_TARGET_LOST", `${quote(program)} was stopped before it had ended`, { ended, outputBytesMax });
    case "too_large": {
      const says = `${quote(program)} printed more than ${outputBytesMax} bytes and was stopped`;
      return failed("E_OUTPUT_SIZE", says, { ended, outputBytesMax });
    }
    case "overflowed": {
      const says = `${quote(program)} printed more than ${outputBytesMax} bytes, and ended`;
      return failed("E_OUTPUT_SIZE", says, { ended, outputBytesMax });
    }
    case "exited":
      return readExit(ended, { program, call, outputBytesMax });
    default:
      return assertNever(ended);
  }
}

function readExit(
  ended: Extract<Ended, { readonly kind: "exited" }>,
  { program, call, outputBytesMax }: Pick<Ran, "program" | "call" | "outputBytesMax">,
): Reply {
  const { exitCode, stdout, stderr } = ended;
  const says = `${quote(program)} ended with ${exitCode}${excerpt(stderr)}`;
  if (call.rejected.includes(exitCode))
    return {
      kind: "rejected",
      problem: problem("E_TARGET_REFUSED", "", says),
      retryable: false,
      output: printedBy(ended, outputBytesMax),
    };
  if (!call.ok.includes(exitCode)) return failed("E_TARGET_LOST", says, { ended, outputBytesMax });
  const sizeBytes = stdout.length + stderr.length;
  // The exit code is the answer, whatever was printed beside it.
  if (call.output === "text")
    return applied({ exitCode, stdout: readAnsweredText(stdout), stderr: readAnsweredText(stderr) }, sizeBytes);
  return applied({ exitCode, value: orUnreadable(readAnsweredJson(stdout)) }, sizeBytes);
}

type Begun = Exclude<Ended, { readonly kind: "not_started" }>;

/** The program ran and did not end well: what it printed goes into the log, because it may have done anything. */
function failed(
  code: Code,
  message: string,
  { ended, outputBytesMax }: { readonly ended: Begun; readonly outputBytesMax: number },
): Reply {
  return { kind: "unknown", problem: problem(code, "", message), output: printedBy(ended, outputBytesMax) };
}

/** How the program ended and what it printed. A `…` says that it printed more. */
function printedBy(ended: Begun, outputBytesMax: number): JsonValue {
  const { stdout, stderr } = ended;
  const rest = stdout.length + stderr.length < outputBytesMax ? "" : "…";
  const end = ended.kind === "exited" ? { exitCode: ended.exitCode } : { exitCode: null };
  return { ...end, stdout: readAnsweredText(stdout) + rest, stderr: readAnsweredText(stderr) + rest };
}

function excerpt(stderr: Buffer): string {
  return stderr.length === 0 ? "" : `: ${quote(stderr.subarray(0, 320).toString("utf8").trim())}`;
}

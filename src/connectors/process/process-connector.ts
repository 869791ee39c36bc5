import type { Reply } from "../../core/run/words/input.ts";
import { assertNever } from "../../core/value/invariant.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { parseWith } from "../../core/value/shape.ts";
import { quote } from "../../core/value/text.ts";
import { isRunnable } from "../../intake/program-file.ts";
import type { Connector, ConnectorRequest } from "../../ports.ts";
import { orUnreadable, readAnsweredJson, readAnsweredText } from "../read-answer.ts";
import { applied, notSent, rejected, unknown } from "../reply.ts";
import { boundSecret, referredSecret } from "../secret-slot.ts";
import { boundSlots, describeFirst, problemsOfSettings, problemsOfTemplate } from "../template-slots.ts";
import { type Ended, runProgram } from "./run-program.ts";
import { type ProcessSettings, processSettings } from "./settings.ts";
import { type ProcessCall, runTemplate } from "./template.ts";

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

/** The program, and every script among its arguments that is written as an absolute path. */
function runsFiles(template: JsonValue, settings: JsonValue): readonly string[] {
  const [program, ...args] = wordsOf(template);
  const programs = isJsonObject(settings) ? (settings["programs"] ?? null) : null;
  const path = program !== undefined && isJsonObject(programs) ? programs[program] : undefined;
  return [...(typeof path === "string" ? [path] : []), ...args.filter(isRunnable)];
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
      return unknown("E_TARGET_LOST", `${quote(program)} was ended by ${ended.signal}`);
    case "timed_out":
      return unknown("E_TIMEOUT", `${quote(program)} did not end within ${timeoutMs} ms and was stopped`);
    case "aborted":
      return unknown("E_TARGET_LOST", `${quote(program)} was stopped before it had ended`);
    case "too_large":
      return unknown("E_OUTPUT_SIZE", `${quote(program)} printed more than ${outputBytesMax} bytes and was stopped`);
    case "exited":
      return readExit(ended, { program, call });
    default:
      return assertNever(ended);
  }
}

function readExit(
  { exitCode, stdout, stderr }: Extract<Ended, { readonly kind: "exited" }>,
  { program, call }: Pick<Ran, "program" | "call">,
): Reply {
  const says = `${quote(program)} ended with ${exitCode}${excerpt(stderr)}`;
  if (call.rejected.includes(exitCode)) return rejected("E_TARGET_REFUSED", says);
  if (!call.ok.includes(exitCode)) return unknown("E_TARGET_LOST", says);
  const sizeBytes = stdout.length + stderr.length;
  // The exit code is the answer, whatever was printed beside it.
  if (call.output === "text")
    return applied({ exitCode, stdout: readAnsweredText(stdout), stderr: readAnsweredText(stderr) }, sizeBytes);
  return applied({ exitCode, value: orUnreadable(readAnsweredJson(stdout)) }, sizeBytes);
}

function excerpt(stderr: Buffer): string {
  return stderr.length === 0 ? "" : `: ${quote(stderr.subarray(0, 320).toString("utf8").trim())}`;
}

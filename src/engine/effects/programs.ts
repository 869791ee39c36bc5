import { bindingOf } from "../../core/domain/template.ts";
import { callsOfStep } from "../../core/plan/kinds/calls-of-step.ts";
import { isCallStep } from "../../core/plan/kinds/index.ts";
import type { Call, Plan, ProgramPin } from "../../core/plan/plan.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { parseJson } from "../../core/value/json.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { sortedUnique } from "../../core/value/sorted-unique.ts";
import { quote } from "../../core/value/text.ts";
import { digestOfProgram, isRegularFile } from "../../intake/program-file.ts";
import type { Connections } from "./connections.ts";

/** Files of calls, by path, sorted. */
export interface FilesOfCalls {
  /** What is run: programs, their scripts, and those of secrets. Each of them has to be pinned. */
  readonly run: readonly string[];
  /** What the fixed arguments may name. The ones that are there when a plan is made are pinned. */
  readonly named: readonly string[];
}

/** Every file on this machine that carrying out a plan runs or hands to a program. */
export function programsOf(plan: Pick<Plan, "steps" | "observations">, connections: Connections): FilesOfCalls {
  const files = callsOf(plan).map((call) => programsOfCall(call, connections));
  return {
    run: sortedUnique(files.flatMap(({ run }) => run)),
    named: sortedUnique(files.flatMap(({ named }) => named)),
  };
}

/** Every call that carrying out a plan can make. */
export function callsOf(plan: Pick<Plan, "steps" | "observations">): readonly Call[] {
  return [
    ...plan.steps.flatMap((step) => (isCallStep(step) ? callsOfStep(step) : [])),
    ...plan.observations.map(({ call }) => call),
  ];
}

/** The files of one call: those of its connector, and the programs that print its secrets. */
export function programsOfCall(call: Call, connections: Connections): FilesOfCalls {
  const connection = connections.get(call.connection);
  if (connection === undefined) return { run: [], named: [] };
  const operation = connection.connector.operations.find(({ name }) => name === call.operation);
  const ofConnector = operation?.runsFiles?.(call.with, connection.settings) ?? [];
  const names = [...secretNames(call.with), ...secretNames(connection.settings)];
  const ofSecrets = names.flatMap((name) => programOfSecret(connection.secrets.get(name) ?? ""));
  return {
    run: sortedUnique([...ofConnector, ...ofSecrets]),
    named: sortedUnique(operation?.namesFiles?.(call.with, connection.settings) ?? []),
  };
}

function secretNames(template: JsonValue): readonly string[] {
  if (isJsonArray(template)) return template.flatMap(secretNames);
  if (!isJsonObject(template)) return [];
  const binding = bindingOf(template);
  if (binding?.kind === "$secret") return [String(binding.name)];
  return Object.values(template).flatMap(secretNames);
}

/** The words of an `exec:` reference that are written as absolute paths of files that are there. */
function programOfSecret(reference: string): readonly string[] {
  if (!reference.startsWith("exec:")) return [];
  const argv = parseJson(reference.slice("exec:".length));
  const words = argv.ok && isJsonArray(argv.value) ? argv.value.filter((word) => typeof word === "string") : [];
  return words.filter((word, index) => word.startsWith("/") && (index === 0 || digestOfProgram(word).ok));
}

/** The digests of these files as they are now. A path that is only named and leads to no regular file has none. */
export function pinPrograms({ run, named }: FilesOfCalls): Result<readonly ProgramPin[], readonly Problem[]> {
  const read = sortedUnique([...run, ...named.filter(isRegularFile)]).map((path) => ({
    path,
    digest: digestOfProgram(path),
  }));
  const pins = read.flatMap(({ path, digest }) => (digest.ok ? [{ path, digest: digest.value }] : []));
  const problems = read.flatMap(({ path, digest }) =>
    digest.ok || !run.includes(path)
      ? []
      : [problem("E_PROGRAM_CHANGED", "/pins/programs", `${quote(path)} ${digest.error}`)],
  );
  return problems.length > 0 ? fail(problems) : ok(pins);
}

/** Nothing here knows who changed a file. The run itself may have: the plan names no file that it is known to write. */
const hintOfNamed =
  "if the plan's own program writes this file, list it under `unpinned` in the action's `with` and plan again; " +
  "if not, look at who changed it";

/**
 * Why one of these files must not be used: it is not what was pinned. `null` if all of them are. A file that is only
 * named and was not there when the plan was made has no pin, and may be anything.
 */
export function findChangedProgram({ run, named }: FilesOfCalls, pins: readonly ProgramPin[]): Problem | null {
  const byPath = new Map(pins.map((pin) => [pin.path, pin.digest]));
  for (const path of sortedUnique([...run, ...named.filter((name) => byPath.has(name))])) {
    const pinned = byPath.get(path);
    const now = digestOfProgram(path);
    if (pinned !== undefined && now.ok && now.value === pinned) continue;
    const expected = pinned ?? "no digest, since the plan pins none for it";
    const found = now.ok ? now.value : `that it ${now.error}`;
    const message = `${quote(path)} is not the file that was approved: expected ${expected}, found ${found}`;
    return run.includes(path)
      ? problem("E_PROGRAM_CHANGED", "/pins/programs", message)
      : problem("E_PROGRAM_CHANGED", "/pins/programs", message, hintOfNamed);
  }
  return null;
}

import { bindingOf } from "../../core/domain/template.ts";
import { isCallStep } from "../../core/plan/kinds/index.ts";
import type { Call, Plan, ProgramPin } from "../../core/plan/plan.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { parseJson } from "../../core/value/json.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { sortedUnique } from "../../core/value/sorted-unique.ts";
import { quote } from "../../core/value/text.ts";
import { digestOfProgram } from "../../intake/program-file.ts";
import type { Connections } from "./connections.ts";

/** Every file on this machine that carrying out a plan runs, sorted: programs, their scripts, and those of secrets. */
export function programsOf(plan: Pick<Plan, "steps" | "observations">, connections: Connections): readonly string[] {
  const calls = [
    ...plan.steps.flatMap((step) =>
      isCallStep(step) ? [step.call, ...(step.compensation === null ? [] : [step.compensation.call])] : [],
    ),
    ...plan.observations.map(({ call }) => call),
  ];
  return sortedUnique(calls.flatMap((call) => programsOfCall(call, connections)));
}

/** The files that one call runs: those of its connector, and the programs that print its secrets. */
export function programsOfCall(call: Call, connections: Connections): readonly string[] {
  const connection = connections.get(call.connection);
  if (connection === undefined) return [];
  const operation = connection.connector.operations.find(({ name }) => name === call.operation);
  const ofConnector = operation?.runsFiles?.(call.with, connection.settings) ?? [];
  const names = [...secretNames(call.with), ...secretNames(connection.settings)];
  const ofSecrets = names.flatMap((name) => programOfSecret(connection.secrets.get(name) ?? ""));
  return sortedUnique([...ofConnector, ...ofSecrets]);
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

/** The digests of these files as they are now. */
export function pinPrograms(paths: readonly string[]): Result<readonly ProgramPin[], readonly Problem[]> {
  const read = paths.map((path) => ({ path, digest: digestOfProgram(path) }));
  const pins = read.flatMap(({ path, digest }) => (digest.ok ? [{ path, digest: digest.value }] : []));
  const problems = read.flatMap(({ path, digest }) =>
    digest.ok ? [] : [problem("E_PROGRAM_CHANGED", "/pins/programs", `${quote(path)} ${digest.error}`)],
  );
  return problems.length > 0 ? fail(problems) : ok(pins);
}

/** Why one of these files must not run: it is not what was pinned. `null` if all of them are. */
export function findChangedProgram(paths: readonly string[], pins: readonly ProgramPin[]): Problem | null {
  for (const path of paths) {
    const pinned = pins.find((pin) => pin.path === path);
    const now = digestOfProgram(path);
    if (pinned !== undefined && now.ok && now.value === pinned.digest) continue;
    const expected = pinned === undefined ? "no digest, since the plan pins none for it" : pinned.digest;
    const found = now.ok ? now.value : `that it ${now.error}`;
    const message = `${quote(path)} is not the program that was approved: expected ${expected}, found ${found}`;
    return problem("E_PROGRAM_CHANGED", "/pins/programs", message);
  }
  return null;
}

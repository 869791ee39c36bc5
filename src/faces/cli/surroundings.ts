import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import type { Principal } from "../../interlock.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";

/*
 * What a command finds around it: its global options, the environment and the working folder. It is read once, in one
 * place, before the command begins, so that no command works on half of it. What cannot be read is refused. It never
 * counts as absent, because a default in its place would be another actor or another store than the one that was meant.
 */

/** The global options as they were typed. */
interface TypedOptions {
  readonly store?: string;
  readonly config?: string;
}

/** Who gives the command, and where it works; or every reason why that cannot be told. */
export async function readSurroundings(
  context: CliContext,
  typed: TypedOptions,
): Promise<Result<GlobalOptions, readonly Problem[]>> {
  const actor = readActor(context.environment["INTERLOCK_ACTOR"]);
  const store = readStore(context.environment["INTERLOCK_STORE"], typed.store);
  const folder = context.cwd === "" ? [removedFolder()] : findMissingConfig(context, typed.config);
  const problems = [...(actor.ok ? [] : [actor.error]), ...(store.ok ? [] : [store.error]), ...folder];
  if (problems.length > 0 || !store.ok || !actor.ok) return fail(problems);
  return ok({
    store: store.value,
    config: typed.config ?? null,
    actor: actor.value ?? (await import("../../interlock.ts")).systemUser(),
  });
}

/**
 * Who gives the command: the name, `agent:NAME` or `service:NAME` in `INTERLOCK_ACTOR`, or `null` for the user of the
 * operating system. This is only a claim, and it can only take rights away: a person approves with a key (`interlock
 * approve`). So one that cannot be read is refused; without it, an agent would be a person.
 */
function readActor(claim: string | undefined): Result<Principal | null, Problem> {
  if (claim === undefined) return ok(null);
  const [, kind = "person", id = ""] =
    /^(?:(person|agent|service):)?([A-Za-z0-9][A-Za-z0-9_.-]{0,127})$/.exec(claim) ?? [];
  if (id !== "") return ok({ kind: kind === "agent" || kind === "service" ? kind : "person", id, keyId: null });
  const what = claim === "" ? "is set, and names nobody" : `is ${quote(claim)}, which names nobody`;
  const hint =
    "write a name, `agent:NAME` or `service:NAME`, with letters, digits, `_`, `.` and `-` in the name; or unset it";
  return fail(problem("E_USAGE", "", `INTERLOCK_ACTOR ${what}`, hint));
}

/** The folder of the store that was asked for, or `null`. */
function readStore(variable: string | undefined, typed: string | undefined): Result<string | null, Problem> {
  if (typed === "") return fail(problem("E_USAGE", "", "`--store` names no folder", "name one, or leave it out"));
  if (typed !== undefined) return ok(typed);
  if (variable === undefined || variable === "") return ok(null);
  // A variable outlives the folder in which it was set. Relative, it would mean another store, with other locks and
  // another log, in each folder.
  return isAbsolute(variable)
    ? ok(variable)
    : fail(
        problem("E_USAGE", "", `INTERLOCK_STORE is ${quote(variable)}, a relative path`, "give it an absolute path"),
      );
}

function removedFolder(): Problem {
  return problem("E_INPUT_MISSING", "", "the working folder does not exist any more", "change to another folder");
}

/** Going on without a configuration that was named would read another place than the one that was meant. */
function findMissingConfig(context: CliContext, typed: string | undefined): readonly Problem[] {
  if (typed === undefined || (typed !== "" && existsSync(resolve(context.cwd, typed)))) return [];
  const message = typed === "" ? "`--config` names no file" : `the configuration ${quote(typed)} does not exist`;
  const hint = "name an interlock.yaml with `--config`, or leave it out to take the nearest one upwards";
  return [problem(typed === "" ? "E_USAGE" : "E_INPUT_MISSING", "", message, hint)];
}

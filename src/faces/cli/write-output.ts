import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import type { Interlock } from "../../interlock.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";

/*
 * Every file that somebody names for output is written here. What exists is kept: a name that was mistyped, or that an
 * agent chose, must not cost a log, a key or a configuration. A link is never followed. Where the site keeps its own
 * files, nothing is written at all.
 */

/** A `create` needs a new name. A `replace` is what `--force` asks for. An `append` goes on with a cassette. */
export type OutputMode = "create" | "replace" | "append";

/** A file that somebody named for output and that may be written, as far as anybody can tell before the work. */
export interface Output {
  /** As it was typed. */
  readonly path: string;
  write(content: string | Uint8Array): Result<null, Problem>;
}

/** How a new file is made. */
interface OutputOptions {
  readonly mode: OutputMode;
  /** The permissions of a new file, before the process's mask. Default: 0o666. */
  readonly permissions?: number;
}

/** `--force` is a person's word: an agent names a new file. */
export function modeFor(
  globals: Pick<GlobalOptions, "actor">,
  force: boolean | undefined,
): Result<OutputMode, Problem> {
  if (force !== true) return ok("create");
  return globals.actor.kind === "person"
    ? ok("replace")
    : fail(problem("E_PERSON_REQUIRED", "", "`--force` replaces a file, and only a person may do that"));
}

/**
 * Looks at a place for output before the work begins, so that no answer is paid for, and no interview held, that then
 * cannot be kept. Writes nothing yet.
 *
 * @returns what writes the file; `E_FILE_EXISTS`, `E_USAGE` for a place that the site keeps for itself, or why the
 *   place cannot be written
 */
export async function openOutput(
  context: Pick<CliContext, "cwd">,
  interlock: Pick<Interlock, "settings">,
  path: string,
  options: OutputOptions,
): Promise<Result<Output, Problem>> {
  const kept = await keptPlaces(interlock);
  if (!kept.ok) return kept;
  const target = (): Result<string, Problem> => findTarget(resolve(context.cwd, path), path, kept.value);
  const found = target();
  if (!found.ok) return found;
  const refused = findObstacle(found.value, path, options.mode);
  if (refused !== null) return fail(refused);
  const begun = options.mode === "append" ? await findCassette(found.value, path) : ok(null);
  if (!begun.ok) return begun;
  return ok({
    path,
    write: (content) => {
      const now = target();
      return now.ok ? writeAt(now.value, path, content, { ...options, begun: begun.value }) : now;
    },
  });
}

/** A folder that the site keeps for itself, and what it is. */
interface KeptPlace {
  readonly folder: string;
  readonly what: string;
}

interface KeptPlaces {
  readonly config: string | null;
  readonly folders: readonly KeptPlace[];
}

async function keptPlaces(interlock: Pick<Interlock, "settings">): Promise<Result<KeptPlaces, Problem>> {
  const settings = await interlock.settings();
  // Without the settings nobody can tell where the pack is.
  if (!settings.ok)
    return fail(settings.error[0] ?? problem("E_INPUT_MISSING", "", "the settings of the site cannot be read"));
  const { config, store, identities, site } = settings.value;
  const folders = [
    { folder: store, what: "the store" },
    { folder: identities, what: "the folder of keys" },
  ];
  if (config !== null && site !== null)
    folders.push({ folder: resolve(dirname(config), site.pack), what: "the pack, which is trusted as it is" });
  return ok({ config: config === null ? null : realPath(config), folders });
}

/** Where a name really leads, unless that is a place of the site's own. */
function findTarget(path: string, shown: string, kept: KeptPlaces): Result<string, Problem> {
  const target = join(realPath(dirname(path)), basename(path));
  const inside = kept.folders.find(({ folder }) => {
    const real = realPath(folder);
    return target === real || target.startsWith(real.endsWith(sep) ? real : `${real}${sep}`);
  });
  const what =
    inside?.what ??
    (target === kept.config || basename(target) === "interlock.yaml" ? "the site's configuration" : null);
  if (what === null) return ok(target);
  const where = inside === undefined ? `is ${what}` : `lies in ${what}`;
  return fail(problem("E_USAGE", "", `${quote(shown)} ${where}, so nothing is written there`, "name a file elsewhere"));
}

/** A path without links, as far as it exists. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realPath(above), basename(path));
  }
}

function findObstacle(target: string, shown: string, mode: OutputMode): Problem | null {
  const above = lstatSync(dirname(target), { throwIfNoEntry: false });
  if (above === undefined) return unwritable(shown, "ENOENT");
  const found = lstatSync(target, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (found.isSymbolicLink()) return existing(shown, "is a link, which is not followed");
  if (!found.isFile()) return irregular(shown);
  return mode === "create" ? existing(shown) : null;
}

function writeAt(
  target: string,
  shown: string,
  content: string | Uint8Array,
  { mode, permissions = 0o666, begun }: OutputOptions & { readonly begun: Begun | null },
): Result<null, Problem> {
  try {
    if (begun !== null) return append(target, shown, content, begun);
    const before = lstatSync(target, { throwIfNoEntry: false });
    if (before === undefined || mode !== "replace") {
      create(target, content, permissions);
      return ok(null);
    }
    if (!before.isFile()) return fail(irregular(shown));
    // Another file takes the place of the old one, so a second name of the old file keeps what it holds.
    const part = `${target}.${process.pid}.part`;
    create(part, content, before.mode & 0o777, before.mode & 0o777);
    renameSync(part, target);
    return ok(null);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    return fail(code === "EEXIST" ? existing(shown) : unwritable(shown, code));
  }
}

const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;

/** Makes a new file. Where it cannot be written to its end, none is left. */
function create(target: string, content: string | Uint8Array, permissions: number, exactly?: number): void {
  const file = openSync(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY, permissions);
  try {
    if (exactly !== undefined) fchmodSync(file, exactly);
    writeFileSync(file, content);
  } catch (error) {
    rmSync(target, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/** The very file that was looked at. */
interface Begun {
  readonly dev: number;
  readonly ino: number;
}

/** The cassette that has this name, `null` where nothing has; any other file is refused. */
async function findCassette(target: string, shown: string): Promise<Result<Begun | null, Problem>> {
  const found = lstatSync(target, { throwIfNoEntry: false });
  if (found === undefined) return ok(null);
  const { readInputLines } = await import("../../interlock.ts");
  const lines = await readInputLines(target);
  if (!lines.ok) return lines;
  const first = lines.value.find((line) => line.trim() !== "");
  const isCassette = first === undefined || /^\s*\{\s*"format"\s*:\s*"interlock\.proposal-cassette\//.test(first);
  return isCassette ? ok(found) : fail(existing(shown, "is no cassette, so nothing is added to it"));
}

/** Goes on at the end of the cassette that was looked at, and of no file that has taken its name since. */
function append(target: string, shown: string, content: string | Uint8Array, begun: Begun): Result<null, Problem> {
  // Without O_NONBLOCK, opening a pipe waits for its other end.
  const file = openSync(target, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  try {
    const { dev, ino } = fstatSync(file);
    if (dev !== begun.dev || ino !== begun.ino) return fail(existing(shown, "is another file than before"));
    writeFileSync(file, content);
    return ok(null);
  } finally {
    closeSync(file);
  }
}

function existing(path: string, why = "exists already, and stays as it is"): Problem {
  return problem("E_FILE_EXISTS", "", `${quote(path)} ${why}`, "name another file, or move this one away");
}

function irregular(path: string): Problem {
  return problem("E_INPUT_MISSING", "", `${quote(path)} is not a regular file, so nothing was written`, "name a file");
}

function unwritable(path: string, code: string): Problem {
  return problem("E_INPUT_MISSING", "", `${quote(path)} cannot be written (${code})`);
}

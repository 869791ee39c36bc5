/** A deliberate bug: exact pieces of source, and what replaces them. It is applied when modules load, never on disk. */
export interface SeededBug {
  readonly name: string;
  /** The invariant it breaks. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
}

/**
 * In `file`, a path from the repository's root, `find` occurs exactly once, however the formatter lays it out. `…`
 * stands for anything within one statement.
 */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** An edit of the kernel. */
export function run(file: string, find: string, replace: string): Edit {
  return { file: `src/core/run/${file}`, find, replace };
}

/** Switches off the assertion with this message, so that the oracle has to notice and not the kernel. */
export function mute(file: string, message: string): Edit {
  return run(file, `invariant(…, "${message}");`, ";");
}

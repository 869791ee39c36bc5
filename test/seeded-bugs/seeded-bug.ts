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

/**
 * A deliberate defect: exact pieces of source and what stands there instead. Applied when modules are loaded, never on
 * disk.
 */
export interface SeededBug {
  readonly name: string;
  /** The invariant it breaks. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
}

/** In `file`, a path from the repository's root, `find` occurs exactly once, however the formatter lays it out. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** What a command's exit code says, and how it leaves the world. */
export interface ExitEntry {
  readonly meaning: string;
  /** `–` where no world is concerned. */
  readonly world: string;
  /** Nothing ends with it yet; the number is kept for an ending that is coming. */
  readonly isReserved: boolean;
}

function used(meaning: string, world: string): ExitEntry {
  return { meaning, world, isReserved: false };
}

function reserved(meaning: string, world: string): ExitEntry {
  return { meaning, world, isReserved: true };
}

// One meaning each, and none ever changes. 10–19: nothing was touched. 20–39: something was. 0 means done and verified;
// an ending that is less has a number of its own, because a script that knows only 0 must not take it for success.
const table = {
  0: used(
    "done and verified, or nothing was to be done (`decide`: a decision was computed, escalate included)",
    "as wanted",
  ),
  1: used(
    "internal error, the store refused a commit, the output cannot be written, or a Node too old to run",
    "see the run",
  ),
  2: used("the plan has changes; given only where the detailed exit code was asked for", "untouched"),
  10: used("proposal, plan, domain or situation rejected", "untouched"),
  11: used("approval missing, expired, for another hash, or one's own", "untouched"),
  12: used("stale: target, domain or policy changed since the plan, or the target cannot be read", "untouched"),
  13: used("locked or frozen: try later", "untouched"),
  14: used(
    "escalated or declined before anything was written, which includes a run that failed or was stopped before its " +
      "first write; nothing that acts keeps the limit",
    "untouched",
  ),
  15: used("log, signature or digest does not verify", "untouched"),
  16: used(
    "disputed, nothing was written: the alert says one thing and the reading another; a person has to look",
    "untouched",
  ),
  20: used("failed, compensated, compensation verified", "restored"),
  21: used("failed, compensation failed or impossible: the run is dirty, a person owns it", "dirty"),
  22: used("applied, verification inconclusive: a step is in doubt", "unknown"),
  23: used("escalated after something was written", "listed"),
  24: used("stopped, by a person or a signal, after something was written", "listed"),
  25: used("succeeded in part: some steps failed, as the plan tolerates; they are listed", "listed"),
  26: used("closed by a person, whose word for the world was not read back", "as the person said"),
  27: used(
    "an invariant of the domain was broken during the run, and nothing was read since that shows it to hold again: a " +
      "person owns it",
    "dirty",
  ),
  28: reserved("acknowledged: the target said done, and nothing could read it back", "as the target said"),
  29: used(
    "disputed after something was written: the read-back held, and the second witness does not say the same",
    "listed",
  ),
  64: used("wrong usage", "–"),
  66: used("input missing", "–"),
  69: used("another part of Interlock, or a proposer, does not answer", "–"),
  77: used("not permitted", "–"),
  130: used("interrupted", "–"),
} as const satisfies Readonly<Record<number, ExitEntry>>;

/** A number that a command ends with. */
export type ExitCode = keyof typeof table;

/** The one table of exit codes; `docs/exit-codes.md` is written from it. */
export const exitCodes: Readonly<Record<ExitCode, ExitEntry>> = table;

/**
 * What somebody says about the result that an alert asks for. `objective`: the condition that every response is to
 * bring about, read from the target. `witness`: an instrument that does not depend on that reading, or the alert
 * itself.
 */
export interface Testimony {
  readonly by: "objective" | "witness";
  /** The condition that was read; `alert` for a witness that is the alert itself. */
  readonly about: string;
  readonly says: "holds" | "broken" | "unknown";
  /** The part that does not hold or is not known, with its values; empty if it holds. */
  readonly why: string;
}

/** The `about` of a witness that is the alert itself. */
export const alertItself = "alert";

/** What a witness says against a result, for a sentence. */
export function describeAgainst({ about, says, why }: Testimony): string {
  if (about === alertItself) return why === "" ? "the alert still fires" : why;
  return says === "broken" ? `the second witness says otherwise: ${why}` : `the second witness says nothing: ${why}`;
}

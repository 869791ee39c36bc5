/** A person's words as an event carries them: where nobody gave any, it has no such field. */
export function reasonGiven(reason: string | undefined): { readonly reason?: string } {
  return reason === undefined || reason === "" ? {} : { reason };
}

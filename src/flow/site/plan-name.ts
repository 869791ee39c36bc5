/** A plan's id, or the beginning of its hash: the first group is the digits. */
export const planPrefix = /^(?:pl_|sha256:)?([0-9a-f]{6,64})$/;

/** Whether what somebody typed for a plan leads to a file, which may be opened only once that is permitted. */
export function namesPlanFile(wanted: string): boolean {
  return wanted !== "last" && !planPrefix.test(wanted);
}

/** Each assignment of an effect as an equation, in one guard; empty for no effect. */
export function equationsOf(effect: readonly string[]): string {
  return effect.map((assignment) => assignment.replace("=", "==")).join(" && ");
}

import type { Input } from "../src/core/run/words/input.ts";
import type { RunState } from "../src/core/run/words/state.ts";

/** Something that can happen next in a schedule. */
export interface Happening {
  readonly name: string;
  readonly happen: () => void;
}

/** Which input met a run in which phase. The simulator counts its coverage in these. */
export function transitionOf(input: Input, before: RunState | null): string {
  const purpose = input.kind === "observed" ? ` ${input.commandId.split("/").at(-2) ?? ""}` : "";
  return `${input.kind}${purpose} × ${before?.phase.kind ?? "none"}`;
}

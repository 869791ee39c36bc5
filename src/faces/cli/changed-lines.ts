import { quoted, type ScreenText, screen } from "../../core/value/screen.ts";
import type { ChangedFact, FoundFact } from "../../interlock.ts";

/** A fact that was found otherwise than it was known: `host.a.version was “v3” and not “v1” as planned`. */
export function foundText({ name, was, found, since }: FoundFact, verb: "was" | "is" = "was"): ScreenText {
  const known = since === "planned" ? "as planned" : "as this run left it";
  return screen`${name} ${verb} ${valueText(found)} and not ${valueText(was)} ${known}`;
}

/** What a write found otherwise, and what it did with it. */
export function changedText(fact: ChangedFact): ScreenText {
  return screen`${foundText(fact)}${fact.isOverwritten ? "; the write overwrites it" : ""}`;
}

function valueText(value: FoundFact["found"]): ScreenText {
  return typeof value === "string" ? quoted(value) : screen`${String(value)}`;
}

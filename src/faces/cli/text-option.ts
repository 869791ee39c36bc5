import { InvalidArgumentError } from "commander";

/** Parses an option that says something: a blank text is refused, because a script's unset variable gives one. */
export function saidText(text: string): string {
  if (text.trim() === "")
    throw new InvalidArgumentError("expected a text that is not blank; leave the option out for none");
  return text;
}

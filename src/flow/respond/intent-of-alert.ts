import type { AskedIntent } from "../../core/plan/compile/compilation.ts";
import { checkIntent } from "../../core/plan/wire/check-prose.ts";
import type { Alert } from "./parse-alert.ts";

/**
 * What an alert asks for, in its own words, for the plan that answers it. An alert's text comes from outside, and no
 * text may keep an incident from being answered: one that holds a secret is left out of the plan, and a long one is
 * cut.
 */
export function intentOfAlert({ name, summary }: Pick<Alert, "name" | "summary">): AskedIntent {
  const whole = summary === "" ? name : `${name}: ${summary}`;
  const text = whole.length > charsMax ? `${whole.slice(0, charsMax).toWellFormed()}…` : whole;
  const isSecret = checkIntent(whole).length > 0;
  return { text: isSecret ? "" : text, by: "the sender of the alert" };
}

const charsMax = 1_000;

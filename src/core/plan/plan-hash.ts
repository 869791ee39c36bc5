import { canonicalText } from "../value/canonical.ts";
import { type Digest, type DigestDomain, digest, shortDigest } from "../value/digest.ts";
import { isJsonObject, type JsonValue } from "../value/json-value.ts";
import type { Plan } from "./plan.ts";
import { planFormats } from "./plan-format.ts";

/**
 * The digest of a plan's canonical bytes, in the domain of its format: what is shown, approved and run under this name.
 *
 * @param digestOf - a driver may bring a faster SHA-256
 */
export function planHash(plan: Plan, digestOf: (domain: DigestDomain, value: Plan) => Digest = digest): Digest {
  return digestOf(plan.format, plan);
}

/** As `planHash`, for a document that is said to be a plan; `null` for one that has no format of a plan. */
export function planHashOf(document: JsonValue): Digest | null {
  const format = isJsonObject(document) ? planFormats.find((one) => one === document["format"]) : undefined;
  return format === undefined ? null : digest(format, document);
}

/**
 * `pl_` and the first 12 hexadecimal digits of the hash: how people speak of a plan. An approval names the whole hash.
 */
export function planName(hash: Digest): string {
  return `pl_${shortDigest(hash)}`;
}

/** The text of a plan's file: its canonical text and a line feed, so that every edit shows. */
export function planFileText(plan: Plan): string {
  return `${canonicalText(plan)}\n`;
}

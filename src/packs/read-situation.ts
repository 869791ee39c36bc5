import { isCard, parseCard } from "../core/belief/situation/parse-card.ts";
import { parseSituation } from "../core/belief/situation/parse-situation.ts";
import type { Situation } from "../core/belief/situation/situation.ts";
import type { Domain } from "../core/domain/domain.ts";
import { findUnfit } from "../core/plan/policy/fit-situation.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import { parseJson } from "../core/value/json.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { decodeUtf8 } from "../core/value/utf8.ts";
import { locateInYaml, readYaml } from "./yaml.ts";

/** A situation as it was read from a file. */
export interface SituationFile {
  /** The document itself, so that an edited one can be written back. */
  readonly document: JsonValue;
  readonly situation: Situation;
  /** The same situation without any opinion; `null` if none of its numbers is an opinion. */
  readonly withoutOpinion: Situation | null;
  /** A decision card of another tool: it has no `unknown` and no floor, and every number is meant exactly. */
  readonly isCard: boolean;
}

/**
 * Reads a situation and holds it against a domain: the actions that it names, and the outcomes that it asks of them.
 * Problems name their line.
 */
export function readFittingSituation(bytes: Uint8Array, domain: Domain): Result<SituationFile, readonly Problem[]> {
  const file = readSituation(bytes);
  if (!file.ok) return file;
  const problems = findUnfit(file.value.situation, domain);
  const text = decodeUtf8(bytes);
  return problems.length === 0 || !text.ok
    ? file
    : fail(problems.map((one) => (text.value.trimStart().startsWith("{") ? one : withPlace(one, text.value))));
}

/**
 * Reads a situation (`interlock.situation/1`, YAML or JSON) or a decision card of another tool. Problems name their
 * line.
 *
 * @param bytes - the file's content; text that begins with `{` is read as JSON, everything else as YAML
 */
export function readSituation(
  bytes: Uint8Array,
  options: { readonly mustBeCard: boolean } = { mustBeCard: false },
): Result<SituationFile, readonly Problem[]> {
  const text = decodeUtf8(bytes);
  if (!text.ok) return fail([problem("E_JSON_UNICODE", "", "the document is not UTF-8")]);
  const isJson = text.value.trimStart().startsWith("{");
  const document = isJson ? parseJson(text.value) : readYaml(text.value);
  if (!document.ok) return document;
  const isForeign = options.mustBeCard || isCard(document.value);
  const situation = isForeign ? parseCard(document.value) : parseSituation(document.value);
  if (!situation.ok) return fail(isJson ? situation.error : situation.error.map((one) => withPlace(one, text.value)));
  const withoutOpinion =
    !isForeign && hasOpinion(situation.value) ? parseSituation(document.value, { opinion: "removed" }) : null;
  return ok({
    document: document.value,
    situation: situation.value,
    withoutOpinion: withoutOpinion?.ok === true ? withoutOpinion.value : null,
    isCard: isForeign,
  });
}

function withPlace(found: Problem, text: string): Problem {
  const place = locateInYaml(text, found.pointer);
  return place === undefined ? found : { ...found, message: `${found.message} (line ${place.line})` };
}

function hasOpinion(situation: Situation): boolean {
  return situation.sources.some((source) => source.isOpinionOnly || source.opinion.length > 0);
}

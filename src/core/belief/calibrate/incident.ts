import { type Problem, problem } from "../../value/codes.ts";
import { parseJson } from "../../value/json.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../value/json-value.ts";
import {
  anyJson,
  boolean,
  name,
  number,
  type Parser,
  type Place,
  parseWith,
  placeBelow,
  recordOf,
  refine,
  refuseAt,
  text,
} from "../../value/shape.ts";
import { object, optional } from "../../value/shape-object.ts";
import { quote, suggestName } from "../../value/text.ts";
import type { Observation } from "../policy.ts";
import { compareNames } from "../situation/canonical-order.ts";
import { reservedOutcomes, type Situation, unknownContext } from "../situation/situation.ts";

/**
 * One incident a person closed with its context named: what was seen, what was done, and how it ended
 * (`interlock.incident/1`, one JSON object a line). It is the only thing probabilities are learnt from.
 */
export interface ClosedIncident {
  /** Line of the file it came from, counted from 1. */
  readonly lineNumber: number;
  readonly context: string;
  /** At most one answer a probe; `no_answer` says nothing, `none_of_these` is counted apart. */
  readonly observations: readonly Observation[];
  /** The response given, or `null` when none of the situation's was. */
  readonly response: string | null;
  /** What it came to in the situation's unit, costs of probes left out; meaningless when `catastrophe`. */
  readonly utility: number;
  readonly catastrophe: boolean;
}

/** What a file of incidents held. */
export interface IncidentFile {
  readonly incidents: readonly ClosedIncident[];
  readonly rejected: readonly RejectedLine[];
  /** Names of foreign files the situation does not have, and how often they stood there: left out, and said to be. */
  readonly ignored: readonly IgnoredName[];
  /** Incidents of contexts that were asked to count as `unknown`. */
  readonly asUnknownCount: number;
}

/** A line that could not be read, and every reason why. */
export interface RejectedLine {
  readonly lineNumber: number;
  readonly problems: readonly Problem[];
}

/** A probe or response of a foreign file that the situation does not have. */
export interface IgnoredName {
  readonly kind: "probe" | "response";
  readonly name: string;
  readonly count: number;
}

const utilityLimit = { min: -1e12, max: 1e12 };
const ownFormat = "interlock.incident/1";

/**
 * Reads closed incidents, one a line, against the names of a situation.
 *
 * A line is of our own format when it says so or says nothing, and must then hold known names alone; the first line may
 * be the format by itself. A line of another system's `….incident/1` may hold more: other fields, probes and responses
 * are left out and counted. A line that cannot be read is rejected with its number and reasons, never dropped silently.
 *
 * @param options.asUnknown - contexts the situation does not name, to be counted as `unknown`; any other name is
 *   rejected
 *
 * Cost: linear in the text.
 */
export function readIncidents(
  lines: Iterable<string>,
  situation: Situation,
  options: { readonly asUnknown: readonly string[] } = { asUnknown: [] },
): IncidentFile {
  const reader: Reader = { situation, asUnknown: options.asUnknown, ignored: new Map(), asUnknownCount: 0 };
  const incidents: ClosedIncident[] = [];
  const rejected: RejectedLine[] = [];
  let lineNumber = 0;
  for (const line of lines) {
    lineNumber += 1;
    if (line.trim() === "") continue;
    const json = parseJson(line);
    if (json.ok && lineNumber === 1 && isHeader(json.value)) continue;
    const parsed = json.ok ? parseWith(incidentParser(reader, isForeign(json.value)), json.value) : json;
    if (parsed.ok) incidents.push({ lineNumber, ...parsed.value });
    else rejected.push({ lineNumber, problems: parsed.error });
  }
  return {
    incidents,
    rejected,
    ignored: [...reader.ignored.values()].sort(byName),
    asUnknownCount: reader.asUnknownCount,
  };
}

function byName(left: IgnoredName, right: IgnoredName): number {
  return compareNames(`${left.kind} ${left.name}`, `${right.kind} ${right.name}`);
}

interface Reader {
  readonly situation: Situation;
  readonly asUnknown: readonly string[];
  readonly ignored: Map<string, IgnoredName>;
  asUnknownCount: number;
}

/** A line with nothing but the format. */
function isHeader(value: JsonValue): boolean {
  return isJsonObject(value) && value["format"] === ownFormat && Object.keys(value).length === 1;
}

function isForeign(value: JsonValue): boolean {
  const format = isJsonObject(value) ? value["format"] : undefined;
  return typeof format === "string" && format !== ownFormat && format.endsWith(".incident/1");
}

type IncidentFields = Omit<ClosedIncident, "lineNumber">;

function incidentParser(reader: Reader, foreign: boolean): Parser<IncidentFields> {
  const read = object({
    format: optional(text()),
    context: refine(name(), (value, at) => contextOf(reader, value, at)),
    observations: refine(recordOf(name()), (record, at) => observationsOf(reader, record, { foreign, at })),
    response: responseOf(reader, foreign),
    utility: number(utilityLimit),
    catastrophe: boolean(),
    // Carried for people and for joining with other records; not used here.
    id: optional(anyJson()),
  });
  return (value, at) => {
    const fields = read(foreign && isJsonObject(value) ? ownFields(value) : value, at);
    if (fields === undefined) return undefined;
    if (!foreign && fields.format !== undefined && fields.format !== ownFormat)
      return refuseAt(
        placeBelow(at, "format"),
        "E_SCHEMA_VERSION",
        `expected the format ${quote(ownFormat)}, found ${quote(fields.format)}`,
      );
    const isCountedUnknown = isJsonObject(value) && value["context"] !== fields.context;
    if (isCountedUnknown) reader.asUnknownCount += 1;
    return {
      context: fields.context,
      observations: fields.observations,
      response: fields.response.value,
      utility: fields.utility,
      catastrophe: fields.catastrophe,
    };
  };
}

const fieldNames: readonly string[] = ["format", "context", "observations", "response", "utility", "catastrophe"];

function ownFields(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => fieldNames.includes(key)));
}

function contextOf({ situation, asUnknown }: Reader, value: string, at: Place): string | undefined {
  const ids = situation.contexts.map((one) => one.id);
  if (!ids.includes(value) && ids.includes(unknownContext) && asUnknown.includes(value)) return unknownContext;
  return known(value, ids, "context", at);
}

/** `undefined` means refused to a parser, so that a `null` needs a wrapper. */
function responseOf(reader: Reader, foreign: boolean): Parser<{ readonly value: string | null }> {
  const ids = reader.situation.responses.map((one) => one.id);
  const read = name();
  return (value, at) => {
    if (value === null) return { value: null };
    const given = read(value, at);
    if (given === undefined) return undefined;
    if (foreign && !ids.includes(given)) return { value: ignore(reader, "response", given) };
    const response = known(given, ids, "response", at);
    return response === undefined ? undefined : { value: response };
  };
}

function observationsOf(
  reader: Reader,
  record: Readonly<Record<string, string>>,
  { foreign, at }: { readonly foreign: boolean; readonly at: Place },
): readonly Observation[] | undefined {
  const sensors = reader.situation.steps.filter((step) => step.kind !== "try");
  const observations: Observation[] = [];
  let isComplete = true;
  for (const [step, outcome] of Object.entries(record)) {
    const sensor = sensors.find((candidate) => candidate.id === step);
    const below = placeBelow(at, step);
    if (sensor === undefined && foreign) ignore(reader, "probe", step);
    else if (sensor === undefined) {
      isComplete = false;
      known(
        step,
        sensors.map((one) => one.id),
        "probe",
        below,
      );
    } else if (
      known(outcome, [...sensor.outcomes.map((one) => one.id), ...reservedOutcomes], "outcome", below) === undefined
    )
      isComplete = false;
    else observations.push({ step, outcome });
  }
  return isComplete ? observations : undefined;
}

function ignore({ ignored }: Reader, kind: IgnoredName["kind"], name: string): null {
  const key = `${kind} ${name}`;
  ignored.set(key, { kind, name, count: (ignored.get(key)?.count ?? 0) + 1 });
  return null;
}

function known(value: string, candidates: readonly string[], what: string, at: Place): string | undefined {
  if (candidates.includes(value)) return value;
  return refuseAt(
    at,
    "E_INCIDENT_INVALID",
    `the situation has no ${what} ${quote(value)}`,
    suggestName(value, candidates),
  );
}

/** The one-line message of a rejected line, for a person. */
export function describeRejectedLine({ lineNumber, problems }: RejectedLine): string {
  const first = problems[0] ?? problem("E_INCIDENT_INVALID", "", "it cannot be read");
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return `line ${lineNumber}: ${first.code} ${first.pointer === "" ? "" : `${first.pointer}: `}${first.message}${more}`;
}

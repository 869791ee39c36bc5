import { type Problem, problem } from "../../value/codes.ts";
import { parseAnswer, parseJson } from "../../value/json.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../value/json-value.ts";
import type { Result } from "../../value/result.ts";
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
 * One incident that a person closed and whose context the person named: what was seen, what was done, and how it ended
 * (`interlock.incident/1`, one JSON object on each line). Probabilities are learnt from incidents alone.
 */
export interface ClosedIncident {
  /** The line of the file it came from, counted from 1. */
  readonly lineNumber: number;
  readonly context: string;
  /** At most one answer of each probe. `no_answer` teaches nothing, and `none_of_these` is counted separately. */
  readonly observations: readonly Observation[];
  /** The response that was given; `null` when it was none of the situation's. */
  readonly response: string | null;
  /**
   * What the incident came to, in the unit of the situation and without the costs of probes. Ignored when `catastrophe`
   * is true.
   */
  readonly utility: number;
  readonly catastrophe: boolean;
}

/** What was read from a file of incidents. */
export interface IncidentFile {
  readonly incidents: readonly ClosedIncident[];
  readonly rejected: readonly RejectedLine[];
  /**
   * Names in foreign files that the situation does not have. They are left out, and the caller reports how often they
   * occurred.
   */
  readonly ignored: readonly IgnoredName[];
  /** How many incidents named a context that the caller asked to count as `unknown`. */
  readonly asUnknownCount: number;
}

/** A line that could not be read, with every reason why. */
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
 * Reads closed incidents, one on each line, and checks them against the names of a situation.
 *
 * A line without a format, or with our own, may hold known names only. The first line may consist of the format alone.
 * A line in the `….incident/1` format of another system may hold more: other fields are left out, and so are unknown
 * probes and responses, which are counted. A line that cannot be read is rejected with its number and the reasons, and
 * never dropped silently.
 *
 * @param options.asUnknown - contexts that the situation does not name and that count as `unknown`; other names are
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
    const json = parseLine(line);
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

/** A line of another system may hold anything beside what is read of it, such as a number that no double holds. */
function parseLine(line: string): Result<JsonValue, readonly Problem[]> {
  const strict = parseJson(line);
  if (strict.ok) return strict;
  const answer = parseAnswer(line);
  return answer.ok && isForeign(answer.value) ? answer : strict;
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

/** Whether a line holds the format and nothing else. */
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
    // For people, and for joining with other records. It is not used here.
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

/** Reads the response. The result is wrapped because `null` is a valid one. */
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

/** What is wrong with a rejected line, on one line for a person. */
export function describeRejectedLine({ lineNumber, problems }: RejectedLine): string {
  const first = problems[0] ?? problem("E_INCIDENT_INVALID", "", "it cannot be read");
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return `line ${lineNumber}: ${first.code} ${first.pointer === "" ? "" : `${first.pointer}: `}${first.message}${more}`;
}

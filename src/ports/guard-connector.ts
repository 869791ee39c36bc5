import type { Reply } from "../core/run/words/input.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import { InvariantError } from "../core/value/invariant.ts";
import { isJsonObject, type JsonValue } from "../core/value/json-value.ts";
import { limits } from "../core/value/limits.ts";
import { ok, type Result } from "../core/value/result.ts";
import { anyJson, boolean, integer, listOf, oneOf, text } from "../core/value/shape.ts";
import { objectOf, optional, taggedBy } from "../core/value/shape-object.ts";
import { nullOr } from "../core/value/shape-stored.ts";
import type { Clock, Connector, ConnectorOperation, ConnectorRequest } from "../ports.ts";
import { copyPlain } from "./copy-plain.ts";
import { answerInTime, settlementOf, turnsMax } from "./in-time.ts";
import { answerLimits, nameOf, problemParser, readAnswer, readPlain } from "./read-answer.ts";
import type { Stop } from "./stop.ts";

type ReplyOf<K extends Reply["kind"]> = Extract<Reply, { readonly kind: K }>;

/** Longer than a year is no time that anybody waits. */
const retryAfterMs = optional(integer({ min: 0, max: 366 * 86_400_000 }));

const replyParser = taggedBy("kind", {
  applied: objectOf<ReplyOf<"applied">>({
    kind: oneOf(["applied"]),
    output: anyJson(),
    outputBytes: integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    outcome: nullOr(text({ charsMax: limits.nameCharsMax })),
    retryAfterMs,
  }),
  rejected: objectOf<ReplyOf<"rejected">>({
    kind: oneOf(["rejected"]),
    problem: problemParser,
    retryable: boolean(),
    retryAfterMs,
    output: optional(anyJson()),
  }),
  not_sent: objectOf<ReplyOf<"not_sent">>({ kind: oneOf(["not_sent"]), problem: problemParser }),
  unknown: objectOf<ReplyOf<"unknown">>({
    kind: oneOf(["unknown"]),
    problem: problemParser,
    retryAfterMs,
    output: optional(anyJson()),
  }),
});

/** A document of the deepest kind, inside an output, inside a reply. */
const replyLevelsMax = limits.depthLevelsMax + 8;

/**
 * An output is larger than the bytes of its target's answer where it repeats them in another form. What cannot be kept
 * becomes a marker: the shortest of them takes 6 times what stood in its place.
 */
const replyUnitsMax = (outputBytesMax: number): number => 6 * outputBytesMax + 65_536;

/**
 * How long we wait for a connector after the time of its call is over. Ending a program that does not want to end takes
 * seconds, and a machine may be busy.
 */
export const connectorMarginMs = 10_000;

/** How a connector is waited for. */
export interface ConnectorPatience {
  readonly clock: Pick<Clock, "sleep">;
  /** Hears the reply of a call that was no longer waited for. */
  readonly onLate?: ((reply: Reply) => void) | undefined;
  readonly stop: Stop;
}

/**
 * Makes one call through a connector, and reads its reply strictly. If the connector throws, answers with something
 * that is no reply or cannot be sealed, or does not answer `connectorMarginMs` after the time of the call is over, the
 * call may have happened: the reply is then `unknown`, and its problem names the connector. What comes out is a copy,
 * so a connector cannot change it later.
 *
 * Throws `InvariantError` where the connector does: that is a defect of ours.
 */
export async function askConnector(
  connector: Connector,
  request: Omit<ConnectorRequest, "signal">,
  patience: ConnectorPatience,
): Promise<Reply> {
  const { stop } = patience;
  const cut = new AbortController();
  if (stop.isStopped) cut.abort(stop.signal.reason);
  const asked = perform(connector, { ...request, signal: cut.signal });
  try {
    const settlement = settlementOf(asked);
    // It may answer at once: then nobody has to watch its time.
    for (let turn = 0; turn < turnsMax && settlement.state === "pending"; turn += 1) await undefined;
    const { state } = settlement;
    if (typeof state === "object") return replyOf(connector.name, request, state.value);
    return await replyLater({ ...patience, connector: connector.name, request, asked, cut });
  } catch (error) {
    return failedReply(connector.name, error);
  }
}

/** A connector may throw before it gives a promise, or give none. */
function perform(connector: Connector, request: ConnectorRequest): Promise<unknown> {
  try {
    return Promise.resolve(connector.perform(request));
  } catch (error) {
    return Promise.reject(error);
  }
}

interface CallUnderWay extends ConnectorPatience {
  readonly connector: string;
  readonly request: Omit<ConnectorRequest, "signal">;
  readonly asked: Promise<unknown>;
  /** Cuts the call off. */
  readonly cut: AbortController;
}

/** Waits for a call that did not answer at once, and passes on to it that it is called off. */
async function replyLater({ connector, request, asked, cut, clock, stop, onLate }: CallUnderWay): Promise<Reply> {
  const { timeoutMs } = request;
  const { signal } = stop;
  // Nothing but microtasks ran until here, and one of them may have called it off.
  const callOff = (): void => cut.abort(signal.reason);
  signal.addEventListener("abort", callOff, { once: true });
  if (signal.aborted) callOff();
  try {
    const answer = await answerInTime(asked, { clock, waitMs: timeoutMs + connectorMarginMs, signal });
    if (answer.isInTime) return replyOf(connector, request, answer.value);
  } finally {
    signal.removeEventListener("abort", callOff);
  }
  cut.abort();
  const late = asked.then(
    (reply) => replyOf(connector, request, reply),
    (error: unknown) => failedReply(connector, error),
  );
  // A defect that shows only now could end nothing but a call that is over already.
  late.then(onLate).catch(() => undefined);
  const lateBy = `${connectorMarginMs} ms after the ${timeoutMs} ms of its call`;
  return unreadable(`the connector \`${connector}\` does not answer, ${lateBy}`);
}

function replyOf(
  connector: string,
  { outputBytesMax }: Pick<ConnectorRequest, "outputBytesMax">,
  reply: unknown,
): Reply {
  const read = readReply(reply, outputBytesMax);
  if (!read.ok) return unreadable(`the reply of the connector \`${connector}\` ${read.error}`);
  if (read.value.kind !== "applied" || read.value.outputBytes <= outputBytesMax) return read.value;
  const message = `the connector \`${connector}\` took more than ${outputBytesMax} bytes`;
  return { kind: "unknown", problem: problem("E_OUTPUT_SIZE", "", message) };
}

/** The reply for a connector that threw. Its error's text is left out, because it may quote the request. */
function failedReply(connector: string, error: unknown): Reply {
  if (error instanceof InvariantError) throw error;
  return unreadable(`the connector \`${connector}\` failed in the middle of a call (${nameOf(error)})`);
}

/** Reads a reply strictly: plain data with exactly the fields of its kind. */
export function readReply(reply: unknown, outputBytesMax: number): Result<Reply, string> {
  const copy = copyPlain(reply, { levelsMax: replyLevelsMax, unitsMax: replyUnitsMax(outputBytesMax) });
  if (!copy.ok) return copy;
  return isApplied(copy.value) ? ok(copy.value) : readPlain(replyParser, copy.value);
}

/**
 * Whether it is a reply of the commonest kind, exactly as `replyParser` reads it. A test holds the two together. The
 * parser takes longer for four fields than a call to something in memory.
 */
function isApplied(value: JsonValue): value is JsonValue & ReplyOf<"applied"> {
  if (!isJsonObject(value) || value["kind"] !== "applied" || Object.keys(value).length !== 4) return false;
  const { output, outputBytes, outcome } = value;
  const isCounted = typeof outputBytes === "number" && Number.isSafeInteger(outputBytes) && outputBytes >= 0;
  const isNamed = outcome === null || (typeof outcome === "string" && outcome.length <= limits.nameCharsMax);
  return output !== undefined && isCounted && isNamed;
}

function unreadable(message: string): Reply {
  return { kind: "unknown", problem: problem("E_CONNECTOR_REPLY", "", message) };
}

/**
 * The same connector, with what it says of itself and of templates and settings read strictly. Only `true` enforces
 * `access: "read"` (I13). A check that throws, or gives no list of problems, is a problem.
 *
 * Replies are read where the call is made, by `askConnector`.
 */
export function guardConnector(connector: Connector): Connector {
  const { name, operations } = connector;
  return {
    name,
    operations: operations.map((operation) => guardOperation(name, operation)),
    checkSettings: (settings, pointer) => readProblems(name, pointer, () => connector.checkSettings(settings, pointer)),
    perform: (request) => connector.perform(request),
  };
}

function guardOperation(connector: string, operation: ConnectorOperation): ConnectorOperation {
  return {
    name: operation.name,
    enforcesRead: operation.enforcesRead === true,
    checkTemplate: (template: JsonValue, access, pointer) =>
      readProblems(connector, pointer, () => operation.checkTemplate(template, access, pointer)),
    textsAt: (template) => readPointers(() => operation.textsAt?.(template) ?? []),
    runsFiles: (template, settings) => readPointers(() => operation.runsFiles?.(template, settings) ?? []),
    namesFiles: (template, settings) => readPointers(() => operation.namesFiles?.(template, settings) ?? []),
    worksOn: (template, settings) => readPointers(() => operation.worksOn?.(template, settings) ?? []),
    worksIn: (settings) => readPointers(() => operation.worksIn?.(settings) ?? []),
  };
}

const pointersParser = listOf(text({ charsMax: limits.valueBytesMax }), { itemsMax: limits.problemsCountMax });

/** A connector that cannot say where texts are has none: each value then has to be of its fact's type as it stands. */
function readPointers(ask: () => unknown): readonly string[] {
  try {
    const read = readAnswer(pointersParser, ask());
    return read.ok ? read.value : [];
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return [];
  }
}

const problemsParser = listOf(problemParser, { itemsMax: limits.problemsCountMax });
const problemsLimits = {
  levelsMax: answerLimits.levelsMax,
  unitsMax: limits.problemsCountMax * answerLimits.unitsMax,
};

function readProblems(connector: string, pointer: string, check: () => unknown): readonly Problem[] {
  const broken = (why: string): readonly Problem[] => [
    problem("E_PORT_ANSWER", pointer, `the check of the connector \`${connector}\` ${why}`),
  ];
  try {
    const read = readAnswer(problemsParser, check(), problemsLimits);
    return read.ok ? read.value : broken(read.error);
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return broken(`threw ${nameOf(error)}`);
  }
}

import { createConnection } from "node:net";
import { problemAnswer } from "../../core/run/words/read-parts.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { parseJson } from "../../core/value/json.ts";
import { isJsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { anyJson, type Parser, parseWith, refuseKind } from "../../core/value/shape.ts";
import { formatTag, openObjectOf } from "../../core/value/shape-object.ts";
import { anyList, anyText } from "../../core/value/shape-stored.ts";
import type { ControlInput, ControlReply, ControlRequest } from "./protocol.ts";
import { socketAddress } from "./socket-address.ts";

/** What the owner did with an input. `no_owner` if nobody listens, so that the caller may become the owner itself. */
export type ControlAnswer =
  | Result<{ readonly events: readonly string[]; readonly value: JsonValue }, Problem>
  | { readonly kind: "no_owner" };

/**
 * Sends an input to the owner of a store: an operator's command, a record, work on the store, or the start of a run.
 */
export async function sendControl(path: string, input: ControlInput): Promise<ControlAnswer> {
  const answer = await exchange(path, input);
  return "kind" in answer || !answer.ok ? answer : ok({ events: answer.value.events, value: answer.value.value });
}

type Exchanged = Result<Extract<ControlReply, { readonly ok: true }>, Problem> | { readonly kind: "no_owner" };

const patienceMs = 15_000;

/** No answer is longer: the longest is a list of events. */
const replyCharsMax = 16_000_000;

/** The owner reads everything that a plan pins before a run starts, so an answer may take this long. */
const applyPatienceMs = 120_000;

function exchange(path: string, input: ControlInput): Promise<Exchanged> {
  const request: ControlRequest = { format: "interlock.control/1", input };
  const at = socketAddress(path);
  if (!at.ok) return Promise.resolve(at);
  return new Promise<Exchanged>((resolve) => {
    let text = "";
    const socket = createConnection(at.value.address, () => socket.write(`${JSON.stringify(request)}\n`));
    socket.setEncoding("utf8");
    socket.setTimeout(input.kind === "apply" ? applyPatienceMs : patienceMs, () => {
      socket.destroy();
      resolve(fail(unanswered("the owner of the store does not answer")));
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      // ENOTDIR: a part of the path is a file, so there is no folder in which anybody could listen.
      const isAbsent = error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "ECONNREFUSED";
      const isGone = error.code === "ECONNRESET" || error.code === "EPIPE";
      if (isAbsent) resolve({ kind: "no_owner" });
      else resolve(isGone && text === "" ? unansweredBy(path, input) : fail(unanswered(error.message)));
    });
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > replyCharsMax) {
        socket.destroy();
        return resolve(fail(unanswered("the owner of the store answers more than it can have to say")));
      }
      // An answer is one line. What becomes of the connection behind it changes nothing.
      if (text.endsWith("\n")) resolve(parseReply(text));
    });
    socket.on("end", () => resolve(text === "" ? unansweredBy(path, input) : parseReply(text)));
  }).finally(() => at.value.close());
}

/**
 * The connection ended without a word. A record is asked again by its sender, who takes the store if nobody owns it. A
 * measurement is not: it must not take an owner that has no room for it for one that is gone.
 */
async function unansweredBy(path: string, input: ControlInput): Promise<Exchanged> {
  const isListening = await hasOwner(path);
  if (isRepeatable(input) && !(isListening && input.kind === "measure")) return { kind: "no_owner" };
  return isListening
    ? fail(problem("E_OWNER_SILENT", "", "the owner closed the connection; too many ask at once", "ask again"))
    : fail(unanswered("the owner of the store went away before it answered"));
}

/** Whether an owner listens at this socket: an engine that can go on with unfinished runs. */
export function hasOwner(path: string): Promise<boolean> {
  const at = socketAddress(path);
  if (!at.ok) return Promise.resolve(false);
  return new Promise<boolean>((resolve) => {
    const socket = createConnection(at.value.address);
    socket.on("connect", () => resolve(true));
    // EAGAIN: so many wait to be accepted that the system lets nobody else wait.
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EAGAIN"));
    socket.on("connect", () => socket.destroy());
  }).finally(() => at.value.close());
}

/**
 * Whether an input may be sent again after the owner left without an answer, because it may have been taken. Recording
 * the same fact twice adds nothing. But a second grant would restore what was used of it, and an operator's command is
 * given once.
 */
function isRepeatable(input: ControlInput): boolean {
  switch (input.kind) {
    case "record":
      return input.events.every(({ kind }) => kind !== "grant_recorded");
    // A body that is gone is not taken out again, and one that is back is left alone.
    case "archive_bodies":
    case "destroy_bodies":
    case "restore_bodies":
    case "measure":
      return true;
    default:
      return false;
  }
}

type Done = Extract<ControlReply, { readonly ok: true }>;
type Refused = Extract<ControlReply, { readonly ok: false }>;

/**
 * What the owner made of an input is done or refused by now, so its answer is taken with what this release knows of it:
 * a field of a later release is left out.
 */
const reply: Parser<ControlReply> = (value, at) =>
  // An owner of 0.1.0 leaves out a value that is nothing.
  isJsonObject(value) && value["ok"] === true ? done({ value: null, ...value }, at) : refused(value, at);

const format = formatTag("interlock.control/1");
const done = openObjectOf<Done>({
  format,
  ok: (value, at) => (value === true ? true : refuseKind(at, "true", value)),
  events: anyList(anyText()),
  value: anyJson(),
});
const refused = openObjectOf<Refused>({
  format,
  ok: (value, at) => (value === false ? false : refuseKind(at, "true or false", value)),
  problem: problemAnswer,
});

function parseReply(text: string): Exchanged {
  const parsed = parseJson(text, { bytesMax: 4 * replyCharsMax, depthLevelsMax: 64 });
  if (!parsed.ok) return fail(unanswered("the owner of the store went away before it answered"));
  const read = parseWith(reply, parsed.value);
  if (!read.ok)
    return fail(unanswered(`the answer of the store's owner cannot be read: ${read.error[0]?.message ?? ""}`));
  return read.value.ok ? ok(read.value) : fail(read.value.problem);
}

function unanswered(message: string): Problem {
  return problem("E_OWNER_SILENT", "", message);
}

import { createConnection } from "node:net";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
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
  const reply = await exchange(path, input);
  return "kind" in reply || !reply.ok ? reply : ok({ events: reply.value.events, value: reply.value.value ?? null });
}

type Exchanged = Result<Extract<ControlReply, { readonly ok: true }>, Problem> | { readonly kind: "no_owner" };

const patienceMs = 15_000;

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
      const isAbsent = error.code === "ENOENT" || error.code === "ECONNREFUSED";
      const isGone = error.code === "ECONNRESET" || error.code === "EPIPE";
      resolve(
        isAbsent || (isGone && text === "" && isRepeatable(input))
          ? { kind: "no_owner" }
          : fail(unanswered(error.message)),
      );
    });
    socket.on("data", (chunk: string) => (text += chunk));
    socket.on("end", () => resolve(text === "" && isRepeatable(input) ? { kind: "no_owner" } : parseReply(text)));
  }).finally(() => at.value.close());
}

/** Whether an owner listens at this socket: an engine that can go on with unfinished runs. */
export function hasOwner(path: string): Promise<boolean> {
  const at = socketAddress(path);
  if (!at.ok) return Promise.resolve(false);
  return new Promise<boolean>((resolve) => {
    const socket = createConnection(at.value.address);
    socket.on("connect", () => resolve(true));
    socket.on("error", () => resolve(false));
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

function parseReply(text: string): Exchanged {
  try {
    // Our own owner wrote it, over a socket that only this user can open.
    const reply = JSON.parse(text) as ControlReply;
    return reply.ok ? ok(reply) : fail(reply.problem);
  } catch {
    return fail(unanswered("the owner of the store went away before it answered"));
  }
}

function unanswered(message: string): Problem {
  return problem("E_OWNER_SILENT", "", message);
}

import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { StartInput } from "../../core/run/words/input.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { ok, type Result } from "../../core/value/result.ts";
import type { Engine } from "../../engine/engine.ts";
import { hearLine, LineBudget } from "../../intake/read-line.ts";
import { PortError } from "../../ports/port-error.ts";
import type { AuthorizationDecision, Clock } from "../../ports.ts";
import { parseControl } from "./parse-control.ts";
import {
  type AnswerControl,
  type ApplyControl,
  type ControlInput,
  type ControlReply,
  controlLineBytesMax,
  type OperatorControl,
  type RecordControl,
  type StoreControl,
} from "./protocol.ts";
import { socketAddress } from "./socket-address.ts";

/** The owner's control socket: operators' inputs from other processes of the same user, one line of JSON each way. */
export interface ControlServer {
  close(): Promise<void>;
}

interface ControlOptions {
  readonly clock: Clock;
  readonly permit: (input: OperatorControl | StoreControl | ApplyControl) => AuthorizationDecision;
  /** Prepares the start of a run of an approved plan, with everything as it is now. */
  readonly prepare: (input: ApplyControl) => Promise<Result<StartInput, Problem>>;
  /** Verifies a signed answer, and gives the input that the kernel takes. */
  readonly hear: (input: AnswerControl) => Promise<Result<AnswerControl, Problem>>;
  /** Works on the store. */
  readonly maintain: (input: StoreControl) => Promise<Result<JsonValue, Problem>>;
}

/**
 * Listens on a unix socket beside the store (0600). The lock is held, so a socket file that is already here is stale.
 */
export async function listenControl(
  path: string,
  engine: Engine,
  options: ControlOptions,
): Promise<Result<ControlServer, Problem>> {
  const at = socketAddress(path);
  if (!at.ok) return at;
  rmSync(path, { force: true });
  const silent = new Set<Socket>();
  const budget = new LineBudget(halfLinesBytesMax);
  let connectionCount = 0;
  let isLeaving = false;
  const server = createServer((socket) => {
    connectionCount += 1;
    silent.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      connectionCount -= 1;
      silent.delete(socket);
    });
    if (connectionCount > connectionsCountMax) return say(socket, refused(crowded));
    hearLine(socket, { bytesMax: controlLineBytesMax, withinMs: patienceMs, budget }, (line) => {
      silent.delete(socket);
      // From here on the other side waits for us.
      const answering = isLeaving ? Promise.resolve(refused(leaving)) : answer(line, engine, options);
      answering.then((reply) => say(socket, reply)).catch(() => socket.destroy());
    });
  });
  const isListening = new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", resolve);
  });
  // The socket is bound before `listen` returns, so no other file gets this mask.
  const previousMask = process.umask(0o177);
  server.listen(at.value.address);
  process.umask(previousMask);
  await isListening;
  // A connection that cannot be accepted, such as for want of descriptors, is its client's to try again.
  server.on("error", () => undefined);
  chmodSync(path, 0o600);
  // The socket alone keeps no process alive. The owner lives as long as it has a run to look after.
  server.unref();
  return ok({
    close: async () => {
      isLeaving = true;
      await closeServer(server, silent, path);
      at.value.close();
    },
  });
}

/** How long the other side may take for its line, and to read ours. */
const patienceMs = 10_000;
const connectionsCountMax = 256;
/** Lines that have not ended yet hold at most this together: a few of the longest. */
const halfLinesBytesMax = 64_000_000;

/** What the system has accepted reaches the other side, even if that side never closes its own end. */
function say(socket: Socket, reply: ControlReply): void {
  socket.setTimeout(patienceMs, () => socket.destroy());
  socket.end(`${JSON.stringify(reply)}\n`, () => socket.destroy());
}

const crowded: Problem = problem("E_OWNER_SILENT", "", "too many ask the owner of the store at once", "ask again");

async function answer(line: string, engine: Engine, options: ControlOptions): Promise<ControlReply> {
  try {
    const input = parseControl(line);
    if (!input.ok) return refused(input.error);
    return await take(input.value, engine, options);
  } catch (error) {
    if (error instanceof PortError) return refused(error.problem);
    return refused(problem("E_INTERNAL", "", error instanceof Error ? error.message : String(error)));
  }
}

async function take(
  input: ControlInput,
  engine: Engine,
  { clock, permit, maintain, prepare, hear }: ControlOptions,
): Promise<ControlReply> {
  if (input.kind === "record") {
    const recorded = await engine.record(input.events, input.documents);
    return recorded.ok ? done([]) : refused(recorded.error);
  }
  const decision = permit(input);
  if (decision.kind !== "permit") return refuseRecorded(engine, input, decision.problem);
  if (input.kind === "apply") return begin(input, engine, prepare);
  if (isStoreControl(input)) {
    const worked = await maintain(input);
    return worked.ok ? done([], worked.value) : refused(worked.error);
  }
  if (input.kind === "answer") return hearAnswer(input, engine, { clock, hear });
  const submission = await (input.kind === "anchor"
    ? engine.anchor(input)
    : engine.submit({ ...input, atMs: clock.nowMs() }));
  return submission.ok ? done(submission.value.map(({ kind }) => kind)) : refused(submission.error);
}

async function hearAnswer(
  input: AnswerControl,
  engine: Engine,
  { clock, hear }: Pick<ControlOptions, "clock" | "hear">,
): Promise<ControlReply> {
  const heard = await hear(input);
  if (!heard.ok)
    return heard.error.code === "E_STORE_LOCKED" ? refused(heard.error) : refuseRecorded(engine, input, heard.error);
  const submission = await engine.submit({ ...heard.value, atMs: clock.nowMs() });
  return submission.ok ? done(submission.value.map(({ kind }) => kind)) : refused(submission.error);
}

async function begin(input: ApplyControl, engine: Engine, prepare: ControlOptions["prepare"]): Promise<ControlReply> {
  const start = await prepare(input);
  // A refusal because the owner is leaving is not recorded: the other process asks again, and records what comes of
  // that.
  if (!start.ok)
    return start.error.code === "E_STORE_LOCKED" ? refused(start.error) : refuseRecorded(engine, input, start.error);
  // The kernel records its own refusals.
  const begun = await engine.submit(start.value);
  return begun.ok
    ? done(
        begun.value.map(({ kind }) => kind),
        { runId: start.value.runId },
      )
    : refused(begun.error);
}

async function refuseRecorded(
  engine: Engine,
  input: Exclude<ControlInput, RecordControl>,
  problem: Problem,
): Promise<ControlReply> {
  await engine.record([{ kind: "input_refused", runId: null, input: input.kind, problem, by: input.by }], []);
  return refused(problem);
}

function isStoreControl(input: OperatorControl | StoreControl): input is StoreControl {
  return (
    input.kind === "archive_bodies" ||
    input.kind === "destroy_bodies" ||
    input.kind === "restore_bodies" ||
    input.kind === "accept_log" ||
    input.kind === "measure"
  );
}

function done(events: readonly string[], value: JsonValue = null): ControlReply {
  return { format: "interlock.control/1", ok: true, events, value };
}

function refused(found: Problem): ControlReply {
  return { format: "interlock.control/1", ok: false, problem: found };
}

const leaving: Problem = problem("E_STORE_LOCKED", "", "the owner of the store is leaving", "ask again");

/**
 * Closes the server once every question has its answer. A client that has not asked yet is told that its question was
 * not taken, since it may be on its way: without a word it could not know. It is not waited for.
 */
async function closeServer(server: Server, silent: ReadonlySet<Socket>, path: string): Promise<void> {
  // Nobody finds the socket from here on. Who has connected already is still waiting to be accepted: two turns of the
  // loop later it has been.
  rmSync(path, { force: true });
  await nextTurn();
  await nextTurn();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    for (const socket of silent) {
      socket.removeAllListeners("data");
      socket.resume();
      socket.end(`${JSON.stringify(refused(leaving))}\n`, () => socket.destroy());
    }
  });
}

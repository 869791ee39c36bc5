import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { type Refused, refuse } from "./commands.ts";
import { type FaultQueue, isKnownPath, parseFault, type RequestFault } from "./faults.ts";
import { hasToken, type Reply, readJsonBody, reply, replyRefusal, sendReply } from "./http.ts";
import { assertNever } from "./model.ts";
import { findRoute, type RouteContext } from "./routes.ts";

/** The tokens that the array asks for; null asks for none. The read token permits only reads. */
export interface Tokens {
  readonly full: string | null;
  readonly readOnly: string | null;
}

/** Builds the array's own server. Faults come after the check of the token, so that a stranger uses none up. */
export function createArrayServer(context: RouteContext, faults: FaultQueue, tokens: Tokens): Server {
  return createServer((request, response) => {
    answer(context, faults, tokens, request, response).catch(() => {
      // This happens only if the client went away or the disk refused the journal. Nothing was applied then.
      if (!response.headersSent)
        sendReply(response, replyRefusal(refuse(500, "internal", "the array could not finish the request")));
      else response.destroy();
    });
  });
}

async function answer(
  context: RouteContext,
  faults: FaultQueue,
  tokens: Tokens,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(request.url ?? "/", "http://array");
  if (url === null)
    return sendReply(response, replyRefusal(refuse(400, "bad_request", "the request's target is no path")));
  const method = request.method ?? "GET";
  const found = findRoute(method, url.pathname);
  if (found.kind === "refused") return sendReply(response, replyRefusal(found));
  const denied = found.route.isOpen ? null : checkToken(request, tokens);
  if (denied !== null) return sendReply(response, replyRefusal(denied));
  const body = await readJsonBody(request);
  if (body.kind === "refused") return sendReply(response, replyRefusal(body));
  const fault = faults.takeForRequest(method, url.pathname);
  if (await failBefore(faults, fault, response)) return;
  const outcome = found.route.handle(context, {
    raw: request,
    path: url.pathname,
    query: url.searchParams,
    id: found.id,
    document: body.document,
  });
  await replyUnderFault(faults, fault, response, outcome.kind === "refused" ? replyRefusal(outcome) : outcome);
}

function checkToken(request: IncomingMessage, { full, readOnly }: Tokens): Refused | null {
  if (full === null || hasToken(request, full)) return null;
  if (readOnly === null || !hasToken(request, readOnly))
    return refuse(401, "unauthorized", "send `authorization: Bearer ...` with the array's token");
  return request.method === "GET" ? null : refuse(403, "read_only", "this token reads: a write needs the full one");
}

/** What goes wrong before anything is applied. True if the request ends there. */
async function failBefore(faults: FaultQueue, fault: RequestFault | null, response: ServerResponse): Promise<boolean> {
  switch (fault?.kind) {
    case "delay_request":
      await faults.hold(fault.ms);
      return false;
    case "refuse":
      sendReply(
        response,
        reply(fault.status, { code: "injected", message: "a fault was injected: nothing was applied" }),
      );
      return true;
    case "close_connection":
      response.destroy();
      return true;
    case undefined:
    case "delay_reply":
    case "drop_reply":
    case "garbage":
    case "oversize":
      return false;
    default:
      return assertNever(fault);
  }
}

/** What goes wrong after the effect. */
async function replyUnderFault(
  faults: FaultQueue,
  fault: RequestFault | null,
  response: ServerResponse,
  outcome: Reply,
): Promise<void> {
  switch (fault?.kind) {
    case "delay_reply":
      await faults.hold(fault.ms);
      return sendReply(response, outcome);
    case "drop_reply":
      response.destroy();
      return;
    case "garbage":
      response.writeHead(200, { "content-type": "application/json" });
      response.end(Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x22, 0x7b, 0x5b, 0xc3]));
      return;
    case "oversize":
      return sendOversize(response, fault.sizeMb);
    case undefined:
    case "delay_request":
    case "refuse":
    case "close_connection":
      return sendReply(response, outcome);
    default:
      return assertNever(fault);
  }
}

/** A well-formed JSON string of that size, in pieces, for as long as somebody reads it. */
async function sendOversize(response: ServerResponse, sizeMb: number): Promise<void> {
  const piece = Buffer.alloc(1_048_576, "x");
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"padding":"');
  for (let index = 0; index < sizeMb && !response.destroyed; index += 1) {
    if (response.write(piece) || response.destroyed) continue;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        response.off("drain", go).off("close", go);
        resolve();
      };
      response.on("drain", go).on("close", go);
    });
  }
  response.end('"}');
}

/**
 * Builds the admin server: `POST /admin/faults` adds a fault, `GET` lists the waiting ones, `DELETE` ends all of them.
 */
export function createAdminServer(context: RouteContext, faults: FaultQueue, token: string): Server {
  return createServer((request, response) => {
    answerAdmin(context, faults, token, request).then(
      (outcome) => sendReply(response, outcome.kind === "refused" ? replyRefusal(outcome) : outcome),
      () => response.destroy(),
    );
  });
}

async function answerAdmin(
  { array }: RouteContext,
  faults: FaultQueue,
  token: string,
  request: IncomingMessage,
): Promise<Reply | Refused> {
  if (!hasToken(request, token))
    return refuse(401, "unauthorized", "send `authorization: Bearer ...` with the admin token");
  if (request.url !== "/admin/faults") return refuse(404, "not_found", "the admin port has `/admin/faults` alone");
  if (request.method === "GET") return reply(200, describeFaults(faults));
  if (request.method === "DELETE") {
    faults.clear();
    return reply(200, describeFaults(faults));
  }
  if (request.method !== "POST") return refuse(405, "method_not_allowed", "this resource takes GET, POST, DELETE");
  const body = await readJsonBody(request);
  if (body.kind === "refused") return body;
  const parsed = parseFault(body.document);
  if (parsed.kind === "refused") return parsed;
  const { fault } = parsed;
  if (fault.kind !== "flap_path") {
    faults.add(fault);
    return reply(201, { fault });
  }
  if (!isKnownPath(fault, array.state.hosts)) return refuse(404, "not_found", "there is no such host");
  faults.startFlap(fault, (state) => array.setPathByAccident(fault.host, fault.controller, state));
  return reply(201, { fault });
}

function describeFaults(faults: FaultQueue): object {
  return { waiting: faults.waiting, heldCount: faults.heldCount };
}

/** Listens on loopback; resolves to the port. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // The cast: a listening TCP server has an AddressInfo.
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

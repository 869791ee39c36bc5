import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";

import { type CommandKind, parseCommand, type Refused, refuse } from "./commands.ts";
import { parseIfMatch, type Reply, readHeader, reply } from "./http.ts";
import { renderMetrics } from "./metrics.ts";
import { describeArray, isControllerId, tagObject } from "./model.ts";
import type { UpgradeOperation } from "./operations.ts";
import type { StorageArray } from "./storage-array.ts";

/** What a route works with. */
export interface RouteContext {
  readonly array: StorageArray;
  readonly lagMsMax: () => number;
}

/** A request as far as a route needs it. */
export interface RouteRequest {
  readonly raw: IncomingMessage;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The one variable segment of the path, or "". */
  readonly id: string;
  readonly document: unknown;
}

/** One route. `{id}` in the template stands for one segment. */
export interface Route {
  readonly method: "GET" | "PUT" | "POST";
  readonly template: string;
  readonly isOpen: boolean;
  readonly handle: (context: RouteContext, request: RouteRequest) => Reply | Refused;
}

const openApi: unknown = JSON.parse(readFileSync(new URL("openapi.json", import.meta.url), "utf8"));
const journalPageMax = 1_000;
const keyLengthMax = 200;

/** Every route of the array. `openapi.json` describes the same ones; a test compares them. */
export const routes: readonly Route[] = [
  read("/healthz", () => reply(200, { status: "ok" }), { isOpen: true }),
  read("/openapi.json", () => reply(200, openApi), { isOpen: true }),
  read("/array", ({ array }) => representation(describeArray(array.state))),
  read("/owner", ({ array }) => representation(array.state.owner)),
  read("/controllers/{id}", ({ array }, { id }) =>
    isControllerId(id)
      ? representation(array.state.controllers[id])
      : refuse(404, "not_found", "there are controllers `a` and `b`"),
  ),
  read("/hosts/{id}", ({ array }, { id }) => {
    const host = array.state.hosts.find((candidate) => candidate.id === id);
    return host === undefined
      ? refuse(404, "not_found", "there is no such host: `GET /array` lists them")
      : representation(host);
  }),
  read("/journal", readJournal),
  read("/availability", ({ array }) => reply(200, array.availability())),
  read("/metrics", ({ array, lagMsMax }) =>
    reply(
      200,
      renderMetrics({
        state: array.state,
        availability: array.availability(),
        journal: array.journal,
        lagMsMax: lagMsMax(),
      }),
    ),
  ),
  write("PUT", "/owner", "set_owner"),
  write("PUT", "/hosts/{id}/path", "use_path"),
  write("POST", "/hosts/{id}/connect", "connect_path"),
  write("POST", "/hosts/{id}/disconnect", "disconnect_path"),
  write("POST", "/controllers/{id}/firmware", "upgrade_firmware"),
  read("/operations/{id}", ({ array }, { id }) => operationReply(array.operation(id))),
  {
    method: "POST",
    template: "/operations/{id}/cancel",
    isOpen: false,
    handle: ({ array }, { id }) => operationReply(array.cancel(id)),
  },
];

/** The route of a request, or why there is none. */
export function findRoute(
  method: string,
  path: string,
): { readonly kind: "found"; readonly route: Route; readonly id: string } | Refused {
  const matching = routes.flatMap((route) => {
    const id = matchTemplate(route.template, path);
    return id === null ? [] : [{ route, id }];
  });
  const found = matching.find(({ route }) => route.method === method);
  if (found !== undefined) return { kind: "found", ...found };
  if (matching.length > 0)
    return refuse(
      405,
      "method_not_allowed",
      `this resource takes ${matching.map(({ route }) => route.method).join(", ")}`,
    );
  return refuse(404, "not_found", "there is no such resource: see `GET /openapi.json`");
}

function matchTemplate(template: string, path: string): string | null {
  const wanted = template.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  let id = "";
  for (const [index, segment] of wanted.entries()) {
    const actual = given[index] ?? "";
    if (segment === "{id}") id = actual;
    else if (segment !== actual) return null;
  }
  return template.includes("{id}") && id === "" ? null : id;
}

function read(
  template: string,
  handle: Route["handle"],
  { isOpen }: { readonly isOpen: boolean } = { isOpen: false },
): Route {
  return { method: "GET", template, isOpen, handle };
}

function representation(object: object): Reply {
  const tagged = tagObject(object);
  return reply(200, tagged, tagged.etag);
}

function write(method: "PUT" | "POST", template: string, kind: CommandKind): Route {
  return { method, template, isOpen: false, handle: (context, request) => applyWrite(context, request, kind) };
}

function operationReply(operation: UpgradeOperation | Refused): Reply | Refused {
  return "refusal" in operation ? operation : reply(200, operation);
}

function applyWrite({ array }: RouteContext, request: RouteRequest, kind: CommandKind): Reply | Refused {
  const command = parseCommand(kind, request.id, request.document);
  if ("refusal" in command) return command;
  const key = readHeader(request.raw, "idempotency-key");
  if (key !== null && key.length > keyLengthMax)
    return refuse(400, "bad_request", `an idempotency key has at most ${keyLengthMax} characters`);
  const outcome = array.execute(command, {
    key,
    request: `${request.raw.method} ${request.path} ${JSON.stringify(request.document)}`,
    ifMatch: parseIfMatch(request.raw.headers["if-match"]),
  });
  if (outcome.kind === "refused") return outcome;
  const { entry, replayed } = outcome;
  // The reply is a function of the entry alone: a repeat gets the very same bytes.
  const headers: Record<string, string> = {
    "array-journal-seq": `${entry.seq}`,
    ...(kind === "upgrade_firmware" ? { "operation-location": `/operations/${entry.seq}` } : {}),
    ...(replayed ? { "idempotent-replayed": "true" } : {}),
  };
  const after = tagObject(entry.after);
  return reply(kind === "upgrade_firmware" ? 202 : 200, after, after.etag, headers);
}

function readJournal({ array }: RouteContext, { query }: RouteRequest): Reply | Refused {
  const afterText = query.get("after") ?? "0";
  if (!/^\d{1,9}$/.test(afterText)) return refuse(400, "bad_request", "`after` is the sequence number of an entry");
  const key = query.get("key");
  const later = array.journal.slice(Number(afterText));
  const matching = key === null ? later : later.filter((entry) => entry.kind === "request" && entry.key === key);
  return reply(200, {
    total: array.journal.length,
    matching: matching.length,
    entries: matching.slice(0, journalPageMax),
  });
}

import type { Reply } from "../../core/run/words/input.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { parseWith } from "../../core/value/shape.ts";
import type { Connector, ConnectorOperation, ConnectorRequest } from "../../ports.ts";
import { notSent } from "../reply.ts";
import { boundSecret, referredSecret } from "../secret-slot.ts";
import { boundSlots, describeFirst, problemsOfSettings, problemsOfTemplate } from "../template-slots.ts";
import type { Outgoing } from "./exchange.ts";
import { hasOutput, readReply } from "./read-reply.ts";
import { type Credential, type HttpSettings, httpSettings } from "./settings.ts";
import {
  findWeakTag,
  type HttpOperation,
  type HttpRequest,
  isHttpOperation,
  isWeakTag,
  methods,
  readTemplate,
  writeTemplate,
} from "./template.ts";

/**
 * HTTP services: one operation a method. Output: `{status, headers, body}`, the body parsed where it is JSON, the
 * headers a short list of those that say something about the object (`etag`, `location`, …).
 *
 * Reads are enforced by the method, which carries no body, and by the credential where `readAuth` is set (I13).
 */
export const httpConnector: Connector = {
  name: "http",
  operations: (Object.keys(methods) as readonly HttpOperation[]).map(operationOf),
  checkSettings: (settings, pointer) => problemsOfSettings(httpSettings(referredSecret), settings, pointer),
  perform,
};

function operationOf(name: HttpOperation): ConnectorOperation {
  const isRead = name === "get";
  return {
    name,
    enforcesRead: isRead,
    checkTemplate: (template, _access, pointer) =>
      isRead
        ? problemsOfTemplate(readTemplate, template, pointer)
        : [...problemsOfTemplate(writeTemplate, template, pointer), ...findWeakTag(template, pointer)],
  };
}

/**
 * Node's HTTP takes longer to load than everything else that checking a domain needs, and checking sends nothing. The
 * import is kept, because asking for a loaded module takes time too, and a fleet is read with a thousand calls.
 */
let exchanging: Promise<typeof import("./exchange.ts")> | undefined;

/** How a call reads its settings and what it sends, once secrets are bound. */
const boundSettings = httpSettings(boundSecret);
const boundRead = readTemplate(boundSlots);
const boundWrite = writeTemplate(boundSlots);

async function perform(request: ConnectorRequest): Promise<Reply> {
  if (!isHttpOperation(request.operation))
    return notSent("E_CALL_INVALID", `the connector \`http\` has no operation \`${request.operation}\``);
  if (request.access === "read" && request.operation !== "get")
    return notSent("E_CALL_INVALID", `a read is never sent as ${methods[request.operation]}`);
  const settings = parseWith(boundSettings, request.settings);
  if (!settings.ok) return notSent("E_CONNECTION_SETTINGS", describeFirst(settings.error));
  const call = parseWith<HttpRequest>(request.operation === "get" ? boundRead : boundWrite, request.with);
  if (!call.ok) return notSent("E_CALL_INVALID", describeFirst(call.error));
  exchanging ??= import("./exchange.ts");
  const { exchange } = await exchanging;
  const { accept, ifMatch, key } = call.value;
  const isSaidByStatus = (status: number): boolean => !hasOutput(status, accept);
  const sent = await exchange(prepare(request, settings.value, call.value), { ...request, isSaidByStatus });
  if (sent.kind === "not_sent") return { kind: "not_sent", problem: sent.problem };
  if (sent.kind === "lost") return { kind: "unknown", problem: sent.problem };
  const isWeak = ifMatch !== undefined && isWeakTag(ifMatch);
  return readReply(sent, { access: request.access, accept, isKeyed: key !== undefined, isWeak });
}

function prepare(request: ConnectorRequest, settings: HttpSettings, call: HttpRequest): Outgoing {
  // `perform` has checked the operation.
  const method = methods[request.operation as HttpOperation];
  const credential = request.access === "read" ? (settings.readAuth ?? settings.auth) : settings.auth;
  const body = call.body === undefined ? null : encodeBody(call.body, call.headers["content-type"]);
  return {
    look: request.access === "read" ? request.look : undefined,
    method,
    base: settings.base,
    path: pathOf(settings.base, call),
    body,
    headers: {
      accept: "application/json, text/plain;q=0.5, */*;q=0.1",
      ...settings.headers,
      ...(body === null ? {} : { "content-type": "application/json" }),
      ...call.headers,
      ...(call.ifMatch === undefined ? {} : { "if-match": call.ifMatch }),
      ...(call.key === undefined ? {} : { "idempotency-key": call.key }),
      ...headerOf(credential),
    },
  };
}

/** A text with a content type of its own goes as it is; everything else is JSON. */
function encodeBody(body: JsonValue, contentType: string | undefined): Buffer {
  const isText = typeof body === "string" && contentType !== undefined && !/json/i.test(contentType);
  return Buffer.from(isText ? body : JSON.stringify(body));
}

function pathOf(base: URL, { path, query }: HttpRequest): string {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const search = pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`;
  // Without a segment the address is the base as it was written: `/things` and `/things/` may be two objects.
  if (path.length === 0) return `${base.pathname}${search}`;
  return `${base.pathname.replace(/\/$/, "")}/${path.map(encodeURIComponent).join("/")}${search}`;
}

function headerOf(credential: Credential | undefined): Readonly<Record<string, string>> {
  if (credential === undefined) return {};
  switch (credential.kind) {
    case "bearer":
      return { authorization: `Bearer ${credential.token}` };
    case "basic":
      return { authorization: `Basic ${Buffer.from(`${credential.user}:${credential.password}`).toString("base64")}` };
    case "header":
      return { [credential.name]: credential.value };
  }
}

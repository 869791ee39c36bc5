import { createHash } from "node:crypto";

import { ACTIONS, parseAction } from "../contract/actions.ts";
import type { ActionRecord } from "../contract/episode.ts";
import { PROBE_NAMES, PROBE_SUMMARIES, type ProbeName, readProbe } from "../contract/probes.ts";
import type { Window } from "../contract/window.ts";
import { LabError } from "../lab-error.ts";
import type { AlertState, WebhookBody } from "./alerting.ts";
import type { ConfigurationState } from "./build-window.ts";
import { type ApiHandler, type ApiReply, type ApiRequest, jsonReply, requireToken } from "./http.ts";
import { buildOpenApi } from "./openapi.ts";

/** What the public API needs; nothing in it knows the fault. */
export interface PublicView {
  readonly instance: string;
  readonly actionToken: string;
  readonly epochMs: number;
  readonly readClockMs: () => number;
  /** The windows the public may see. */
  readonly windows: () => readonly Window[];
  readonly readConfiguration: () => ConfigurationState;
  readonly readAlert: () => AlertState;
  readonly alerts: () => readonly WebhookBody[];
  readonly actions: () => readonly ActionRecord[];
  readonly perform: (name: string, body: unknown) => Promise<ActionRecord>;
  readonly escalate: (reason: string) => void;
  readonly setWebhook: (url: string) => void;
  readonly readMetricsText: () => Promise<string>;
  readonly targets: () => readonly { readonly kind: string; readonly pid: number; readonly port: number }[];
}

const WINDOW_COUNT_MAX = 600;
const KEY_COUNT_MAX = 1_000;

/** An action's record without what would tell whether a release is defective. */
function toPublicRecord(record: ActionRecord): Omit<ActionRecord, "restartedDefectiveCount"> {
  const { restartedDefectiveCount: _hidden, ...visible } = record;
  return visible;
}

function readConfigurationReply(view: PublicView): { readonly body: object; readonly etag: string } {
  // Only what an action can change is part of the fingerprint, never a measurement.
  const { workerCountReady, isRolling, ...settings } = view.readConfiguration();
  const etag = `"${createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 16)}"`;
  return { body: { ...settings, workerCountReady, isRolling, etag }, etag };
}

function readProbeReply(view: PublicView, name: string): ApiReply {
  const probe = PROBE_NAMES.find((entry): entry is ProbeName => entry === name);
  if (probe === undefined)
    throw new LabError("E_LAB_NOT_FOUND", `no probe \`${name}\``, `there are ${PROBE_NAMES.join(", ")}`);
  const reading = readProbe(probe, view.windows(), view.readClockMs());
  if (reading === undefined)
    throw new LabError("E_LAB_REFUSED", "nothing has been recorded yet", "ask again in a second");
  return jsonReply(reading);
}

function readWindowsReply(view: PublicView, query: URLSearchParams): ApiReply {
  const fromIndex = Number(query.get("from") ?? 0);
  const limit = Math.min(WINDOW_COUNT_MAX, Number(query.get("limit") ?? 60));
  if (!Number.isInteger(fromIndex) || !Number.isInteger(limit) || limit < 1) {
    throw new LabError(
      "E_LAB_ARGUMENTS",
      "`from` and `limit` must be whole numbers",
      "leave them out for the last minute",
    );
  }
  const windows = query.has("from")
    ? view
        .windows()
        .filter((window) => window.index >= fromIndex)
        .slice(0, limit)
    : view.windows().slice(-limit);
  return jsonReply({ clockMs: view.readClockMs(), windows });
}

function readStatusReply(view: PublicView): ApiReply {
  const probes = Object.fromEntries(
    PROBE_NAMES.map((probe) => [probe, readProbe(probe, view.windows(), view.readClockMs())]),
  );
  return jsonReply({
    instance: view.instance,
    clockMs: view.readClockMs(),
    epochMs: view.epochMs,
    alert: view.readAlert(),
    configuration: readConfigurationReply(view).body,
    probes,
    actions: view.actions().map(toPublicRecord),
  });
}

/**
 * Performs an action once for each idempotency key, and only against the configuration the caller saw, if it says
 * which.
 */
function createActionRoute(view: PublicView): (request: ApiRequest, name: string) => Promise<ApiReply> {
  const byKey = new Map<string, { readonly body: string; readonly record: Promise<ActionRecord> }>();
  return async (request, name) => {
    requireToken(request, view.actionToken);
    const body = await request.readJson();
    const key = request.header("idempotency-key");
    const text = `${name} ${JSON.stringify(body)}`;
    const known = key === undefined ? undefined : byKey.get(key);
    if (known !== undefined) {
      if (known.body !== text)
        throw new LabError("E_LAB_REFUSED", "this idempotency key was used for another action", "use a new key");
      return jsonReply(toPublicRecord(await known.record), { "idempotent-replay": "true" });
    }
    const parsed = parseAction(name, body);
    if (!parsed.ok) throw new LabError("E_LAB_ARGUMENTS", parsed.problems.join("; "), "see /openapi.json");
    const expected = request.header("if-match");
    if (expected !== undefined && expected !== readConfigurationReply(view).etag) {
      throw new LabError(
        "E_LAB_CONFLICT",
        "the configuration has changed since it was read",
        "read `/v1/configuration` again",
      );
    }
    const record = view.perform(name, body);
    if (key !== undefined) {
      byKey.set(key, { body: text, record });
      const oldest = byKey.keys().next().value;
      if (byKey.size > KEY_COUNT_MAX && oldest !== undefined) byKey.delete(oldest);
    }
    return jsonReply(toPublicRecord(await record));
  };
}

async function readText(request: ApiRequest, name: string): Promise<string> {
  const body = await request.readJson();
  // `in` on an object of unknown shape gives it the key with type unknown.
  const value: unknown =
    typeof body === "object" && body !== null && name in body ? (body as Record<string, unknown>)[name] : undefined;
  if (typeof value !== "string" || value === "")
    throw new LabError("E_LAB_ARGUMENTS", `\`${name}\` must be a text`, "see /openapi.json");
  return value;
}

/** The API an agent gets: probes, windows, configuration, actions, alerts. */
export function createPublicApi(view: PublicView): ApiHandler {
  const act = createActionRoute(view);
  const gets: Readonly<Record<string, (request: ApiRequest) => ApiReply | Promise<ApiReply>>> = {
    "/": () => jsonReply({ name: "interlock-lab", instance: view.instance, openapi: "/openapi.json" }),
    "/openapi.json": () => jsonReply(buildOpenApi()),
    "/metrics": async () => ({
      kind: "text",
      contentType: "text/plain; version=0.0.4",
      text: await view.readMetricsText(),
    }),
    "/v1/status": () => readStatusReply(view),
    "/v1/configuration": () => {
      const { body, etag } = readConfigurationReply(view);
      return jsonReply(body, { etag });
    },
    "/v1/windows": (request) => readWindowsReply(view, request.query),
    "/v1/probes": () => jsonReply({ probes: PROBE_NAMES.map((name) => ({ name, summary: PROBE_SUMMARIES[name] })) }),
    "/v1/actions": () => jsonReply({ declared: ACTIONS, performed: view.actions().map(toPublicRecord) }),
    "/v1/alerts": () => jsonReply({ state: view.readAlert(), sent: view.alerts() }),
    "/v1/targets": () => jsonReply({ targets: view.targets() }),
  };
  return async (request) => {
    const get = gets[request.path];
    if (request.method === "GET" && get !== undefined) return get(request);
    if (request.method === "GET" && request.path.startsWith("/v1/probes/"))
      return readProbeReply(view, request.path.slice("/v1/probes/".length));
    if (request.method === "POST" && request.path.startsWith("/v1/actions/"))
      return act(request, request.path.slice("/v1/actions/".length));
    if (request.method === "POST" && request.path === "/v1/escalations") {
      requireToken(request, view.actionToken);
      view.escalate(await readText(request, "reason"));
      return jsonReply({ escalated: true });
    }
    if (request.method === "PUT" && request.path === "/v1/webhook") {
      requireToken(request, view.actionToken);
      const url = await readText(request, "url");
      if (!/^https?:\/\//.test(url) || !URL.canParse(url))
        throw new LabError("E_LAB_ARGUMENTS", "`url` must be an http address", "see /openapi.json");
      view.setWebhook(url);
      return jsonReply({ url });
    }
    throw new LabError("E_LAB_NOT_FOUND", `no \`${request.method} ${request.path}\``, "see /openapi.json");
  };
}

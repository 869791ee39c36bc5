import type { Action, ActionDeclaration } from "./contract/actions.ts";
import type { ActionRecord, Episode } from "./contract/episode.ts";
import type { FaultName } from "./contract/faults.ts";
import type { ProbeName, ProbeReading } from "./contract/probes.ts";
import type { Window } from "./contract/window.ts";
import { LAB_CODES, type LabCode, LabError } from "./lab-error.ts";
import type { AlertState, WebhookBody } from "./supervisor/alerting.ts";
import type { ConfigurationState } from "./supervisor/build-window.ts";

const REQUEST_TIMEOUT_MS = 30_000;

/** What the public API says of an action that was performed. */
export type PublicActionRecord = Omit<ActionRecord, "restartedDefectiveCount">;

/** Configuration with the fingerprint to send back as `If-Match`. */
export type Configuration = Omit<ConfigurationState, "workerCountReady" | "isRolling"> &
  Pick<ConfigurationState, "workerCountReady" | "isRolling"> & { readonly etag: string };

/** Everything at once. */
export interface LabStatus {
  readonly instance: string;
  readonly clockMs: number;
  readonly epochMs: number;
  readonly alert: AlertState;
  readonly configuration: Configuration;
  /** A probe is absent until the first window has been recorded. */
  readonly probes: { readonly [N in ProbeName]?: ProbeReading<N> };
  readonly actions: readonly PublicActionRecord[];
}

/** The lab as an agent sees it. */
export interface LabClient {
  readonly readStatus: () => Promise<LabStatus>;
  readonly readProbe: <N extends ProbeName>(probe: N) => Promise<ProbeReading<N>>;
  readonly readConfiguration: () => Promise<Configuration>;
  readonly readWindows: (options?: {
    readonly fromIndex?: number;
    readonly limit?: number;
  }) => Promise<{ readonly clockMs: number; readonly windows: readonly Window[] }>;
  readonly readActions: () => Promise<{
    readonly declared: readonly ActionDeclaration[];
    readonly performed: readonly PublicActionRecord[];
  }>;
  readonly readAlerts: () => Promise<{ readonly state: AlertState; readonly sent: readonly WebhookBody[] }>;
  /**
   * `idempotencyKey`: the same key performs the action once. `ifMatch`: refused when the configuration has changed
   * since.
   */
  readonly act: (
    action: Action,
    options?: { readonly idempotencyKey?: string; readonly ifMatch?: string },
  ) => Promise<PublicActionRecord>;
  readonly escalate: (reason: string) => Promise<void>;
  readonly setWebhook: (url: string) => Promise<void>;
}

/** The lab as its referee sees it. */
export interface ControlClient {
  readonly injectFault: (fault: FaultName, seed: number) => Promise<{ readonly faultAtMs: number }>;
  readonly readEpisode: (policy?: string) => Promise<Episode>;
  readonly shutDown: () => Promise<void>;
}

function isLabCode(code: unknown): code is LabCode {
  return typeof code === "string" && code in LAB_CODES;
}

async function request(
  base: string,
  path: string,
  options: {
    readonly method: string;
    readonly token?: string;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<unknown> {
  const headers = {
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    ...(options.body === undefined ? {} : { "content-type": "application/json" }),
    ...options.headers,
  };
  let response: Response;
  try {
    response = await fetch(base + path, {
      method: options.method,
      headers,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  } catch {
    throw new LabError(
      "E_LAB_NOT_RUNNING",
      `the lab at \`${base}\` does not answer`,
      "start one with `npm run lab -- up`",
    );
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body;
  const problem: Partial<Record<string, unknown>> = typeof body === "object" && body !== null ? { ...body } : {};
  throw new LabError(
    isLabCode(problem["code"]) ? problem["code"] : "E_LAB_INTERNAL",
    String(problem["message"] ?? response.statusText),
    String(problem["hint"] ?? "see `.lab/supervisor.log`"),
  );
}

/**
 * A client of the public API.
 *
 * Answers are typed and not parsed again: the server is the same release, and OpenAPI is the contract for others.
 */
export function createLabClient(address: { readonly url: string; readonly actionToken: string }): LabClient {
  // See above for the cast.
  const get = async <T>(path: string): Promise<T> => (await request(address.url, path, { method: "GET" })) as T;
  const send = (
    method: string,
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<unknown> => request(address.url, path, { method, token: address.actionToken, body, headers });
  return {
    readStatus: () => get("/v1/status"),
    readProbe: (probe) => get(`/v1/probes/${probe}`),
    readConfiguration: () => get("/v1/configuration"),
    readWindows: ({ fromIndex, limit = 600 } = {}) =>
      get(`/v1/windows?limit=${limit}${fromIndex === undefined ? "" : `&from=${fromIndex}`}`),
    readActions: () => get("/v1/actions"),
    readAlerts: () => get("/v1/alerts"),
    act: async ({ kind, ...body }, { idempotencyKey, ifMatch } = {}) =>
      (await send("POST", `/v1/actions/${kind}`, body, {
        ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
        ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
      })) as PublicActionRecord, // see above
    escalate: async (reason) => {
      await send("POST", "/v1/escalations", { reason });
    },
    setWebhook: async (url) => {
      await send("PUT", "/v1/webhook", { url });
    },
  };
}

/** A client of the referee's API. */
export function createControlClient(address: {
  readonly controlUrl: string;
  readonly controlToken: string;
}): ControlClient {
  const call = (method: string, path: string, body?: unknown): Promise<unknown> =>
    request(address.controlUrl, path, { method, token: address.controlToken, ...(body === undefined ? {} : { body }) });
  return {
    injectFault: async (fault, seed) =>
      (await call("POST", "/v1/fault", { fault, seed })) as { readonly faultAtMs: number }, // see above
    readEpisode: async (policy = "manual") =>
      (await call("GET", `/v1/episode?policy=${encodeURIComponent(policy)}`)) as Episode, // see above
    shutDown: async () => {
      await call("POST", "/v1/shutdown");
    },
  };
}

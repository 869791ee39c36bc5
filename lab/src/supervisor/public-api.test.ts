import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { ACTIONS } from "../contract/actions.ts";
import { BREAKER_AT_REST } from "../contract/constants.ts";
import type { ActionRecord } from "../contract/episode.ts";
import { PROBE_NAMES } from "../contract/probes.ts";
import { makeAction, makeWindows } from "../contract/window-fixture.ts";
import { LabError } from "../lab-error.ts";
import type { ApiReply } from "./http.ts";
import { buildOpenApi } from "./openapi.ts";
import { createPublicApi } from "./public-api.ts";

interface Call {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function setUp(): { readonly call: (call: Call) => Promise<ApiReply>; readonly performed: unknown[] } {
  const performed: unknown[] = [];
  const windows = makeWindows(20);
  const record: ActionRecord = makeAction(1_000, { restartedDefectiveCount: 3 });
  const api = createPublicApi({
    instance: "lab-1",
    actionToken: "secret",
    epochMs: 0,
    readClockMs: () => 20_100,
    windows: () => windows,
    readConfiguration: () => ({
      workerCountTarget: 3,
      workerCountReady: 3,
      isRolling: false,
      version: "v1",
      deployedAtMs: -5,
      isFlagOn: true,
      breakerSettings: BREAKER_AT_REST,
      breakerChangedAtMs: -5,
      throttlePerSecond: performed.length,
      isNightlyPaused: false,
    }),
    readAlert: () => ({ kind: "inactive" }),
    alerts: () => [],
    actions: () => [record],
    perform: async (name, body) => {
      performed.push([name, body]);
      return record;
    },
    escalate: (reason) => {
      performed.push(reason);
    },
    setWebhook: (url) => {
      performed.push(url);
    },
    readMetricsText: async () => "x 1\n",
    targets: () => [],
  });
  const call = async ({ method = "GET", path, body, headers = {} }: Call): Promise<ApiReply> =>
    api({ method, path, query: new URLSearchParams(), header: (name) => headers[name], readJson: async () => body });
  return { call, performed };
}

const TOKEN = { authorization: "Bearer secret" };
const SCALE: Call = { method: "POST", path: "/v1/actions/scale", body: { workerCount: 6 }, headers: TOKEN };

async function codeOf(reply: Promise<ApiReply>): Promise<string> {
  return reply.then(
    () => "no error",
    (error: unknown) => (error instanceof LabError ? error.code : "another error"),
  );
}

describe("the public API", () => {
  it("an action without the token, or with a wrong one, is refused and not performed", async () => {
    const { call, performed } = setUp();

    expect(await codeOf(call({ ...SCALE, headers: {} }))).toBe("E_LAB_TOKEN");
    expect(await codeOf(call({ ...SCALE, headers: { authorization: "Bearer secreT" } }))).toBe("E_LAB_TOKEN");
    expect(performed).toEqual([]);
  });

  it("the same idempotency key performs once, and is refused for another action", async () => {
    const { call, performed } = setUp();
    const keyed = { ...SCALE, headers: { ...TOKEN, "idempotency-key": "k1" } };

    const [first, second] = [await call(keyed), await call(keyed)];

    expect(performed).toHaveLength(1);
    expect(second).toMatchObject({ kind: "json", headers: { "idempotent-replay": "true" } });
    expect(first.kind === "json" && second.kind === "json" && first.body).toEqual(
      second.kind === "json" && second.body,
    );
    expect(await codeOf(call({ ...keyed, body: { workerCount: 5 } }))).toBe("E_LAB_REFUSED");
  });

  it("an action against a configuration that has changed is refused", async () => {
    const { call, performed } = setUp();
    const read = await call({ path: "/v1/configuration" });
    const etag = read.kind === "json" ? (read.headers?.["etag"] ?? "") : "";

    await call({ ...SCALE, headers: { ...TOKEN, "if-match": etag } });

    expect(await codeOf(call({ ...SCALE, headers: { ...TOKEN, "if-match": etag } }))).toBe("E_LAB_CONFLICT");
    expect(performed).toHaveLength(1);
  });

  it("no answer shows the fault, its seed, or how many workers were defective", async () => {
    const { call } = setUp();
    const paths = [
      "/",
      "/v1/status",
      "/v1/configuration",
      "/v1/windows",
      "/v1/probes",
      "/v1/actions",
      "/v1/alerts",
      "/v1/targets",
      ...PROBE_NAMES.map((name) => `/v1/probes/${name}`),
    ];

    const replies = await Promise.all([...paths.map((path) => call({ path })), call(SCALE)]);

    for (const reply of replies) expect(JSON.stringify(reply)).not.toMatch(/restartedDefective|"fault|seed|"truth/i);
  });

  it("a probe that does not exist is refused with the list of those that do", async () => {
    await expect(setUp().call({ path: "/v1/probes/nonsense" })).rejects.toMatchObject({
      code: "E_LAB_NOT_FOUND",
      hint: expect.stringContaining("traffic"),
    });
  });

  it("a webhook must be an http address", async () => {
    const { call, performed } = setUp();
    const put = (url: string): Promise<ApiReply> =>
      call({ method: "PUT", path: "/v1/webhook", body: { url }, headers: TOKEN });

    expect(await codeOf(put("file:///etc/passwd"))).toBe("E_LAB_ARGUMENTS");
    await put("http://127.0.0.1:9/alerts");
    expect(performed).toEqual(["http://127.0.0.1:9/alerts"]);
  });
});

describe("the OpenAPI document", () => {
  it("the checked-in copy is what the server serves (`npm run -s lab -- openapi > lab/openapi.json`)", () => {
    const checkedIn: unknown = JSON.parse(readFileSync(new URL("../../openapi.json", import.meta.url), "utf8"));

    expect(checkedIn).toEqual(buildOpenApi());
  });

  it("it has a path for every action and every probe, and each GET path answers", async () => {
    const text = JSON.stringify(buildOpenApi());
    const { call } = setUp();

    for (const { name } of ACTIONS) expect(text).toContain(`"/v1/actions/${name}"`);
    for (const name of PROBE_NAMES)
      await expect(call({ path: `/v1/probes/${name}` })).resolves.toMatchObject({ status: 200 });
  });
});

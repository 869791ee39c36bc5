import { ACTIONS, type ActionArgument, type ActionDeclaration } from "../contract/actions.ts";
import { PROBE_NAMES, PROBE_SUMMARIES } from "../contract/probes.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

function argumentSchema(argument: ActionArgument): Json {
  switch (argument.kind) {
    case "number":
      return { type: argument.isInteger ? "integer" : "number", minimum: argument.min, maximum: argument.max };
    case "one_of":
      return { type: "string", enum: [...argument.values] };
    case "boolean":
      return { type: "boolean" };
    default:
      return argument satisfies never;
  }
}

function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function jsonAnswer(description: string, schema: Json): Json {
  return { description, content: { "application/json": { schema } } };
}

const PROBLEM_ANSWER: Json = { default: jsonAnswer("refused or failed, with a stable code", ref("Problem")) };

function read(operationId: string, summary: string, schema: Json, parameters: readonly Json[] = []): Json {
  return {
    get: {
      operationId,
      summary,
      parameters,
      responses: { 200: jsonAnswer("as asked", schema), ...(PROBLEM_ANSWER as object) },
    },
  };
}

function actionPath(action: ActionDeclaration): Json {
  const properties = Object.fromEntries(action.arguments.map((argument) => [argument.name, argumentSchema(argument)]));
  const body: Json = {
    type: "object",
    properties,
    required: action.arguments.map((argument) => argument.name),
    additionalProperties: false,
  };
  return {
    post: {
      operationId: action.name,
      summary: action.summary,
      "x-class": action.class,
      security: [{ action: [] }],
      parameters: [
        {
          name: "Idempotency-Key",
          in: "header",
          schema: { type: "string" },
          description: "the same key performs the action once",
        },
        {
          name: "If-Match",
          in: "header",
          schema: { type: "string" },
          description: "etag of `/v1/configuration`; refused with 412 when it has changed",
        },
      ],
      requestBody: { required: true, content: { "application/json": { schema: body } } },
      responses: {
        200: jsonAnswer("performed; `outcome` says whether it worked", ref("ActionRecord")),
        ...(PROBLEM_ANSWER as object),
      },
    },
  };
}

function textBody(name: string): Json {
  return {
    required: true,
    content: {
      "application/json": { schema: { type: "object", properties: { [name]: { type: "string" } }, required: [name] } },
    },
  };
}

function schemas(): Json {
  const counts: Json = { type: "object", additionalProperties: { type: "integer" } };
  return {
    Problem: {
      type: "object",
      properties: {
        code: { type: "string", pattern: "^E_LAB_" },
        message: { type: "string" },
        hint: { type: "string" },
      },
      required: ["code", "message", "hint"],
    },
    ProbeReading: {
      type: "object",
      required: ["probe", "asOfMs", "ageMs", "isStale", "windowCount", "output"],
      properties: {
        probe: { type: "string", enum: [...PROBE_NAMES] },
        asOfMs: { type: "number", description: "the lab's clock" },
        ageMs: { type: "number" },
        isStale: { type: "boolean", description: "the recorder has stopped: the output is old" },
        windowCount: { type: "integer" },
        output: { type: "object" },
      },
    },
    ActionRecord: {
      type: "object",
      required: ["action", "startedAtMs", "endedAtMs", "outcome", "detail", "restartedCount", "terminatedCounts"],
      properties: {
        action: { type: "object" },
        startedAtMs: { type: "number" },
        endedAtMs: { type: "number" },
        outcome: { type: "string", enum: ["done", "failed"] },
        detail: { type: "string" },
        restartedCount: { type: "integer" },
        terminatedCounts: counts,
      },
    },
    Window: {
      type: "object",
      description: "one second of counters and means; see lab/src/contract/window.ts",
      required: ["index", "startMs", "endMs"],
    },
  };
}

/** The OpenAPI 3.1 document of the public API, made from the tables of actions and probes. */
export function buildOpenApi(): Json {
  const parameter = (name: string, summary: string): Json => ({
    name,
    in: "query",
    schema: { type: "integer" },
    description: summary,
  });
  const probes = Object.fromEntries(
    PROBE_NAMES.map((name) => [
      `/v1/probes/${name}`,
      read(`probe_${name}`, PROBE_SUMMARIES[name], ref("ProbeReading")),
    ]),
  );
  const actions = Object.fromEntries(ACTIONS.map((action) => [`/v1/actions/${action.name}`, actionPath(action)]));
  const object: Json = { type: "object" };
  const security: Json = [{ action: [] }];
  const answers: Json = { 200: jsonAnswer("done", object), ...(PROBLEM_ANSWER as object) };
  return {
    openapi: "3.1.0",
    info: {
      title: "Incident lab",
      version: "1",
      description: "Probes and actions of a small production system. Times are milliseconds of the lab's clock.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [
      {
        url: "http://127.0.0.1:{port}",
        variables: { port: { default: "0", description: "`npm run lab -- up` prints it" } },
      },
    ],
    paths: {
      "/v1/status": read("status", "everything at once: alert, configuration, all probes, actions", object),
      "/v1/configuration": read("configuration", "what actions can change, with an etag", object),
      "/v1/windows": read("windows", "recorded windows, oldest first", object, [
        parameter("from", "first index; without it the last ones"),
        parameter("limit", "at most 600, 60 unless told"),
      ]),
      "/v1/probes": read("probes", "the list of probes", object),
      ...probes,
      "/v1/actions": read("actions", "declared actions, and those performed", object),
      ...actions,
      "/v1/alerts": read("alerts", "state of the alert, and the webhooks it raised", object),
      "/v1/targets": read("targets", "ports on which each process serves Prometheus text at /metrics", object),
      "/v1/escalations": {
        post: {
          operationId: "escalate",
          summary: "hand the incident to a person",
          security,
          requestBody: textBody("reason"),
          responses: answers,
        },
      },
      "/v1/webhook": {
        put: {
          operationId: "set_webhook",
          summary: "where alerts are posted, in Alertmanager's shape",
          security,
          requestBody: textBody("url"),
          responses: answers,
        },
      },
    },
    components: {
      schemas: schemas(),
      securitySchemes: { action: { type: "http", scheme: "bearer", description: "`actionToken` of `.lab/lab.json`" } },
    },
  };
}

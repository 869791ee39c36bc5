import { readFileSync } from "node:fs";

import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, it } from "vitest";

import { type ArrayResponse, type RunningArray, startArray } from "./client.ts";
import { routes } from "./routes.ts";

interface OpenApi {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, unknown>> }>>>
  >;
}

// The cast: the first test below fails if the document has another shape.
const document = JSON.parse(readFileSync(new URL("openapi.json", import.meta.url), "utf8")) as OpenApi;
const ajv = new Ajv2020({ strict: false });
ajv.addSchema({ $id: "array", ...document });

let array: RunningArray;

beforeAll(async () => {
  array = await startArray({ upgradeMs: 20, withToken: true });
});

afterAll(async () => {
  await array.stop();
});

it("the document describes exactly the routes the array has", () => {
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );

  expect(described.sort()).toEqual(routes.map((route) => `${route.method} ${route.template}`).sort());
});

const reads = [
  "/healthz",
  "/openapi.json",
  "/array",
  "/owner",
  "/controllers/a",
  "/hosts/h1",
  "/journal",
  "/availability",
];

it.each(reads)("GET %s answers what the document says, before and after writes", async (path) => {
  const template = path.replace("/controllers/a", "/controllers/{id}").replace("/hosts/h1", "/hosts/{id}");
  await array.request("PUT", "/hosts/h1/path", { body: { controller: "b" } });

  const response = await array.request("GET", path);

  expect(problemsOf(response, "get", template)).toEqual([]);
});

const answers: readonly (readonly [number, string, string, string, unknown])[] = [
  [200, "PUT", "/owner", "/owner", { controller: "b" }],
  [200, "POST", "/hosts/{id}/disconnect", "/hosts/h2/disconnect", { controller: "b" }],
  [409, "PUT", "/hosts/{id}/path", "/hosts/h2/path", { controller: "b" }],
  [200, "POST", "/hosts/{id}/connect", "/hosts/h2/connect", { controller: "b" }],
  [200, "PUT", "/hosts/{id}/path", "/hosts/h2/path", { controller: "b" }],
  [404, "PUT", "/hosts/{id}/path", "/hosts/h99/path", { controller: "b" }],
  [400, "PUT", "/owner", "/owner", { controller: "b", force: true }],
  [422, "PUT", "/owner", "/owner", { controller: "c" }],
  [422, "POST", "/controllers/{id}/firmware", "/controllers/a/firmware", { version: "0.0.0" }],
  [202, "POST", "/controllers/{id}/firmware", "/controllers/a/firmware", { version: "4.2.0" }],
];

it("an operation answers what the document says, while it runs and once it is cancelled", async () => {
  const slow = await startArray({ upgradeMs: 60_000 });
  try {
    const begun = await slow.request("POST", "/controllers/b/firmware", { body: { version: "4.2.0" } });
    const running = await slow.request("GET", "/operations/1");
    const cancelled = await slow.request("POST", "/operations/1/cancel");
    const unknown = await slow.request("GET", "/operations/2");

    expect(begun.operation).toBe("/operations/1");
    expect(problemsOf(running, "get", "/operations/{id}")).toEqual([]);
    expect(running.body).toMatchObject({ status: "running" });
    expect(problemsOf(cancelled, "post", "/operations/{id}/cancel")).toEqual([]);
    expect(cancelled.body).toMatchObject({ status: "cancelled" });
    expect([unknown.status, problemsOf(unknown, "get", "/operations/{id}")]).toEqual([404, []]);
    expect((await slow.request("GET", "/controllers/b")).body).toMatchObject({ state: "online", firmware: "4.1.0" });
  } finally {
    await slow.stop();
  }
});

it("every write and refusal answers what the document says", async () => {
  for (const [status, method, template, path, body] of answers) {
    const response = await array.request(method, path, { body });

    expect([path, response.status, problemsOf(response, method.toLowerCase(), template)]).toEqual([path, status, []]);
  }
});

function problemsOf(response: ArrayResponse, method: string, template: string): readonly string[] {
  const described = document.paths[template]?.[method]?.responses[`${response.status}`];
  if (described === undefined) return [`status ${response.status} is not described`];
  const escaped = (text: string): string =>
    text.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D");
  const shared = (described as { readonly $ref?: string }).$ref;
  const place = shared ?? `#/paths/${escaped(template)}/${method}/responses/${response.status}`;
  const validate = ajv.compile({ $ref: `array${place}/content/application~1json/schema` });
  return validate(response.body)
    ? []
    : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

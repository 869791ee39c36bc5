// What every connector owes the kernel, whatever it connects to.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bindingKinds } from "../core/domain/template.ts";
import type { Reply } from "../core/run/words/input.ts";
import type { JsonObject, JsonValue } from "../core/value/json-value.ts";
import type { Connector } from "../ports.ts";
import { connectors, connectorTraits } from "./index.ts";

let folder: string;
let base: string;
const methodsSeen: string[] = [];
const server = createServer((request, response) => {
  methodsSeen.push(request.method ?? "");
  response.end();
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kit-"));
  writeFileSync(join(folder, "kept"), "kept");
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await new Promise((resolve) => server.close(resolve));
});

/** Settings under which a connector could do something. */
const settingsOf = (name: string): JsonObject =>
  name === "http"
    ? { base }
    : name === "file"
      ? { root: folder }
      : { programs: { touch: "/usr/bin/touch" }, cwd: folder };

const perform = (
  connector: Connector,
  request: {
    readonly operation: string;
    readonly access: "read" | "write";
    readonly with: JsonValue;
    readonly settings?: JsonValue;
  },
): Promise<Reply> =>
  connector.perform({
    settings: settingsOf(connector.name),
    timeoutMs: 5_000,
    outputBytesMax: 1_000,
    signal: new AbortController().signal,
    ...request,
  });

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);

/** A template that nearly fits, so that the property reaches beyond the first check. */
const template = fc.oneof(
  json,
  fc.record(
    {
      path: fc.oneof(json, fc.constant(["a"]), fc.constant("a")),
      argv: fc.oneof(json, fc.constant(["touch"])),
      content: json,
      ifMatch: json,
      headers: json,
      query: json,
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<JsonValue>,
);

describe.each([...connectors.values()].map((connector) => [connector.name, connector] as const))(
  "%s",
  (name, connector) => {
    it("answers every template and all settings with a reply, and never throws", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...connector.operations.map((operation) => operation.name), "other"),
          template,
          fc.option(json),
          async (operation, given, settings) => {
            const reply = await perform(connector, {
              operation,
              access: "read",
              with: given,
              ...(settings === null ? {} : { settings }),
            });

            expect(["applied", "rejected", "not_sent", "unknown"]).toContain(reply.kind);
          },
        ),
        { numRuns: 150 },
      );
    });

    it("checks every template and all settings without throwing, each problem at its place", () => {
      fc.assert(
        fc.property(template, fc.constantFrom(...connector.operations), (given, operation) => {
          const problems = [
            ...operation.checkTemplate(given, "write", "/here"),
            ...connector.checkSettings(given, "/here"),
          ];

          expect(problems.every(({ pointer, code }) => pointer.startsWith("/here") && code.startsWith("E_"))).toBe(
            true,
          );
        }),
        { numRuns: 150 },
      );
    });

    it("writes nothing under read access, whatever operation and template are given (I13)", async () => {
      methodsSeen.length = 0;
      for (const operation of connector.operations) {
        const enough: Readonly<Record<string, JsonValue>> = {
          http: { path: ["a"] },
          file: { path: "kept", content: "x" },
          process: { argv: ["touch", "made"] },
        };
        const reply = await perform(connector, { operation: operation.name, access: "read", with: enough[name] ?? {} });
        if (!operation.enforcesRead) expect(reply.kind).toBe("not_sent");
      }

      expect(readdirSync(folder)).toEqual(["kept"]);
      expect(methodsSeen.filter((method) => method !== "GET")).toEqual([]);
    });

    it("sends nothing of a template with a binding left over", async () => {
      for (const kind of bindingKinds) {
        const left = { [kind]: kind === "$fence" || kind === "$key" ? true : "x" };
        const templates: Readonly<Record<string, JsonValue>> = {
          http: { path: [left] },
          file: { path: left, content: "x" },
          process: { argv: ["touch", left] },
        };
        const operation = { http: "put", file: "write", process: "run" }[name] ?? "";

        expect((await perform(connector, { operation, access: "write", with: templates[name] ?? {} })).kind).toBe(
          "not_sent",
        );
      }
    });
  },
);

describe("the list of connectors", () => {
  it("tells the gate which operations cannot write", () => {
    const enforcing = connectorTraits.flatMap(({ name, operations }) =>
      operations.filter(({ enforcesRead }) => enforcesRead).map((operation) => `${name}/${operation.name}`),
    );

    expect(enforcing).toEqual(["http/get", "file/read"]);
  });
});

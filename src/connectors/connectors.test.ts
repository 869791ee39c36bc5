// Every connector of this release, held against the one contract.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ConnectorArrangement, connectorContract } from "./connector-contract.ts";
import { fileConnector } from "./file/file-connector.ts";
import { httpConnector } from "./http/http-connector.ts";
import { connectors, connectorTraits } from "./index.ts";
import { processConnector } from "./process/process-connector.ts";

const long = "x".repeat(2_000);

/** A service whose state is what was sent to it by other methods than GET. */
const http: ConnectorArrangement = {
  connector: httpConnector,
  open: async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (request.url === "/hangs") return;
      response.statusCode = request.url === "/fails" ? 500 : 200;
      response.end(request.url === "/says-much" ? long : "ok");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // A server that listens on TCP has an address with a port.
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return {
      settings: { base, auth: { kind: "bearer", token: "hunter2" }, headers: { "x-tenant": "shop" } },
      state: async () => asked.filter((line) => !line.startsWith("GET ")).join("\n"),
      callCount: () => asked.length,
      close: () =>
        new Promise((resolve) => {
          server.closeAllConnections();
          server.close(() => resolve());
        }),
    };
  },
  templates: {
    get: { path: ["items", 7], query: { page: 1 }, headers: { "x-trace": "1" }, accept: [404] },
    put: { path: ["items", 7], body: { size: 3 }, ifMatch: '"v1"', key: "k1" },
    post: { path: ["items"], body: "text", headers: { "content-type": "text/plain" } },
    patch: { path: ["items", "seven"], body: { size: 4 } },
    delete: { path: ["items", 7] },
  },
  withBinding: (_, binding) => ({ path: ["items", binding] }),
  failing: { operation: "put", access: "write", with: { path: ["fails"] } },
  hanging: { operation: "put", access: "write", with: { path: ["hangs"] } },
  verbose: { operation: "get", access: "read", with: { path: ["says-much"] } },
  secret: "hunter2",
};

function newFolder(): { readonly path: string; readonly state: () => Promise<string>; close(): Promise<void> } {
  const path = mkdtempSync(join(tmpdir(), "connectors-"));
  writeFileSync(join(path, "kept.json"), '{"size": 3}');
  writeFileSync(join(path, "long.txt"), long);
  return {
    path,
    state: async () =>
      readdirSync(path)
        .sort()
        .map((name) => `${name}: ${readFileSync(join(path, name), "utf8")}`)
        .join("\n"),
    close: async () => rmSync(path, { recursive: true }),
  };
}

const file: ConnectorArrangement = {
  connector: fileConnector,
  open: async () => {
    const { path, state, close } = newFolder();
    return { settings: { root: path }, state, callCount: null, close };
  },
  templates: {
    read: { path: "kept.json", as: "json" },
    write: { path: "made.txt", content: "made", ifMatch: "absent", mode: 0o600 },
    edit: { path: "kept.json", format: "json", set: [{ pointer: "/size", value: 4 }] },
    delete: { path: "kept.json" },
  },
  withBinding: (operation, binding) =>
    ({
      read: { path: binding },
      write: { path: binding, content: "made" },
      edit: { path: binding, format: "json", set: [{ pointer: "/size", value: 4 }] },
      delete: { path: binding },
    })[operation] ?? {},
  failing: { operation: "delete", access: "write", with: { path: "missing" } },
  hanging: null,
  verbose: { operation: "read", access: "read", with: { path: "long.txt", as: "text" } },
  secret: null,
};

const program: ConnectorArrangement = {
  connector: processConnector,
  open: async () => {
    const { path, state, close } = newFolder();
    const started = join(path, "started");
    writeFileSync(started, "");
    // Each program says that it was started, and then becomes what its name says.
    const programs = Object.fromEntries(
      Object.entries({ touch: "touch", echo: "echo", sleep: "sleep", fail: "false" }).map(([name, command]) => {
        const script = join(path, name);
        writeFileSync(script, `#!/bin/sh\necho once >> ${started}\nexec ${command} "$@"\n`);
        chmodSync(script, 0o700);
        return [name, script];
      }),
    );
    return {
      settings: { programs, cwd: path, env: { API_TOKEN: "hunter2" }, passEnv: ["HOME"] },
      state,
      callCount: () => readFileSync(started, "utf8").split("\n").length - 1,
      close,
    };
  },
  templates: { run: { argv: ["touch", "made"], ok: [0], rejected: [3], output: "text" } },
  withBinding: (_, binding) => ({ argv: ["touch", binding] }),
  failing: { operation: "run", access: "write", with: { argv: ["fail"] } },
  hanging: { operation: "run", access: "write", with: { argv: ["sleep", "60"] } },
  verbose: { operation: "run", access: "write", with: { argv: ["echo", long] } },
  secret: "hunter2",
};

const arrangements = [http, file, program];

for (const arrangement of arrangements)
  describe(arrangement.connector.name, () => {
    for (const { claim, check } of connectorContract(arrangement)) it(claim, check);
  });

describe("the list of connectors", () => {
  it("has no connector that is not held against the contract", () => {
    expect([...connectors.keys()].sort()).toEqual(arrangements.map(({ connector }) => connector.name).sort());
  });

  it("tells the gate which operations cannot write", () => {
    const enforcing = connectorTraits.flatMap(({ name, operations }) =>
      operations.filter(({ enforcesRead }) => enforcesRead).map((operation) => `${name}/${operation.name}`),
    );

    expect(enforcing).toEqual(["http/get", "file/read"]);
  });
});

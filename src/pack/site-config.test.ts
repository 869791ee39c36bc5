import { describe, expect, it } from "vitest";
import { readShopDomain } from "../../test/support/read-domain.ts";
import { type SiteConfig, checkConnections, connectionsDigest, parseSiteConfig } from "./site-config.ts";

const shop = readShopDomain();
const source = {
  format: "interlock.site/1",
  connections: {
    cluster: { settings: { base: "http://127.0.0.1:1" }, secrets: { token: "env:TOKEN" } }, disk: { settings: { root: "/srv" } }, mail: { settings: {} },
  },
};

function read(change: object = {}): SiteConfig {
  const config = parseSiteConfig({ ...source, ...change } as never);
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  return config.value;
}

function refusals(change: object): readonly string[] {
  const config = parseSiteConfig({ ...source, ...change } as never);
  return config.ok ? [] : config.error.map((found) => `${found.code} ${found.pointer}`);
}

describe("parseSiteConfig", () => {
  it("lets nobody approve alone unless it says so", () => {
    expect(read().solo).toBe(false);
    expect(read({ solo: true }).solo).toBe(true);
  });

  it("never lets an approval live longer than its most", () => {
    expect(read({ approvals: { validFor: "3h", validForMax: "1h" } }).approvals).toEqual({ validForMs: 3_600_000, validForMaxMs: 3_600_000 });
  });

  it.each([
    ["a secret written out", { connections: { cluster: { secrets: { token: "hunter2" } } } }, ["E_SCHEMA /connections/cluster/secrets/token"]],
    ["a field nobody knows", { sollo: true }, ["E_SCHEMA_UNKNOWN_FIELD /sollo"]],
    ["a duration without a unit", { approvals: { validFor: "30" } }, ["E_SCHEMA /approvals/validFor"]],
    ["another version", { format: "interlock.site/2" }, ["E_SCHEMA_VERSION /format"]],
  ])("refuses %s", (_, change, expected) => {
    expect(refusals(change)).toEqual(expected);
  });
});

describe("checkConnections", () => {
  it("finds nothing missing where every connection and secret is bound", () => {
    expect(checkConnections(read(), shop)).toEqual([]);
  });

  it("names each connection and each secret that is not bound", () => {
    const config = read({ connections: { cluster: { settings: {} }, disk: {} } });

    expect(checkConnections(config, shop).map((found) => found.message)).toEqual([
      expect.stringContaining("secret `token`"), expect.stringContaining("connection `mail`"),
    ]);
  });
});

describe("connectionsDigest", () => {
  it("changes with where a connection leads and with which reference, and with nothing that the domain does not use", () => {
    const before = connectionsDigest(read(), shop);
    const { cluster, ...others } = source.connections;

    const elsewhere = connectionsDigest(read({ connections: { ...others, cluster: { ...cluster, settings: { base: "http://127.0.0.1:2" } } } }), shop);
    const asAnother = connectionsDigest(read({ connections: { ...others, cluster: { ...cluster, secrets: { token: "env:ROOT" } } } }), shop);
    const unrelated = connectionsDigest(read({ connections: { ...source.connections, spare: { settings: {} } } }), shop);

    expect(new Set([before, elsewhere, asAnother]).size).toBe(3);
    expect(unrelated).toBe(before);
  });
});

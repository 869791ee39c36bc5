import { describe, expect, it } from "vitest";
import { readShopDomain } from "../../test/support/read-domain.ts";
import { checkConnections, connectionsDigest, parseSiteConfig, type SiteConfig } from "./site-config.ts";

const shop = readShopDomain();
const source = {
  format: "interlock.site/1",
  connections: {
    cluster: { settings: { base: "http://127.0.0.1:1" }, secrets: { token: "env:TOKEN" } },
    disk: { settings: { root: "/srv" } },
    mail: { settings: {} },
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

  it("never lets an approval live longer than its most, and the default is no longer than that", () => {
    expect(read({ approvals: { validForMax: "30m" } }).approvals).toEqual({
      validForMs: 1_800_000,
      validForMaxMs: 1_800_000,
    });
  });

  it.each([
    ["a connection's secret", { connections: { cluster: { secrets: { token: "hunter2" } } } }],
    ["a connection's secret that is a number", { connections: { cluster: { secrets: { token: 4_711 } } } }],
    [
      "a notifier's secret",
      { notifiers: { pager: { kind: "webhook", url: "https://h.example/x", secret: "hunter2" } } },
    ],
    ["a webhook's address", { notifiers: { pager: { kind: "webhook", url: "http://me:hunter2@h.example/4711" } } }],
    ["a model's key", { proposers: { m: { kind: "model", baseUrl: "http://h/v1", model: "x", apiKey: "hunter2" } } }],
    ["a model's address", { proposers: { m: { kind: "model", baseUrl: "http://me:hunter2@h/v1", model: "x" } } }],
  ])("quotes nothing of what stands where %s belongs", (_, change) => {
    const config = parseSiteConfig({ ...source, ...change } as never);

    expect(config.ok).toBe(false);
    expect(JSON.stringify(config)).not.toMatch(/hunter2|4711/);
  });

  it("lets the log be five minutes ahead of the clock unless it says otherwise", () => {
    expect(read().clock).toEqual({ skewMaxMs: 300_000 });
    expect(read({ clock: { skewMax: "30s" } }).clock).toEqual({ skewMaxMs: 30_000 });
  });

  it("keeps everything for ever unless it says for how long, and where the copies go", () => {
    expect(read().retention).toBeNull();
    expect(read({ retention: { bodies: "90d", archive: "./archive" } }).retention).toEqual({
      bodiesMs: 90 * 86_400_000,
      archive: "./archive",
    });
    expect(read({ retention: { bodies: "1d", destroy: true } }).retention).toEqual({
      bodiesMs: 86_400_000,
      archive: null,
    });
  });

  it.each([
    [
      "a secret written out",
      { connections: { cluster: { secrets: { token: "hunter2" } } } },
      ["E_SCHEMA /connections/cluster/secrets/token"],
    ],
    ["a field nobody knows", { sollo: true }, ["E_SCHEMA_UNKNOWN_FIELD /sollo"]],
    ["a duration without a unit", { approvals: { validFor: "30" } }, ["E_SCHEMA /approvals/validFor"]],
    ["approvals that count for no time", { approvals: { validFor: "0h" } }, ["E_SCHEMA /approvals/validFor"]],
    ["a most of no time", { approvals: { validForMax: "0s" } }, ["E_SCHEMA /approvals/validForMax"]],
    [
      "approvals that count for longer than their most",
      { approvals: { validFor: "3h", validForMax: "1h" } },
      ["E_SCHEMA /approvals"],
    ],
    ["a skew of more than a day", { clock: { skewMax: "25h" } }, ["E_SCHEMA /clock"]],
    ["a clock that says nothing", { clock: {} }, ["E_SCHEMA_MISSING_FIELD /clock"]],
    ["a retention that does not say where copies go", { retention: { bodies: "90d" } }, ["E_SCHEMA /retention"]],
    [
      "a retention that archives and destroys",
      { retention: { bodies: "90d", archive: "a", destroy: true } },
      ["E_SCHEMA /retention"],
    ],
    [
      "a retention that says that it does not destroy",
      { retention: { bodies: "90d", archive: "a", destroy: false } },
      ["E_SCHEMA /retention/destroy"],
    ],
    ["a retention without an age", { retention: { archive: "a" } }, ["E_SCHEMA_MISSING_FIELD /retention"]],
    ["an age without a unit", { retention: { bodies: "90", archive: "a" } }, ["E_SCHEMA /retention/bodies"]],
    [
      "a retention of something else",
      { retention: { bodies: "90d", archive: "a", documents: "1d" } },
      ["E_SCHEMA_UNKNOWN_FIELD /retention/documents"],
    ],
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
      expect.stringContaining("secret `token`"),
      expect.stringContaining("connection `mail`"),
    ]);
  });
});

describe("connectionsDigest", () => {
  it("changes with a connection's address and reference, and with nothing that the domain does not use", () => {
    const before = connectionsDigest(read(), shop);
    const { cluster, ...others } = source.connections;

    const elsewhere = connectionsDigest(
      read({ connections: { ...others, cluster: { ...cluster, settings: { base: "http://127.0.0.1:2" } } } }),
      shop,
    );
    const asAnother = connectionsDigest(
      read({ connections: { ...others, cluster: { ...cluster, secrets: { token: "env:ROOT" } } } }),
      shop,
    );
    const unrelated = connectionsDigest(
      read({ connections: { ...source.connections, spare: { settings: {} } } }),
      shop,
    );

    expect(new Set([before, elsewhere, asAnother]).size).toBe(3);
    expect(unrelated).toBe(before);
  });
});

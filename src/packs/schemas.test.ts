import { existsSync, globSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { literal, probeLoad, proposalOf, scale } from "../../test/support/proposals.ts";
import { parseDomain } from "../core/domain/parse-domain.ts";
import { stepKinds } from "../core/plan/kinds/index.ts";
import { readProposal } from "../core/plan/wire/parse-proposal.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../core/value/json-value.ts";
import { proposalOutputSchema } from "./proposal-output-schema.ts";
import { parseSiteConfig } from "./site-config.ts";
import { readYaml } from "./yaml.ts";

const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });

function schemaOf(name: string) {
  // Our own file; ajv itself refuses what is no schema.
  return JSON.parse(readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), "utf8")) as Record<
    string,
    unknown
  >;
}

interface Case {
  readonly accepts: (value: unknown) => boolean;
  readonly parses: (value: JsonValue) => boolean;
}

const cases = {
  domain: { accepts: ajv.compile(schemaOf("domain")), parses: (value) => parseDomain(value).ok },
  proposal: { accepts: ajv.compile(schemaOf("proposal")), parses: (value) => readProposal(value).ok },
  site: { accepts: ajv.compile(schemaOf("site")), parses: (value) => parseSiteConfig(value).ok },
} satisfies Record<string, Case>;

function readYamlOrThrow(path: string): JsonValue {
  const value = readYaml(readFileSync(path, "utf8"));
  if (!value.ok) throw new Error(JSON.stringify(value.error));
  return value.value;
}

const root = new URL("../../", import.meta.url).pathname;
const domainFiles = globSync(["packs/*/domain.yaml", "examples/**/domain.yaml", "test/**/domain.yaml"], {
  cwd: root,
}).sort();
const siteFiles = globSync(["packs/*/interlock.yaml", "examples/**/interlock.yaml"], { cwd: root }).sort();
const aboutIt = { operation: { $operation: "id" } };
const drainOperation: Readonly<Record<string, JsonValue>> = {
  id: { pointer: "/headers/location", take: "last_segment" },
  ask: { uses: "cluster/status", with: aboutIt },
  status: "/status",
  running: ["running", null],
  succeeded: ["done", 200, true],
  failed: ["failed"],
  cancelled: ["cancelled"],
  error: "/error",
  progress: "/percent",
  says: "/message",
  every: "10s",
  within: "30m",
  cancel: { uses: "cluster/cancel", with: aboutIt, within: "5m" },
};
const shopAsItIs = readYamlOrThrow(`${root}test/hostile/pack/domain.yaml`);
// What the shop does not say: an example of every field is what the mutants come from.
const shop = replaceAt(
  replaceAt(shopAsItIs, ["actions", "k8s.scale"], (old) => ({
    ...(old as object),
    waves: { canary: 1, batch: "25%", abortAbove: 1 },
  })),
  ["actions", "k8s.drain"],
  (old) => {
    const { uses, with: template, ...action } = old as Readonly<Record<string, JsonValue>>;
    return {
      ...action,
      waves: { batch: 5 },
      operation: { ...drainOperation, start: { uses: uses ?? "", with: template ?? {} } },
    };
  },
);
const site: JsonValue = {
  format: "interlock.site/1",
  pack: "./pack",
  solo: true,
  approvals: { validFor: "30m", validForMax: "1h" },
  clock: { skewMax: "5m" },
  connections: { cluster: { settings: { base: "http://127.0.0.1:1" }, secrets: { token: "env:TOKEN" } } },
  retention: { bodies: "90d", archive: "./archive" },
  proposers: {
    ours: {
      kind: "model",
      baseUrl: "http://127.0.0.1:1/v1",
      model: "m",
      apiKey: "env:KEY",
      repairRounds: 3,
      timeout: "30s",
      reads: "public",
    },
    scale: { kind: "workflow", file: "pack/workflows/scale.yaml" },
    taped: { kind: "cassette", file: "taped.jsonl", model: "m" },
  },
};
const proposal = proposalOf([
  probeLoad("s1"),
  scale("s2", {
    after: ["s1"],
    when: "s1 == 'idle'",
    expect: ["deploy.web.ready"],
    args: [literal("deploy", "web"), literal("replicas", 2)],
  }),
]) as unknown as JsonValue;

/** Every path into a value. */
function pathsOf(value: JsonValue, path: readonly string[] = []): readonly (readonly string[])[] {
  const children = isJsonArray(value)
    ? value.map((item, index) => [String(index), item] as const)
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  return [path, ...children.flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

/** The value with what stands at a path replaced; `undefined` removes it. */
function replaceAt(
  value: JsonValue,
  path: readonly string[],
  change: (old: JsonValue) => JsonValue | undefined,
): JsonValue {
  const [key, ...rest] = path;
  if (key === undefined) return change(value) ?? null;
  const inner = (child: JsonValue): JsonValue | undefined =>
    rest.length === 0 ? change(child) : replaceAt(child, rest, change);
  if (isJsonArray(value))
    return value.flatMap((item, index) =>
      String(index) === key ? (inner(item) ?? []) : [item],
    ) as readonly JsonValue[];
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, child]) => {
      const changed = name === key ? inner(child) : child;
      return changed === undefined ? [] : [[name, changed]];
    }),
  );
}

const mutations: readonly ((old: JsonValue) => JsonValue | undefined)[] = [
  () => undefined,
  () => null,
  () => 7,
  () => -1,
  () => 1.5,
  () => "",
  () => "Ä",
  () => "a b",
  () => true,
  () => [],
  () => ({}),
  () => ["x"],
  () => ({ x: 1 }),
  (old) => (isJsonObject(old) ? { ...old, extra: 1 } : [old]),
  (old) => (typeof old === "string" ? `${old}!` : { integer: [0, 1] }),
  () => "read",
  () => "30s",
  () => ({ string: {} }),
];

describe("the schemas for editors", () => {
  it.each(domainFiles)("accept the domain %s, as the parser does", (path) => {
    const value = readYamlOrThrow(`${root}${path}`);

    expect([cases.domain.accepts(value), cases.domain.parses(value)]).toEqual([true, true]);
  });

  it.each([...siteFiles, "(the example of this test)"])("accept the site %s, as the parser does", (path) => {
    const value = existsSync(`${root}${path}`) ? readYamlOrThrow(`${root}${path}`) : site;

    expect([cases.site.accepts(value), cases.site.parses(value)]).toEqual([true, true]);
  });

  it.each([
    ["domain", shop],
    ["proposal", proposal],
    ["site", site],
  ] as const)("never underline what the parser of a %s accepts, and nearly everything it refuses", (name, example) => {
    const { accepts, parses }: Case = cases[name];
    const paths = pathsOf(example);
    const seen = { refusedByBoth: 0, refusedByParserAlone: 0 };

    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.constantFrom(...mutations), (path, mutate) => {
        const mutant = replaceAt(example, path, mutate);
        const [isAccepted, isParsed] = [accepts(mutant), parses(mutant)];
        if (!isAccepted && !isParsed) seen.refusedByBoth += 1;
        if (isAccepted && !isParsed) seen.refusedByParserAlone += 1;
        return isAccepted || !isParsed;
      }),
      { numRuns: 1_500, seed: 5 },
    );

    // A schema cannot say that `target` names an argument, or that a range is not empty.
    expect(seen.refusedByBoth).toBeGreaterThan(500);
    expect(seen.refusedByParserAlone).toBeLessThan(seen.refusedByBoth / 20);
  });

  it.each([
    ["domain", { ...(shop as object), environment: "laboratory" }],
    ["domain", { ...(shop as object), format: "interlock.domain/2" }],
    ["domain", replaceAt(shop, ["actions", "k8s.scale", "retry", "backoff"], () => 30)],
    ["domain", replaceAt(shop, ["types", "deploy", "facts", "ready"], () => ({ string: { max: 1_025 } }))],
    [
      "domain",
      replaceAt(shop, ["actions", "k8s.scale", "compensate", "args", "replicas"], () => ({
        before: "replicas",
        arg: "x",
      })),
    ],
    ["domain", replaceAt(shop, ["actions", "k8s.scale", "waves", "batch"], () => "101%")],
    ["domain", replaceAt(shop, ["actions", "k8s.scale", "waves", "batch"], () => 0)],
    ["domain", replaceAt(shop, ["types"], (old) => ({ ...(old as object), self: {} }))],
    ["proposal", { ...(proposal as object), approved: true }],
    ["proposal", replaceAt(proposal, ["steps", "0", "when"], () => undefined)],
    ["proposal", replaceAt(proposal, ["steps", "0", "action"], () => "db.drоp")],
    ["site", replaceAt(site, ["connections", "cluster", "secrets", "token"], () => "hunter2")],
    ["site", { ...(site as object), solo: "yes" }],
    ["site", { ...(site as object), retention: { bodies: "90d" } }],
    ["site", { ...(site as object), retention: { bodies: "90d", archive: "a", destroy: true } }],
    ["site", { ...(site as object), retention: { bodies: "90d", destroy: false } }],
  ] as const)("refuse, as the parser of a %s does, the mutant %#", (name, mutant) => {
    // A mutant of a JSON value is one.
    expect([cases[name].accepts(mutant), cases[name].parses(mutant as JsonValue)]).toEqual([false, false]);
  });
});

describe("the schema for providers' structured output", () => {
  const schema = proposalOutputSchema();
  const objects: { readonly depth: number; readonly schema: Record<string, unknown> }[] = [];
  const words = new Set<string>();

  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null) return;
    const node = value as Record<string, unknown>;
    Object.keys(node).forEach((word) => words.add(word));
    if (node["type"] === "object") objects.push({ depth: depth + 1, schema: node });
    Object.values((node["properties"] ?? {}) as object).forEach((child) => visit(child, depth + 1));
    visit(node["items"], depth + (node["type"] === "object" ? 1 : 0));
  };
  visit(schema, 0);

  it("is flat: objects at most three deep, every property required, nothing additional", () => {
    expect(objects.length).toBe(3);
    expect(objects.every(({ schema: node }) => node["additionalProperties"] === false)).toBe(true);
    expect(
      objects.every(
        ({ schema: node }) =>
          JSON.stringify(node["required"]) === JSON.stringify(Object.keys(node["properties"] as object)),
      ),
    ).toBe(true);
  });

  it("names the kinds of step that there are", () => {
    expect(schema).toHaveProperty("properties.steps.items.properties.kind.enum", stepKinds);
  });

  it("has no unions, no references and no bounds, which not every provider takes", () => {
    expect([...words].sort()).toEqual([
      "additionalProperties",
      "description",
      "enum",
      "items",
      "properties",
      "required",
      "type",
    ]);
  });

  it("accepts everything that the strict reader accepts", () => {
    expect(ajv.compile(schema)(proposal)).toBe(true);
  });
});

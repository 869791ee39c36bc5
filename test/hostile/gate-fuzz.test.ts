import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkDomain } from "../../src/core/domain/check-domain.ts";
import { parseDomain } from "../../src/core/domain/parse-domain.ts";
import { draftPlan } from "../../src/core/plan/compile/compile.ts";
import { renderReview } from "../../src/core/plan/show/render-review.ts";
import { reviewPlan } from "../../src/core/plan/show/review.ts";
import { readProposal } from "../../src/core/plan/wire/parse-proposal.ts";
import { codes } from "../../src/core/value/codes.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../src/core/value/json-value.ts";
import { readYaml } from "../../src/packs/yaml.ts";
import { testConnectors } from "../support/connector-traits.ts";
import { requestOf } from "../support/proposals.ts";
import { readCorpus } from "./corpus.ts";

/** Pieces that mean something in some place: names, references, guards, values of other fields. */
const pieces: readonly JsonValue[] = [
  "",
  "s1",
  "s0",
  "end",
  "escalate",
  "k8s.scale",
  "k8s.get",
  "k8s.load",
  "ticket.read",
  "deploy",
  "s1#/replicas",
  "s0#",
  "#/x",
  "s1 == 'done'",
  "s0 == 'idle' || s1 != 'failed'",
  "s0 == s1",
  "(s0 == 'done') == (s1 == 'done')",
  "!(s0 in ['done'])",
  "true",
  "1 < 2",
  "s0",
  "literal",
  "step",
  "each",
  "input",
  "act",
  "probe",
  "wait",
  "approve",
  "branch",
  "rollback",
  '"web"',
  '["web", "api"]',
  "{}",
  "[[[[]]]]",
  "self.replicas",
  "arg.replicas",
  "inventory.deploy.all(d, d.ready)",
  "deploy['web'].ready",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "\u0000",
  "\ud83d\ude00",
  0,
  -1,
  1e15,
  null,
  true,
  [],
  {},
  ["s1"],
  ["s1", "s1"],
];

function pathsOf(value: JsonValue, path: readonly string[] = []): readonly (readonly string[])[] {
  const children = isJsonArray(value)
    ? value.map((item, index) => [String(index), item] as const)
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  return [path, ...children.flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

/** A piece of the same kind as the one that it replaces, which gets further than any other. */
function samePiece(old: JsonValue, pick: number): JsonValue {
  const alike = pieces.filter((piece) => typeof piece === typeof old && isJsonArray(piece) === isJsonArray(old));
  return alike[pick % alike.length] ?? old;
}

function put(value: JsonValue, path: readonly string[], piece: JsonValue): JsonValue {
  const [key, ...rest] = path;
  if (key === undefined)
    return typeof piece === "object" && piece !== null && "pick" in piece
      ? samePiece(value, Number(piece["pick"]))
      : piece;
  if (isJsonArray(value)) return value.map((item, index) => (String(index) === key ? put(item, rest, piece) : item));
  return isJsonObject(value)
    ? Object.fromEntries(
        Object.entries(value).map(([name, child]) => [name, name === key ? put(child, rest, piece) : child]),
      )
    : value;
}

/** A document with one to four of its parts replaced by pieces from elsewhere. */
function damaged(documents: readonly JsonValue[]): fc.Arbitrary<JsonValue> {
  const places = documents.map((document) => pathsOf(document));
  return fc
    .tuple(
      fc.nat(documents.length - 1),
      fc.array(
        fc.tuple(
          fc.nat(),
          fc.oneof(
            { arbitrary: fc.constantFrom(...pieces), weight: 1 },
            { arbitrary: fc.record({ pick: fc.nat() }), weight: 4 },
          ),
        ),
        { minLength: 1, maxLength: 3 },
      ),
    )
    .map(([which, changes]) =>
      changes.reduce(
        (document, [at, piece]) => put(document, places[which]?.[at % (places[which]?.length ?? 1)] ?? [], piece),
        documents[which] ?? null,
      ),
    );
}

const golden = JSON.parse(readFileSync(new URL("../golden/gate/proposal.json", import.meta.url), "utf8")) as JsonValue;
const hostile = readCorpus().flatMap((item) =>
  (item.variants ?? []).flatMap((variant) => (variant.kind === "proposal" ? [variant.value as JsonValue] : [])),
);
const shop = readYaml(readFileSync(new URL("pack/domain.yaml", import.meta.url), "utf8"));

describe("any document", () => {
  it("gets problems or a plan when it is a proposal, and the gate never throws", () => {
    const seen = { compiled: 0, refused: new Set<string>() };

    fc.assert(
      fc.property(damaged([golden, golden, golden, ...hostile]), (document) => {
        const proposal = readProposal(document);
        const draft = proposal.ok
          ? draftPlan(requestOf(proposal.value, { inputs: [{ name: "count", value: 4 }] }))
          : proposal;
        if (draft.ok) {
          seen.compiled += 1;
          return (
            renderReview(reviewPlan({ ...draft.value.plan, pins: { ...draft.value.plan.pins, targets: [] } })).length >
            0
          );
        }
        draft.error.forEach((found) => seen.refused.add(found.code));
        return (
          draft.error.length > 0 &&
          draft.error.every(
            (found) => Object.hasOwn(codes, found.code) && !/[\u0000-\u001f]/.test(found.message) && found.hint !== "",
          )
        );
      }),
      { numRuns: 1_200, seed: 43 },
    );

    expect(seen.compiled).toBeGreaterThan(5);
    expect(seen.refused.size).toBeGreaterThan(20);
  });

  it("gets problems or none when it is a domain, and the check never throws", () => {
    const seen = { sound: 0, refused: new Set<string>() };

    fc.assert(
      fc.property(damaged([shop.ok ? shop.value : null]), (document) => {
        const domain = parseDomain(document);
        const problems = domain.ok ? checkDomain(domain.value, testConnectors) : domain.error;
        if (problems.length === 0) seen.sound += 1;
        problems.forEach((found) => seen.refused.add(found.code));
        return problems.every((found) => Object.hasOwn(codes, found.code) && !/[\u0000-\u001f]/.test(found.message));
      }),
      { numRuns: 800, seed: 47 },
    );

    expect(seen.sound).toBeGreaterThan(10);
    expect(seen.refused.size).toBeGreaterThan(8);
  });
});

import { isJsonArray, isJsonObject, type JsonValue } from "../../value/json-value.ts";
import { getAtPointer } from "../../value/pointer.ts";
import { type Situation, unknownContext } from "../situation/situation.ts";
import type { Learning, LearntCell, LearntRow } from "./learn.ts";

/** One change to a situation document: puts a value at a path, or removes what is there. */
export type DocumentEdit =
  | { readonly kind: "put"; readonly path: DocumentPath; readonly value: JsonValue }
  | { readonly kind: "remove"; readonly path: DocumentPath };

type DocumentPath = readonly (string | number)[];

/**
 * The edits that write what was learnt into a situation document. Rows of probabilities become counts and opinion, so
 * that the next calibration and every review see what they rest on. Numbers for which nothing was counted stay as they
 * are written.
 *
 * @param document - the situation document (`interlock.situation/1`) that `learning` was made from
 */
export function editsFor(document: JsonValue, learning: Learning): readonly DocumentEdit[] {
  const { situation, counts } = learning;
  const source = `${counts.incidentCount} closed incidents`;
  return [
    ...priorEdits(situation, learning.prior, source),
    ...learning.likelihoods.flatMap((probe) => likelihoodEdits(document, situation, probe, source)),
    ...situation.responses.flatMap((response, index) => {
      const cells = learning.cells.filter((cell) => cell.response === response.id);
      return [
        ...numberEdits(document, ["responses", index, "utility"], cells, (cell) => cell.utility),
        ...numberEdits(document, ["responses", index, "catastrophe"], cells, (cell) => cell.catastrophe),
      ];
    }),
  ];
}

function priorEdits(situation: Situation, prior: LearntRow, source: string): readonly DocumentEdit[] {
  if (prior.isKept) return [];
  const ids = situation.contexts.map((context) => context.id);
  const listed = ids.filter((id, index) => id !== unknownContext || (prior.counts[index] ?? 0) > 0);
  const byContext = (numbers: readonly number[]): JsonValue =>
    Object.fromEntries(listed.map((id) => [id, rounded(numbers[ids.indexOf(id)] ?? 0)]));
  return [
    ...ids.map((_, index): DocumentEdit => ({ kind: "remove", path: ["contexts", index, "prior"] })),
    {
      kind: "put",
      path: ["prior"],
      value: {
        counts: byContext(prior.counts),
        ...(sumOf(prior.opinion) > 0 ? { opinion: byContext(prior.opinion) } : {}),
        source,
      },
    },
  ];
}

function likelihoodEdits(
  document: JsonValue,
  situation: Situation,
  probe: Learning["likelihoods"][number],
  source: string,
): readonly DocumentEdit[] {
  if (probe.rows.every((row) => row.isKept)) return [];
  const index = situation.steps.findIndex((step) => step.id === probe.step);
  const path = ["steps", index, "likelihood"];
  const given = getAtPointer(document, path.map(String));
  const rows = situation.contexts.flatMap(({ id }, c): readonly (readonly [string, JsonValue])[] => {
    const row = probe.rows[c];
    if (row === undefined || row.isKept) {
      const stands = givenFor(given, id);
      return stands === undefined ? [] : [[id, stands]];
    }
    const opinion = sumOf(row.opinion) > 0 ? { opinion: row.opinion.map(rounded) } : {};
    return [[id, { counts: row.counts, ...opinion, source }]];
  });
  return [{ kind: "put", path, value: Object.fromEntries(rows) }];
}

/** What a document gives for one context: under its name, under `*`, or for all contexts at once. */
function givenFor(given: JsonValue | undefined, context: string): JsonValue | undefined {
  if (given === undefined || isJsonArray(given) || !isJsonObject(given)) return given;
  if (["counts", "opinion", "probabilities"].some((key) => Object.hasOwn(given, key))) return given;
  return Object.hasOwn(given, context) ? given[context] : given["*"];
}

function numberEdits(
  document: JsonValue,
  path: DocumentPath,
  cells: readonly LearntCell[],
  of: (cell: LearntCell) => LearntCell["utility"],
): readonly DocumentEdit[] {
  if (cells.every((cell) => of(cell).isKept)) return [];
  const given = getAtPointer(document, path.map(String));
  const numbers = cells.flatMap((cell): readonly (readonly [string, JsonValue])[] => {
    if (!of(cell).isKept) return [[cell.context, rounded(of(cell).mean)]];
    const stands = givenFor(given, cell.context);
    return stands === undefined ? [] : [[cell.context, stands]];
  });
  return [{ kind: "put", path, value: Object.fromEntries(numbers) }];
}

/** Rounds to six significant digits. No count of incidents can support more. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Applies edits to plain data, for documents without comments to preserve. */
export function applyEdits(document: JsonValue, edits: readonly DocumentEdit[]): JsonValue {
  return edits.reduce(
    (current, edit) => applyAt(current, edit.path, edit.kind === "put" ? edit.value : undefined),
    document,
  );
}

function applyAt(node: JsonValue, path: DocumentPath, value: JsonValue | undefined): JsonValue {
  const [head, ...rest] = path;
  if (head === undefined) return value ?? null;
  if (isJsonArray(node)) return node.map((item, index) => (index === head ? applyAt(item, rest, value) : item));
  const fields = isJsonObject(node) ? node : {};
  const key = String(head);
  if (rest.length === 0 && value === undefined)
    return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== key));
  return { ...fields, [key]: applyAt(fields[key] ?? {}, rest, value) };
}

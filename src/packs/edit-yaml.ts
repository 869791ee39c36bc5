import { Document, isMap, isSeq, type Node, parseDocument, visit } from "yaml";
import { applyEdits, type DocumentEdit } from "../core/belief/calibrate/edits.ts";
import { invariant } from "../core/value/invariant.ts";
import { parseJson } from "../core/value/json.ts";
import type { JsonValue } from "../core/value/json-value.ts";

/**
 * Applies edits to the text of a situation and keeps everything else of it, comments included.
 *
 * @param text - a document that `readSituation` accepted; JSON stays JSON, YAML stays YAML
 */
export function editSituationText(text: string, edits: readonly DocumentEdit[]): string {
  if (text.trimStart().startsWith("{")) {
    const document = parseJson(text);
    invariant(document.ok, "only a document that was read is edited");
    return `${JSON.stringify(applyEdits(document.value, edits), null, 2)}\n`;
  }
  const document = parseDocument(text, { version: "1.2", schema: "core" });
  invariant(document.errors.length === 0, "only a document that was read is edited");
  for (const edit of edits) {
    if (edit.kind === "remove") document.deleteIn(edit.path);
    else document.setIn(edit.path, onFewLines(document.createNode(edit.value)));
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Writes a new situation document as YAML. */
export function writeSituationText(document: JsonValue): string {
  const written = new Document(document, { version: "1.2", schema: "core" });
  onFewLines(written.contents);
  // The document itself stays in block style; the rows below it go on one line each.
  if (isMap(written.contents)) written.contents.flow = false;
  return written.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Rows of numbers go on one line, as people write them by hand. */
function onFewLines(node: unknown): unknown {
  visit(node as Node, {
    Collection: (_, collection) => {
      if (heightOf(collection) <= 1 || (isMap(collection) && isSeq(collection.get("counts")))) collection.flow = true;
    },
  });
  return node;
}

function heightOf(node: unknown): number {
  if (isMap(node)) return 1 + Math.max(0, ...node.items.map((item) => heightOf(item.value)));
  if (isSeq(node)) return 1 + Math.max(0, ...node.items.map(heightOf));
  return 0;
}

// Writes the gate's golden documents anew. A change of a hash is a change of the format: it needs a new version, or a very good reason.
import { writeFileSync } from "node:fs";
import { makeGateDocuments } from "./gate-documents.ts";

for (const [name, text] of Object.entries(makeGateDocuments()))
  writeFileSync(new URL(`gate/${name}`, import.meta.url), text);

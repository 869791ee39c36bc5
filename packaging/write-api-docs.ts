// `npm run docs:api`: writes docs/api.md from the sources' docstrings.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiReference } from "./api-reference.ts";
import { root } from "./run-tsc.ts";

writeFileSync(join(root, "docs/api.md"), apiReference().text);

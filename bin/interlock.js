#!/usr/bin/env node
// From a clone the sources run as they are (Node strips the types); the published package carries `dist/`.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const source = new URL("../src/cli/main.ts", import.meta.url);
const built = new URL("../dist/cli/main.js", import.meta.url);
const entry = existsSync(fileURLToPath(source)) ? source : built;
const { main } = await import(entry.href);
process.exitCode = await main(process.argv.slice(2));

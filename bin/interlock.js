#!/usr/bin/env node
// From a clone the sources run as they are (Node strips the types); the published package carries `dist/`.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

// An older Node would end in a stack trace about `.ts`: say what to do instead. `npx interlock` finds the Node that `npm ci` brings.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `interlock needs Node 24.15 or newer, this is ${process.version}\n  → in a clone, \`npx interlock\` uses the Node that \`npm ci\` installed\n`,
  );
  process.exit(1);
}

const source = new URL("../src/faces/cli/main.ts", import.meta.url);
const built = new URL("../dist/faces/cli/main.js", import.meta.url);
const entry = existsSync(fileURLToPath(source)) ? source : built;
const { main } = await import(entry.href);
process.exitCode = await main(process.argv.slice(2));

#!/usr/bin/env node
// The stand-alone verifier of an exported log; it shares no code with `interlock`. In a clone its source runs as it is.
import { existsSync } from "node:fs";

const source = new URL("../verifier/main.ts", import.meta.url);
const built = new URL("../dist/verifier/main.js", import.meta.url);
await import((existsSync(source) ? source : built).href);

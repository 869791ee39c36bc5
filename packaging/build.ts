// `npm run build`: writes dist/ from the sources, with only those types that the package's entry leads to.
import { globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { reachableDeclarations } from "./declarations.ts";
import { entryDeclarations } from "./entry.ts";
import { root, runTsc } from "./run-tsc.ts";

const startMs = performance.now();
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
runTsc("-p", "packaging/tsconfig.json");
runTsc("-p", "packaging/tsconfig.verifier.json");

// Types that nobody can import would only be weight.
const kept = new Set(reachableDeclarations(dist, entryDeclarations).map(({ file }) => file));
for (const file of globSync("**/*.d.ts", { cwd: dist })) if (!kept.has(file)) rmSync(join(dist, file));

const programs = globSync("**/*.js", { cwd: dist });
const sizeBytes = [...programs, ...kept].reduce((sum, file) => sum + readFileSync(join(dist, file)).length, 0);
console.log(
  `dist/: ${programs.length} modules, ${kept.size} declaration files, ${Math.round(sizeBytes / 1024)} KiB, in ` +
    `${((performance.now() - startMs) / 1000).toFixed(1)} s`,
);

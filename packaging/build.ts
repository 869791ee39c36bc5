// `npm run build`: writes dist/ from the sources, with only those types that the package's entry leads to. The library
// is one module for each source. The command is `dist/cli/`: the same modules in a few files, together with some
// libraries, which load in less time.
import { globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundleCommand } from "./bundle-command.ts";
import { reachableDeclarations } from "./declarations.ts";
import { entryDeclarations } from "./entry.ts";
import { root, runTsc } from "./run-tsc.ts";

const startMs = performance.now();
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
runTsc("-p", "packaging/tsconfig.json");
runTsc("-p", "packaging/tsconfig.verifier.json");

await bundleCommand(dist);
// Only the command has faces.
rmSync(join(dist, "faces"), { recursive: true });

// Types that nobody can import would only be weight.
const kept = new Set(reachableDeclarations(dist, entryDeclarations).map(({ file }) => file));
for (const file of globSync("**/*.d.ts", { cwd: dist })) if (!kept.has(file)) rmSync(join(dist, file));

const programs = globSync("**/*.js", { cwd: dist });
const sizeBytes = [...programs, ...kept].reduce((sum, file) => sum + readFileSync(join(dist, file)).length, 0);
console.log(
  `dist/: ${programs.length} modules, ${kept.size} declaration files, ${Math.round(sizeBytes / 1024)} KiB, in ` +
    `${((performance.now() - startMs) / 1000).toFixed(1)} s`,
);

#!/usr/bin/env node
// In a clone the sources run as they are, because Node strips the types; the published package carries `dist/` instead,
// with the command's modules in a few files: loading hundreds takes longer than the work of most commands.

// An older Node would end in a stack trace about syntax: say what to do instead.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `interlock needs Node 24.15 or newer, this is ${process.version}\n` +
      "  → install a newer Node; in a clone `npm ci` brings one, and `npx interlock` uses it\n",
  );
  process.exit(1);
}

// An import would also load the streams that `node:fs` exports, for a command that only says its version.
const { existsSync, readFileSync } = process.getBuiltinModule("node:fs");
const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
  // Scripts ask for the version at every start: answer without loading the program.
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  process.stdout.on("error", (error) => {
    if (error.code === "EPIPE") return;
    process.stderr.write(`E_OUTPUT_LOST the output cannot be written: ${error.message}\n`);
    process.exitCode = 1;
  });
  process.stdout.write(`${version}\n`);
} else {
  const source = new URL("../src/faces/cli/main.ts", import.meta.url);
  const built = new URL("../dist/cli/main.js", import.meta.url);
  const { main } = await import((existsSync(source) ? source : built).href);
  process.exitCode = await main(argv);
}

// `npm ci --ignore-scripts` leaves the pinned Node without its binary, and then scripts silently use the system's.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(
    `interlock needs Node 24.15 or newer, this is ${process.version}; run \`npm ci\` (its pinned Node is used by npm scripts)`,
  );
  process.exit(1);
}

// Owns a store until it is killed: `node owner.fixture.ts FOLDER`. Prints `owner` when it does, or the code that says
// why not.
import { openStore } from "./open.ts";

const store = openStore(process.argv[2] ?? "");
console.log(store.ok ? "owner" : store.error.code);
// Keeps the process alive without doing anything.
if (store.ok) setInterval(() => store.value.end().length, 60_000);

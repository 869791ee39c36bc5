import type { ConnectorTraits } from "../../src/core/domain/check-reference.ts";

/** The connectors for tests of the gate: their names, and which operations cannot write. */
export const testConnectors: readonly ConnectorTraits[] = [
  {
    name: "http",
    operations: [
      { name: "get", enforcesRead: true },
      { name: "patch", enforcesRead: false },
      { name: "put", enforcesRead: false },
      { name: "delete", enforcesRead: false },
      { name: "post", enforcesRead: false },
    ],
  },
  {
    name: "file",
    operations: [
      { name: "read", enforcesRead: true },
      { name: "write", enforcesRead: false },
    ],
  },
  { name: "process", operations: [{ name: "run", enforcesRead: false }] },
];

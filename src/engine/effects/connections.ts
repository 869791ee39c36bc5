import type { JsonValue } from "../../core/value/json-value.ts";
import type { Connector } from "../../ports.ts";

/** Where a declared connection leads at this site, and with which credentials. */
export interface Connection {
  readonly name: string;
  readonly connector: Connector;
  readonly settings: JsonValue;
  /** References to secrets, by name. */
  readonly secrets: ReadonlyMap<string, string>;
}

export type Connections = ReadonlyMap<string, Connection>;

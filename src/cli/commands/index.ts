import type { RegisterCommand } from "../command.ts";
import { registerIdentity } from "./identity.ts";

/** Every command, in the order of the data's way: the order of `interlock help`. */
export const commands: readonly RegisterCommand[] = [
  registerIdentity,
];

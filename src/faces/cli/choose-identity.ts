import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { type Identity, identityFolder, listIdentities } from "../../identities/identity.ts";
import type { CliContext } from "./context.ts";

/** The key to sign with: the one named, else the only one. */
export function chooseIdentity(context: CliContext, name: string | null): Result<Identity, Problem> {
  const identities = listIdentities(identityFolder(context.environment));
  if (!identities.ok) return identities;
  const fitting = name === null ? identities.value : identities.value.filter((identity) => identity.name === name);
  const [first, second] = fitting;
  if (first === undefined)
    return fail(
      problem(
        "E_IDENTITY_UNKNOWN",
        "",
        name === null ? "you have no key to approve with" : `you have no key ${quote(name)}`,
      ),
    );
  return second === undefined
    ? ok(first)
    : fail(
        problem(
          "E_IDENTITY_UNKNOWN",
          "",
          "you have more than one key",
          `say which with \`--as\`: ${fitting.map((identity) => identity.name).join(", ")}`,
        ),
      );
}

/** The passphrase of a key that has one, typed at the terminal; `null` for one that has none. */
export async function unlock(identity: Identity): Promise<Result<string | null, Problem>> {
  if (!identity.attended) return ok(null);
  const { askPassphrase } = await import("../../identities/passphrase.ts");
  return askPassphrase(`passphrase of ${identity.name}: `);
}

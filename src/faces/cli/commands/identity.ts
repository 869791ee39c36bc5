import { userInfo } from "node:os";
import type { Command } from "commander";
import { problem } from "../../../core/value/codes.ts";
import { shortDigest } from "../../../core/value/digest.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { printDocument, refuse } from "../report.ts";

/** `interlock identity create|list`: the keys with which people approve. */
export function registerIdentity(program: Command, run: RunCommand): void {
  const identity = program.command("identity").description("the keys with which people approve");
  identity
    .command("create")
    .argument("<name>", "a name for the key, such as `alice`")
    .description("create a key under a passphrase typed at the terminal")
    .option("--person <id>", "the person behind the key: two keys of one person are one approver (default: you)")
    .option(
      "--unattended",
      "no passphrase: approvals are accepted under `environment: lab` alone, and marked everywhere",
    )
    .option("--json", "one JSON document")
    .action((name: string, options: { person?: string; unattended?: boolean; json?: boolean }) =>
      run((context, globals) =>
        createCommand(context, globals, {
          name,
          person: options.person ?? userInfo().username,
          isUnattended: options.unattended === true,
          json: options.json === true,
        }),
      ),
    );
  identity
    .command("list")
    .description("list the keys of this user")
    .option("--json", "one JSON document")
    .action((options: { json?: boolean }) => run((context) => listCommand(context, { json: options.json === true })));
}

async function createCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly name: string; readonly person: string; readonly isUnattended: boolean; readonly json: boolean },
): Promise<number> {
  const { createIdentity, identityFolder } = await import("../../../identities/identity.ts");
  const { refuseForbidden } = await import("../refuse-recorded.ts");
  // A key is how people approve: who may not approve has no use for one.
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability: "approve", command: "identity create", resource: options.name },
    options,
  );
  if (forbidden !== null) return forbidden;
  const passphrase = options.isUnattended ? null : await newPassphrase(options.name);
  if (typeof passphrase === "object" && passphrase !== null) return refuse(context, [passphrase.problem], options);
  const created = createIdentity(identityFolder(context.environment), {
    name: options.name,
    person: options.person,
    passphrase,
  });
  if (!created.ok) return refuse(context, [created.error], options);
  const { name, person, keyId, attended } = created.value;
  if (options.json) printDocument(context, { format: "interlock.identity-created/1", name, person, keyId, attended });
  else
    context.out(
      `created \`${name}\` for ${person}, key ${shortDigest(keyId)}${attended ? "" : " (unattended: for labs only)"}\n`,
    );
  return 0;
}

async function newPassphrase(name: string): Promise<string | { readonly problem: ReturnType<typeof problem> }> {
  const { askPassphrase } = await import("../../../identities/passphrase.ts");
  const first = await askPassphrase(`new passphrase for ${name} (at least 8 characters): `);
  if (!first.ok) return { problem: first.error };
  if (first.value.length < 8)
    return {
      problem: problem("E_USAGE", "", "the passphrase has fewer than 8 characters", "run it again with a longer one"),
    };
  const second = await askPassphrase("once more: ");
  if (!second.ok) return { problem: second.error };
  return first.value === second.value
    ? first.value
    : { problem: problem("E_USAGE", "", "the two passphrases differ", "run it again") };
}

async function listCommand(context: CliContext, options: { readonly json: boolean }): Promise<number> {
  const { identityFolder, listIdentities } = await import("../../../identities/identity.ts");
  const identities = listIdentities(identityFolder(context.environment));
  if (!identities.ok) return refuse(context, [identities.error], options);
  if (options.json) {
    printDocument(context, {
      format: "interlock.identities/1",
      identities: identities.value.map(({ name, person, keyId, attended }) => ({ name, person, keyId, attended })),
    });
    return 0;
  }
  if (identities.value.length === 0) context.out("no identities yet: `interlock identity create NAME`\n");
  for (const { name, person, keyId, attended } of identities.value)
    context.out(`${name}  person ${person}  key ${shortDigest(keyId)}${attended ? "" : "  unattended"}\n`);
  return 0;
}

import { resolve } from "node:path";
import type { Command } from "commander";
import { problem } from "../../../core/value/codes.ts";
import { shortDigest } from "../../../core/value/digest.ts";
import { fail } from "../../../core/value/result.ts";
import { screen } from "../../../core/value/screen.ts";
import type { CreateIdentityRequest } from "../../../interlock.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import { type CliContext, readInput } from "../context.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";
import { wordNext } from "../word-next.ts";

/** `interlock identity create|import|list`: the keys with which people approve. */
export function registerIdentity(program: Command, run: RunCommand): void {
  const identity = program.command("identity").description("the keys with which people approve");
  identity
    .command("create")
    .argument("<name>", "a name for the key, such as `alice`")
    .description("create a key, protected by a passphrase typed at the terminal")
    .option("--person <id>", "the person behind the key: two keys of one person are one approver (default: you)")
    .option(
      "--unattended",
      "no passphrase: its approvals count only under `environment: lab`, and are marked everywhere",
    )
    .option("--json", "one JSON document")
    .action((name: string, options: { person?: string; unattended?: boolean; json?: boolean }) =>
      run((context, globals) =>
        createCommand(context, globals, {
          name,
          person: options.person ?? globals.actor.id,
          isUnattended: options.unattended === true,
          json: options.json === true,
        }),
      ),
    );
  identity
    .command("import")
    .argument("<name>", "a name for the key, such as `alice`")
    .argument("<file>", "its public key (Ed25519, PEM), or `-` for stdin")
    .description("add a public key whose owner signs elsewhere: the private key never comes here")
    .option("--person <id>", "the person behind the key (default: you)")
    .option("--unattended", "its owner need not be present to sign: its approvals count only under `environment: lab`")
    .option("--json", "one JSON document")
    .action((name: string, file: string, options: { person?: string; unattended?: boolean; json?: boolean }) =>
      run((context, globals) =>
        importCommand(context, globals, file, {
          name,
          person: options.person ?? globals.actor.id,
          isUnattended: options.unattended === true,
          json: options.json === true,
        }),
      ),
    );
  identity
    .command("list")
    .description("list the keys of this user")
    .option("--json", "one JSON document")
    .action(({ json = false }: { json?: boolean }) =>
      run((context, globals) => listCommand(context, globals, { json })),
    );
}

interface CreateOptions {
  readonly name: string;
  readonly person: string;
  readonly isUnattended: boolean;
  readonly json: boolean;
}

function createCommand(context: CliContext, globals: GlobalOptions, options: CreateOptions): Promise<number> {
  const { isUnattended, json } = options;
  return withInterlock(context, globals, options, async (interlock) => {
    const choosePassphrase = isUnattended ? null : newPassphrase(options.name);
    const created = await interlock.createIdentity({ name: options.name, person: options.person, choosePassphrase });
    if (!created.ok) return refuse(context, created.error, options);
    const { name, person, keyId, attended } = created.value;
    if (json) printDocument(context, { format: "interlock.identity-created/1", name, person, keyId, attended });
    else {
      const mark = attended ? "" : " (unattended: for labs only)";
      context.out(screen`created \`${name}\` for ${person}, key ${shortDigest(keyId)}${mark}\n`);
    }
    return 0;
  });
}

async function importCommand(
  context: CliContext,
  globals: GlobalOptions,
  file: string,
  { name, person, isUnattended, json }: CreateOptions,
): Promise<number> {
  const publicKey = () => readInput(context, file === "-" ? file : resolve(context.cwd, file));
  return withInterlock(context, globals, { json }, async (interlock) => {
    const imported = await interlock.importIdentity({ name, person, publicKey, attended: !isUnattended });
    if (!imported.ok) return refuse(context, imported.error, { json });
    const { keyId, attended } = imported.value;
    if (json) printDocument(context, { format: "interlock.identity-imported/1", name, person, keyId, attended });
    else context.out(screen`\`${name}\` is known as a key of ${person}: ${shortDigest(keyId)}\n`);
    return 0;
  });
}

/** Has a passphrase typed twice. One that is too short is typed only once, because it is refused anyway. */
function newPassphrase(name: string): CreateIdentityRequest["choosePassphrase"] {
  return async ({ charsMin }) => {
    const { askPassphrase } = await import("../ask-passphrase.ts");
    const first = await askPassphrase(`new passphrase for ${name} (at least ${charsMin} characters): `);
    if (!first.ok && first.error.code === "E_TERMINAL_MISSING")
      return fail({
        ...first.error,
        hint: "run this at a terminal; for a lab, `--unattended` makes a key without a passphrase",
      });
    if (!first.ok || first.value.length < charsMin) return first;
    const second = await askPassphrase("once more: ");
    if (!second.ok || second.value === first.value) return second;
    return fail(problem("E_USAGE", "", "the two passphrases differ", "run it again"));
  };
}

function listCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly json: boolean },
): Promise<number> {
  return withInterlock(context, globals, options, async (interlock) => {
    const listed = await interlock.identities();
    if (!listed.ok) return refuse(context, listed.error, options);
    const identities = listed.value;
    if (options.json) {
      printDocument(context, { format: "interlock.identities/1", identities });
      return 0;
    }
    if (identities.length === 0)
      context.out(screen`no identities yet; next: ${wordNext(context, { do: "create_identity" })}\n`);
    for (const { name, person, keyId, attended } of identities)
      context.out(
        screen`${name}  person ${person}  key ${shortDigest(keyId)}${attended ? "" : screen`  unattended`}\n`,
      );
    return 0;
  });
}

import type { Command } from "commander";
import { screen } from "../../../core/value/screen.ts";
import type { RunCommand } from "../command.ts";

/** `interlock completion`: completions for the shell, made from the commands themselves. */
export function registerCompletion(program: Command, run: RunCommand): void {
  program
    .command("completion")
    .argument("[shell]", "bash, zsh or fish", "bash")
    .description("print completions for a shell: source <(interlock completion bash)")
    .action((shell: string) =>
      run(async (context) => {
        const words = program.commands.map((command) => ({
          name: command.name(),
          description: command.summary() || command.description(),
          options: command.options.map(({ long }) => long ?? ""),
          children: command.commands.map((child) => child.name()),
        }));
        const script = completionScript(shell, words);
        if (script === null) {
          context.err(screen`\`${shell}\` is not known here: bash, zsh or fish\n`);
          return 64;
        }
        context.data(script);
        return 0;
      }),
    );
}

interface Word {
  readonly name: string;
  readonly description: string;
  readonly options: readonly string[];
  readonly children: readonly string[];
}

function completionScript(shell: string, words: readonly Word[]): string | null {
  switch (shell) {
    case "bash":
      return bashScript(words);
    // zsh reads bash's completions after `bashcompinit`.
    case "zsh":
      return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(words)}`;
    case "fish":
      return (
        words
          .map(
            ({ name, description }) =>
              `complete -c interlock -n __fish_use_subcommand -f -a ${name} -d '${quoted(description)}'\n`,
          )
          .join("") +
        words
          .flatMap(({ name, options }) =>
            options
              .filter((option) => option !== "")
              .map(
                (option) =>
                  `complete -c interlock -n '__fish_seen_subcommand_from ${name}' -l ${option.replace(/^--/, "")}\n`,
              ),
          )
          .join("")
      );
    default:
      return null;
  }
}

function quoted(text: string): string {
  return text.replaceAll("'", "\\'");
}

function bashScript(words: readonly Word[]): string {
  const names = [...words.map(({ name }) => name), "help"].join(" ");
  const cases = words.map(({ name, options, children }) => {
    const following = [...children, ...options].filter((word) => word !== "").join(" ");
    return `    ${name}) COMPREPLY=($(compgen -f -W "${following}" -- "$word"));;`;
  });
  return `_interlock() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${names}" -- "$word")); return; fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
}
complete -F _interlock interlock
`;
}

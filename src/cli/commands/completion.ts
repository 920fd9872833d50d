import { readFlags } from '@alongside/kernel/config';
import { UsageError } from '@alongside/kernel/operator';
import { type Command, noMore, yes } from '../command.ts';

const wordsOf = ({ subcommands, flags }: Command): string => [...subcommands, ...flags, '--help'].join(' ');
const namesOf = (commands: readonly Command[]): string => commands.map(({ name }) => name).join(' ');

/** A script for bash, and for zsh by its emulation. */
const bash = (commands: readonly Command[]): string[] => [
  '_alongside() {',
  `  local words="${namesOf(commands)}"`,
  `  if [ "$COMP_CWORD" -gt 1 ]; then case "\${COMP_WORDS[1]}" in`,
  ...commands.map((command) => `    ${command.name}) words="${wordsOf(command)}" ;;`),
  '    *) words="" ;;',
  '  esac; fi',
  `  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))`,
  '}',
  'complete -o default -F _alongside alongside',
];

const scripts: Readonly<Record<string, (commands: readonly Command[]) => string[]>> = {
  bash,
  zsh: (commands) => ['autoload -U +X bashcompinit && bashcompinit', ...bash(commands)],
  fish: (commands) => [
    `complete -c alongside -n __fish_use_subcommand -a "${namesOf(commands)}"`,
    ...commands.map(
      (command) =>
        `complete -c alongside -n "__fish_seen_subcommand_from ${command.name}" -a "${wordsOf(command)}"`,
    ),
  ],
};

export const completion: Command = {
  name: 'completion',
  summary: 'print a script that completes commands, subcommands and flags in a shell',
  help: [
    'alongside completion bash|zsh|fish   for example: source <(alongside completion bash)',
    '',
    'With --json: {"commands": [{"name", "summary", "subcommands", "flags"}]}',
  ],
  subcommands: Object.keys(scripts),
  flags: ['--json'],
  async run({ argv, out, commands: all }) {
    const { flags, words } = readFlags({ json: yes }, argv);
    noMore(words, 1);
    const commands = await all();
    if (flags.json) {
      out.json({
        commands: commands.map(({ name, summary, subcommands, flags }) => ({
          ...{ name, summary, subcommands, flags },
        })),
      });
      return 0;
    }
    const shells = Object.keys(scripts);
    const shell = words[0] ?? '';
    const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
    if (!script) throw new UsageError(`Name the shell: alongside completion ${shells.join('|')}.`);
    for (const line of script(commands)) out.line(line);
    return 0;
  },
};

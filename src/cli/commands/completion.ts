import { readFlags } from '@alongside/kernel/config';
import { nearest, UsageError } from '@alongside/kernel/operator';
import { type Command, type DescribedCommand, exampleLines, noMore, yes } from '../command.ts';
import { jsonByDefault } from '../instance.ts';
import { helpLines, paragraphs } from '../table.ts';

type Words = readonly (readonly [word: string, about: string])[];

/** Returns the words after a command: its subcommands, then its flags. */
const wordsOf = ({ subcommands, flags }: DescribedCommand): Words => [
  ...subcommands,
  ...[...flags, '--quiet', '--help', '--version'].map((flag) => [flag, ''] as const),
];
const commandWords = (commands: readonly DescribedCommand[]): Words =>
  commands.map(({ name, summary }) => [name, summary]);

const names = (words: Words): string => words.map(([word]) => word).join(' ');

/** Quotes a text for POSIX shells and fish. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of the shell
const bash = (commands: readonly DescribedCommand[]): string[] => [
  '_alongside() {',
  '  local at="$COMP_CWORD" words',
  '  COMPREPLY=()',
  '  if [ "$at" -eq 1 ]; then',
  `    words=${quoted(names(commandWords(commands)))}`,
  '  else case "${COMP_WORDS[1]}" in',
  ...commands.map((command) => `    ${command.name}) words=${quoted(names(wordsOf(command)))} ;;`),
  '    *) return ;;',
  '  esac; fi',
  '  local word',
  '  while read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$words" -- "${COMP_WORDS[at]}")',
  '}',
  'complete -o default -F _alongside alongside',
];

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of the shell

/** In zsh a colon separates a word from its description. */
const described = (words: Words): string =>
  words
    .map(([word, about]) => quoted(about === '' ? word : `${word}:${about.replaceAll(':', '\\:')}`))
    .join(' ');

const zsh = (commands: readonly DescribedCommand[]): string[] => [
  '#compdef alongside',
  '_alongside() {',
  '  local -a words_',
  '  if (( CURRENT == 2 )); then',
  `    words_=(${described(commandWords(commands))})`,
  '  else case "$words[2]" in',
  ...commands.map((command) => `    ${command.name}) words_=(${described(wordsOf(command))}) ;;`),
  '  esac; fi',
  "  _describe 'alongside' words_ || _files",
  '}',
  '(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }',
  'compdef _alongside alongside',
];

const fish = (commands: readonly DescribedCommand[]): string[] => [
  ...commandWords(commands).map(
    ([name, about]) => `complete -c alongside -f -n __fish_use_subcommand -a ${name} -d ${quoted(about)}`,
  ),
  ...commands.flatMap((command) => {
    const condition = `-n ${quoted(`__fish_seen_subcommand_from ${command.name}`)}`;
    return wordsOf(command).map(
      ([word, about]) =>
        `complete -c alongside ${condition} ${word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`}${about === '' ? '' : ` -d ${quoted(about)}`}`,
    );
  }),
];

const powershellText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const powershellWords = (words: Words): string =>
  words
    .map(([word, about]) => `@(${powershellText(word)}, ${powershellText(about === '' ? word : about)})`)
    .join(', ');

const powershell = (commands: readonly DescribedCommand[]): string[] => [
  'Register-ArgumentCompleter -Native -CommandName alongside -ScriptBlock {',
  '  param($word, $line, $position)',
  '  $typed = @($line.CommandElements | ForEach-Object { $_.ToString() })',
  "  if ($typed.Count -lt 2 -or ($typed.Count -eq 2 -and $word -ne '')) {",
  `    $words = @(${powershellWords(commandWords(commands))})`,
  '  } else {',
  '    $words = switch ($typed[1]) {',
  ...commands.map((command) => `      '${command.name}' { @(${powershellWords(wordsOf(command))}) }`),
  '    }',
  '  }',
  '  $words | Where-Object { $_[0] -like "$word*" } | ForEach-Object {',
  "    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])",
  '  }',
  '}',
];

interface Shell {
  /** How to load the script. */
  about: string;
  script(commands: readonly DescribedCommand[]): string[];
}

const shells: Readonly<Record<string, Shell>> = {
  bash: { about: 'source <(alongside completion bash), in ~/.bashrc', script: bash },
  zsh: { about: 'source <(alongside completion zsh), in ~/.zshrc', script: zsh },
  fish: { about: 'alongside completion fish | source, in ~/.config/fish/config.fish', script: fish },
  powershell: {
    about: 'alongside completion powershell | Out-String | Invoke-Expression, in $PROFILE',
    script: powershell,
  },
};

export const completion: Command = {
  name: 'completion',
  help: (width) => [
    ...helpLines(
      Object.entries(shells).map(([name, { about }]) => [`alongside completion ${name}`, about]),
      width,
    ),
    '',
    ...paragraphs(
      [
        "The scripts complete the word alongside. Where it is not on the path, give it an alias first: alias alongside='npx alongside'.",
        '',
        'With --json: {"commands": [{"name", "summary", "subcommands", "flags"}]}',
      ],
      width,
    ),
    ...exampleLines(['source <(npx alongside completion bash)']),
  ],
  subcommands: Object.entries(shells).map(([name, { about }]) => [name, about]),
  flags: ['--json'],
  async run({ argv, out, commands: all }) {
    const { flags, words } = readFlags({ json: yes }, argv);
    noMore(words, 1);
    const commands = await all();
    if (flags.json || jsonByDefault()) {
      out.json({
        commands: commands.map(({ name, summary, subcommands, flags }) => ({
          name,
          summary,
          subcommands: subcommands.map(([word]) => word),
          flags,
        })),
      });
      return 0;
    }
    const known = Object.keys(shells);
    const asked = words[0] ?? '';
    const shell = Object.hasOwn(shells, asked) ? shells[asked] : undefined;
    if (!shell)
      throw new UsageError(
        `Name the shell: alongside completion ${known.join('|')}.${nearest(asked, known)}`,
      );
    for (const line of shell.script(commands)) out.line(line);
    return 0;
  },
};

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { environment } from '@alongside/kernel/operator';
import { allCommands } from './commands.ts';
import { invoke, invokeJson } from './testing/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'completion-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string): string => join(folder, name);
const isMissing = environment().ALONGSIDE_SHELLS === undefined && 'zsh and fish are missing';

/** Runs a program in the folder of the scripts. */
function output(program: string, ...args: string[]): string {
  const env = { ...environment(), TERM: 'dumb', HOME: folder };
  const { stdout, stderr, error } = spawnSync(program, args, {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.deepEqual([error, stderr], [undefined, '']);
  return stdout.trim();
}

/** A terminal with zsh in which each line is typed, completed with the tab key and printed. */
const zshTerminal = String.raw`
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "show() { zle -I; print -r -- \"<\$BUFFER>\"; BUFFER= }; zle -N show; bindkey '^X' show; source script.zsh; PS1=RE''ADY"
zpty -r shell out '*READY*'
for words in "$@"; do
  zpty -w -n shell "$words"$'\t\C-x'
  zpty -r shell out '*<*>*'
  print -r -- "${'$'}{${'$'}{out##*<}%>*}"
done
zpty -d shell
`;

describe('the script of alongside completion', () => {
  before(async () => {
    for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
      const { lines } = await invoke(['completion', shell]);
      writeFileSync(file(`script.${shell}`), `${lines.join('\n')}\n`);
    }
  });

  test('completes commands, subcommands, flags and files in bash', () => {
    const complete = (...words: string[]) => {
      const list = ['alongside', ...words].map((word) => `'${word}'`).join(' ');
      const set = `COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _alongside`;
      return output(
        'bash',
        '-c',
        `set -u; source script.bash; ${set}; echo "\${COMPREPLY[@]}"; complete -p alongside`,
      );
    };
    // With -o default, bash completes files where the script has nothing.
    const registered = 'complete -o default -F _alongside alongside';
    assert.equal(complete('expl'), `explain\n${registered}`);
    assert.equal(complete('card', 'in'), `insert\n${registered}`);
    assert.equal(complete('app', 'add', '--call'), `--callback\n${registered}`);
    assert.equal(complete('nothing', ''), registered);
    assert.equal(complete('export', './'), registered);
  });

  test('completes what is typed in zsh', { skip: isMissing }, () => {
    writeFileSync(file('terminal.zsh'), zshTerminal);
    const typed = [
      'alongside fau',
      'alongside card ins',
      'alongside app add --callb',
      'alongside export script.f',
    ];
    const completed = output('zsh', '-f', 'terminal.zsh', ...typed).split('\n');
    assert.deepEqual(
      completed.map((line) => line.trim()),
      [
        'alongside fault',
        'alongside card insert',
        'alongside app add --callback',
        'alongside export script.fish',
      ],
    );
  });

  test('completes with explanations in fish', { skip: isMissing }, () => {
    const complete = (line: string) =>
      output('fish', '--no-config', '-c', `source script.fish; complete -C '${line}'`).split('\n');
    assert.deepEqual(complete('alongside fau'), [
      'fault\tfaults for tests: wrong tokens, unavailable endpoints; development only',
    ]);
    assert.deepEqual(complete('alongside card ins'), [
      'insert\tput a card into the reader, by persona, uid or serial',
    ]);
    assert.ok(complete('alongside app add --callb').includes('--callback'));
    assert.deepEqual(complete('alongside export ./script.z'), ['./script.zsh']);
  });

  test('names every command, subcommand and flag for PowerShell', async () => {
    const { lines } = await invoke(['completion', 'powershell']);
    for (const { name, subcommands, flags } of await allCommands()) {
      const line = lines.find((text) => text.startsWith(`      '${name}' {`)) ?? assert.fail(name);
      for (const word of [...subcommands.map(([word]) => word), ...flags])
        assert.ok(line.includes(`@('${word}', '`), `${name} ${word}`);
      // A quote in a text is doubled.
      assert.equal(line.split("'").length % 2, 1, line);
    }
  });
});

describe('alongside completion', () => {
  test('describes all commands with --json', async () => {
    const commands = await allCommands();
    const described = await invokeJson<{ commands: { name: string; flags: string[] }[] }>(['completion']);
    assert.deepEqual(
      described.commands.map(({ name }) => name),
      commands.map(({ name }) => name),
    );
    assert.ok(described.commands.every(({ flags }) => flags.includes('--json')));
  });

  test('names the shells for an unknown one', async () => {
    await assert.rejects(invoke(['completion', 'tcsh']), /completion bash\|zsh\|fish\|powershell/);
    await assert.rejects(invoke(['completion', 'bsh']), /Did you mean bash\?/);
  });
});

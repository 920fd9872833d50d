import { systemClock } from '@alongside/kernel/clock';
import { examineConfig, loadConfig, readFlags } from '@alongside/kernel/config';
import { flagOf, UsageError } from '@alongside/kernel/operator';
import { productionShape } from '../../config.ts';
import { type Command, noMore } from '../command.ts';
import { configFileOf } from '../foreground.ts';
import { columns } from '../output.ts';

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : value === null ? '-' : JSON.stringify(value);

export const config: Command = {
  name: 'config',
  summary: 'the settings of alongside serve: value, origin, and whether a reload changes them',
  help: [
    'alongside config [flags]         every setting, from the flags, environment and file that serve would read',
    'alongside config check [flags]   what is wrong with them, also what serve would refuse to start with; exit code 1 if anything is',
    '',
    'A secret is shown as "set". With --json: {"settings": [{"name", "value", "origin", "reloadable"}], "problems": [""]}',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags(productionShape, argv);
    const [word] = words;
    if (word !== undefined && word !== 'check')
      throw new UsageError(`alongside config does not know "${word}"; it knows check.`);
    noMore(words, 1);
    const { settings: examined, problems } = examineConfig(productionShape, flags, configFileOf(flags));
    // The configuration as a whole can be checked only if each setting is valid.
    if (word === 'check' && problems.length === 0) {
      const { startProblems } = await import('../../boot/production.ts');
      const wanted = loadConfig(productionShape, flags, configFileOf(flags));
      problems.push(...startProblems(wanted, systemClock.now()));
    }
    const { reloadableSettings } = await import('../../boot/reloadables.ts');
    const settings = examined.map((setting) => ({
      ...setting,
      reloadable: reloadableSettings.has(setting.name),
    }));
    if (flags.json) out.json(word === 'check' ? { problems } : { settings, problems });
    else {
      if (word === undefined)
        for (const line of columns(
          settings.map(({ name, value, origin, reloadable }) => [
            `--${flagOf(name)}`,
            shown(value),
            origin,
            reloadable ? 'reload' : 'restart',
          ]),
        ))
          out.line(line);
      for (const problem of problems) out.note(problem);
      if (word === 'check' && problems.length === 0) out.line('Nothing is wrong with the settings.');
    }
    return problems.length === 0 ? 0 : 1;
  },
};

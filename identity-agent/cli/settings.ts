import { settingNames } from '../settings/definitions.ts';
import { loadSettings } from '../settings/settings.ts';
import type { Command } from './command.ts';

/** Settings with hidden values. */
const hidden = new Set<string>(['cardIssuerSecret']);

export const settings: Command = {
  name: 'settings',
  summary: 'show every setting with its origin',
  async run({ json, terminal }) {
    const { settings: values, from } = loadSettings([]);
    const shown = settingNames.map((name) => ({
      name,
      value: hidden.has(name) && values[name] !== undefined ? '(hidden)' : (values[name] ?? null),
      from: from[name],
    }));
    terminal.out(
      json
        ? `${JSON.stringify({ settings: shown })}\n`
        : shown
            .map(({ name, value, from: place }) => `${name} = ${String(value ?? '-')}  (${place})\n`)
            .join(''),
    );
    return 0;
  },
};

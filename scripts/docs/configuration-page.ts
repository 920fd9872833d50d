import { flagOf, variableOf } from '@alongside/kernel/config';
import { configShape } from '../../src/config.ts';
import { cell, generated } from './page.ts';

/** `docs/configuration.md`. */
export function configurationPage(): string {
  const rows = Object.entries(configShape).map(([key, schema]) => {
    const initial: unknown = schema.safeParse(undefined).data;
    const shown =
      initial === undefined
        ? ''
        : `\`${Array.isArray(initial) ? initial.join(',') : JSON.stringify(initial)}\``;
    return `| \`--${flagOf(key)}\` | \`${variableOf(key)}\` | \`${key}\` | ${shown} | ${cell(schema.description ?? '')} |`;
  });
  return [
    '# Configuration',
    '',
    generated,
    '',
    'One schema: each setting is a flag, an environment variable and a key of the JSON file that `--config` names. A flag wins over the environment, that over the file, that over the default. An unknown key or a wrong value is refused with its place.',
    '',
    '| flag | environment | file | default | what it does |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

import { flagOf, variableOf } from '@alongside/kernel/operator';
import { hardeningOf, hardeningShape } from '../../src/authorisation/hardening.ts';
import { configShape } from '../../src/config.ts';
import { cell, generated } from './page.ts';

function differences(): string[] {
  const defaults = [hardeningOf('nhs', 'real'), hardeningOf('nhs', 'mock'), hardeningOf('standard', 'real')];
  return Object.entries(hardeningShape).map(([key, schema]) => {
    const shown = defaults.map(
      (hardening) => `\`${JSON.stringify(hardening[key as keyof typeof hardening])}\``,
    );
    return `| \`${key}\` | ${shown.join(' | ')} | ${cell(schema.description ?? '')} |`;
  });
}

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
    '## Differences from the published behaviour',
    '',
    'Where the API platform may differ from the published service, or from the usual behaviour of the RFCs. `--base-path-options` changes them for one base path; beside these there are `--legacy-default-mode` at the gateway and `sendNonceAndPkce` in the file of `--upstream-cis2` (by default on when the metadata of CIS2 lists S256; always off at `/oauth2-mock`).',
    '',
    '| option | `/oauth2` | `/oauth2-mock` | `/oauth2.1` | what it does |',
    '|---|---|---|---|---|',
    ...differences(),
    '',
    'Always so, because no honest client can tell: a `jti` is kept only once its assertion was proven; identity headers of clients are removed; remote keys are fetched once more for an unknown `kid`; `NHSD-Session-URID` is held against the roles of the person, in both patterns; secrets, codes and tokens are longer than published.',
    '',
  ].join('\n');
}

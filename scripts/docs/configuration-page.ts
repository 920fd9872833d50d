import { flagOf, variableOf } from '@alongside/kernel/operator';
import { hardeningOf, hardeningShape } from '../../src/authorisation/hardening.ts';
import { configShape, productionSettings } from '../../src/config.ts';
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
  const rows = Object.entries({ ...configShape, ...productionSettings }).map(([key, schema]) => {
    const initial: unknown = schema.safeParse(undefined).data;
    const shown =
      initial === undefined
        ? ''
        : `\`${Array.isArray(initial) ? initial.join(',') : JSON.stringify(initial)}\``;
    return `| \`--${flagOf(key)}\`<br>\`${variableOf(key)}\`<br>\`${key}\` | ${cell(schema.description ?? '')} | ${shown} |`;
  });
  return [
    '# Configuration',
    '',
    generated,
    '',
    'Each setting is a flag, an environment variable and a key of the JSON file that `--config` names. A flag overrides the environment, which overrides the file, which overrides the default. Unknown keys and wrong values are refused with their location.',
    '',
    '| flag, environment, file | effect | default |',
    '|---|---|---|',
    ...rows,
    '',
    '## Differences from the published behaviour',
    '',
    'These options make the API platform differ from the published service, or from the usual behaviour of the RFCs. `--base-path-options` changes them for one base path. See also `--legacy-default-mode` at the gateway and `sendNonceAndPkce` in the file of `--upstream-cis2` (by default on if the metadata of CIS2 lists S256; always off at `/oauth2-mock`).',
    '',
    '| option | `/oauth2` | `/oauth2-mock` | `/oauth2.1` | effect |',
    '|---|---|---|---|---|',
    ...differences(),
    '',
    'These differences have no option, because they do not affect honest clients: a `jti` is stored only after its assertion was verified; identity headers of clients are removed; remote keys are fetched again for an unknown `kid`; `NHSD-Session-URID` is compared with the roles of the user, in both patterns; secrets, codes and tokens are longer than published.',
    '',
  ].join('\n');
}

import { openIdProviders } from '../../src/oauth/openid/providers.ts';
import { differences } from '../../src/oauth/server/differences.ts';
import { generated } from './page.ts';
import { type ListedStep, readStepLists, type StepList } from './step-lists.ts';

const parts: readonly [string, string][] = [
  ['CIS2', 'src/cis2/'],
  ['OAuth server of the API platform', 'src/authorisation/'],
  ['API gateway', 'src/gateway/'],
  ['Signing service', 'src/signing/'],
  ['CIS', 'src/cis/'],
  ['Console', 'src/console/'],
  ['Mock', 'src/mock/'],
  ['Identity Agent', 'identity-agent/'],
];

const step = ({ name, check }: ListedStep): string => (check === undefined ? name : `**${name}** (${check})`);

const item = ({ name, steps }: StepList): string => `- \`${name}\`: ${steps.map(step).join(' → ')}`;

function shownValue(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).map(([name, one]) =>
    Array.isArray(value) ? String(one) : `${name}: ${one}`,
  );
  return members.join(', ') || '–';
}

/** Prints the settings of two servers in rows. */
const rowsOf = (prefix: string, cis2: object, platform: object): string[] => {
  const others = new Map<string, unknown>(Object.entries(platform));
  return Object.entries(cis2).map(
    ([name, value]) => `| \`${prefix}${name}\` | ${shownValue(value)} | ${shownValue(others.get(name))} |`,
  );
};

const differencesTable = (): string[] => [
  '| setting | CIS2 | `/oauth2.1` |',
  '|---|---|---|',
  ...rowsOf('', differences.cis2, differences.platform),
  ...rowsOf('openid.', openIdProviders.cis2, openIdProviders.platform),
];

/** Prints every list of steps by its file. Security checks are bold, with their names. */
export function stepsPage(): string {
  const lists = readStepLists(['src/**/*.ts', 'identity-agent/**/*.ts']);
  const sections = parts.flatMap(([title, folder]) => {
    const own = lists.filter(({ file }) => file.startsWith(folder));
    const byFile = Object.entries(Object.groupBy(own, ({ file }) => file));
    return [
      `## ${title}`,
      '',
      ...byFile.flatMap(([file, found = []]) => [`### ${file}`, '', ...found.map(item), '']),
    ];
  });
  return [
    generated,
    '',
    '# Steps of the endpoints',
    '',
    'An endpoint is a list of steps, run in this order. A bold step is a security check, with its name in brackets. ' +
      'Steps that give something out require the checks before them, so a list without one does not compile.',
    '',
    '## CIS2 and `/oauth2.1`',
    '',
    'Both are authorization servers of one core, `src/oauth/server/`. Their settings differ as follows ' +
      '(`src/oauth/server/differences.ts`, `src/oauth/openid/providers.ts`). The rules of `standard` and `fapi2` are otherwise the same.',
    '',
    ...differencesTable(),
    '',
    ...sections,
  ].join('\n');
}

import { generated } from './page.ts';
import { type ListedStep, readStepLists, type StepList } from './step-lists.ts';

const parts: readonly [string, string][] = [
  ['CIS2', 'src/cis2/'],
  ['OAuth server of the API platform', 'src/authorisation/'],
  ['API gateway', 'src/gateway/'],
  ['CIS', 'src/cis/'],
  ['Console', 'src/console/'],
  ['Mock', 'src/mock/'],
  ['Identity Agent', 'identity-agent/'],
];

const step = ({ name, check }: ListedStep): string => (check === undefined ? name : `**${name}** (${check})`);

const item = ({ name, steps }: StepList): string => `- \`${name}\`: ${steps.map(step).join(' → ')}`;

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
    ...sections,
  ].join('\n');
}

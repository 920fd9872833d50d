import { namedFaults } from '../../src/composition.ts';
import { cell, generated } from './page.ts';

/** `docs/injected-faults.md`: the faults that developers can switch on. */
export const injectedFaultsPage = (): string =>
  [
    '# Injected faults',
    '',
    generated,
    '',
    'In development, these faults test how an application reacts. Switch them on with `alongside fault on NAME`, on the page Faults of the console, which lists the journeys that each has hit, or with `PUT /api/v1/faults/{name}`. Each occurs every time by default: `--next 1` limits it to the next time, `--after 3` starts it later, and `--probability 0.2` makes it random. Those of the PDS take `--patient NUMBER` for the calls of one patient, and `--run NAME` for the calls whose `X-Correlation-ID` begins with NAME, so that parallel runs of tests do not meet. [check.md](check.md) describes the checks that use them.',
    '',
    '| fault | effect |',
    '|---|---|',
    ...namedFaults.map(({ name, summary }) => `| \`${name}\` | ${cell(summary)} |`),
    '',
  ].join('\n');

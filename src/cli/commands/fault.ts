import { UsageError } from '@alongside/kernel/operator';
import { noSuch } from '../../kit/known.ts';
import type { FaultState } from '../../storage/faults.ts';
import { consoleCommand, text } from '../command.ts';
import { columns } from '../table.ts';

/** Formats when a fault occurs. */
function occasions({ probability, next, after, patient, seconds }: FaultState): string {
  const parts = [
    patient === undefined ? '' : `for ${patient}`,
    seconds === undefined ? '' : `with a delay of ${seconds} s`,
    after === undefined || after === 0 ? '' : `after ${after} more`,
    next === undefined ? '' : `${next} more`,
    probability === undefined ? '' : `in ${Math.round(probability * 100)} of 100`,
  ].filter(Boolean);
  return parts.length === 0 ? 'on, every time' : `on, ${parts.join(', ')}`;
}

const numbers = ['next', 'after', 'probability', 'seconds'] as const;

/** Returns the state of the flags. @throws UsageError for an invalid number */
function stateOf(flags: Partial<Record<(typeof numbers)[number], string>>): FaultState {
  const given = numbers.filter((name) => flags[name] !== undefined);
  const state = Object.fromEntries(given.map((name) => [name, Number(flags[name])]));
  if (Object.values(state).some(Number.isNaN))
    throw new UsageError('--next, --after, --probability and --seconds are numbers.');
  return state;
}

export const fault = consoleCommand({
  name: 'fault',
  flags: { next: text, after: text, probability: text, patient: text, seconds: text, run: text },
  actions: {
    list: {
      help: 'every fault, and which are on',
      async run({ api }) {
        const found = await api.must('GET', '/faults');
        const rows = found.faults.map(({ name, summary, state }) => [
          name,
          state ? occasions(state) : 'off',
          summary,
        ]);
        return { json: found, lines: columns(rows) };
      },
    },
    on: {
      words: 'NAME',
      help: [
        ['', 'from now on, every time'],
        ['--next 1', 'the next time only'],
        ['--after 3', 'from the fourth time on'],
        ['--probability 0.2', 'at random'],
        ['--patient NUMBER', 'only in calls of this patient; faults of the PDS'],
        ['--run NAME', 'only in calls whose X-Correlation-ID begins with this name; faults of the PDS'],
        ['--seconds 5', 'the delay of pds-slow'],
      ],
      async run({ api, flags }, name) {
        const { patient, run } = flags;
        const state = { ...stateOf(flags), ...(patient !== undefined && { patient }) };
        const full = run === undefined ? name : `${name}@${run}`;
        const made = await api.mustFind(noSuch('fault', full), 'PUT', '/faults/{name}', {
          path: { name: full },
          body: state,
        });
        return { json: made, lines: [`${full} is ${occasions(made.state)}.`] };
      },
    },
    off: {
      words: '[NAME]',
      help: 'this one, or all',
      async run({ api }, name?: string) {
        if (name === undefined) {
          const { off } = await api.must('DELETE', '/faults');
          return {
            json: { off },
            lines: [off.length === 0 ? 'No fault was on.' : `Off: ${off.join(', ')}.`],
          };
        }
        await api.mustFind(noSuch('fault', name), 'DELETE', '/faults/{name}', { path: { name } });
        return { json: { off: [name] }, lines: [`Off: ${name}.`] };
      },
    },
  },
  examples: ['alongside fault on discovery-other-issuer --next 1', 'alongside fault off'],
});

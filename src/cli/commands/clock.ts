import { UsageError } from '@alongside/kernel/operator';
import type { ResultOf } from '../../kit/console-api.ts';
import { consoleCommand, type Result } from '../command.ts';
import type { InstanceApi } from '../instance.ts';
import { columns } from '../table.ts';

type Clock = ResultOf<'GET', '/clock'> & Partial<Pick<ResultOf<'DELETE', '/clock'>, 'lagging'>>;

/** Seconds of each unit. */
const units: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400 };

/** Reads a number of seconds, or a number with a unit. @throws UsageError */
function readDuration(text: string): number {
  const [, number = '', unit = ''] = /^([+-]?\d{1,12}(?:\.\d{1,3})?)([smhd]?)$/.exec(text) ?? [];
  if (number === '') throw new UsageError(`"${text}" is no duration: use seconds, or 90s, 15m, 12h, 2d.`);
  return Number(number) * (units[unit] ?? 1);
}

/** Shows a clock, and the parts of the instance that did not follow it. */
function shown(clock: Clock): Result {
  const { now, offsetSeconds, frozen, lagging = [] } = clock;
  const offset =
    offsetSeconds === 0
      ? 'real time'
      : `${Math.abs(offsetSeconds)} s ${offsetSeconds > 0 ? 'ahead of' : 'behind'} real time`;
  return {
    json: clock,
    lines: columns([
      ['Time', now],
      ['Offset', offset],
      ['Runs', frozen ? 'no, it stands still' : 'yes'],
    ]),
    notes: lagging.map(({ part, reason }) => `${part}: ${reason}`),
  };
}

const move = async (api: InstanceApi, body: { advance?: number; set?: string; freeze?: boolean }) =>
  shown(await api.must('PUT', '/clock', { body }));

export const clock = consoleCommand({
  name: 'clock',
  actions: {
    '': {
      help: 'the time of the services and of the local agent',
      run: async ({ api }) => shown(await api.must('GET', '/clock')),
    },
    advance: {
      words: 'DURATION',
      help: 'move it by seconds, or by 15m, 12h, 2d: sessions, codes and tokens age; a negative one moves it back',
      run: ({ api }, duration = '') => move(api, { advance: readDuration(duration) }),
    },
    set: {
      words: 'TIME',
      help: 'move it to an ISO time, such as 2030-01-31T09:00:00Z',
      run: ({ api }, time = '') => move(api, { set: time }),
    },
    freeze: { help: 'let it stand still', run: ({ api }) => move(api, { freeze: true }) },
    unfreeze: { help: 'let it run on from its time', run: ({ api }) => move(api, { freeze: false }) },
    reset: {
      help: 'return to real time',
      run: async ({ api }) => shown(await api.must('DELETE', '/clock')),
    },
  },
  examples: ['alongside clock advance 15m', 'alongside clock reset'],
});

import { readFlags } from '@alongside/kernel/config';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import type { FaultState, NamedFault } from '../../storage/faults.ts';
import { type Command, choose, noMore, type Output, word } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { columns } from '../output.ts';

interface Call {
  api: InstanceApi;
  flags: FaultState;
  words: string[];
  json: boolean;
  out: Output;
}

type Listed = NamedFault & { state: FaultState | null };

const at = (name: string): string => `/faults/${encodeURIComponent(name)}`;

async function demandKnown(api: InstanceApi, name: string): Promise<void> {
  const { faults } = await api.must<{ faults: Listed[] }>('GET', '/faults');
  if (!faults.some((fault) => fault.name === name))
    throw new OperatorError(`There is no fault "${name}": alongside fault list names them.`);
}

/** Formats when a fault occurs. */
function inWords({ probability, next, after }: FaultState): string {
  const parts = [
    after === undefined || after === 0 ? '' : `after ${after} more`,
    next === undefined ? '' : `${next} more`,
    probability === undefined ? '' : `in ${Math.round(probability * 100)} of 100`,
  ].filter(Boolean);
  return parts.length === 0 ? 'on, every time' : `on, ${parts.join(', ')}`;
}

async function list({ api, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  const found = await api.must<{ faults: Listed[] }>('GET', '/faults');
  if (json) return out.json(found);
  for (const line of columns(
    found.faults.map(({ name, summary, state }) => [name, state ? inWords(state) : 'off', summary]),
  ))
    out.line(line);
}

async function on({ api, flags, words, json, out }: Call): Promise<void> {
  const name = word(words, 1, 'which: alongside fault on NAME [--next 1]');
  noMore(words, 2);
  await demandKnown(api, name);
  const made = await api.must<{ state: FaultState }>('PUT', at(name), flags);
  if (json) return out.json(made);
  out.line(`${name} is ${inWords(made.state)}.`);
}

async function off({ api, words, json, out }: Call): Promise<void> {
  noMore(words, 2);
  const [, named] = words;
  if (named !== undefined) await demandKnown(api, named);
  const { faults } = await api.must<{ faults: Listed[] }>('GET', '/faults');
  const names = named === undefined ? faults.filter(({ state }) => state).map(({ name }) => name) : [named];
  for (const name of names) await api.must('DELETE', at(name));
  if (json) return out.json({ off: names });
  out.line(names.length === 0 ? 'Nothing was on.' : `Off: ${names.join(', ')}.`);
}

const calls = { list, on, off };

const numbers = ['next', 'after', 'probability'] as const;

/** Returns the state of the flags. @throws UsageError for an invalid number */
function stateOf(flags: Partial<Record<string, unknown>>): FaultState {
  const given = numbers.filter((name) => flags[name] !== undefined);
  const state = Object.fromEntries(given.map((name) => [name, Number(flags[name])]));
  if (Object.values(state).some(Number.isNaN))
    throw new UsageError('--next, --after and --probability are numbers.');
  return state;
}

export const fault: Command = {
  name: 'fault',
  summary: 'faults for tests: wrong tokens, endpoints that are down; development only',
  help: [
    'alongside fault list                     every fault, and which are on',
    'alongside fault on NAME                  from now on, every time',
    'alongside fault on NAME --next 1         the next time only; --after 3: not the first three times',
    'alongside fault on NAME --probability 0.2',
    'alongside fault off [NAME]               this one, or all',
  ],
  async run({ argv, out }) {
    const own = {
      next: z.string().optional(),
      after: z.string().optional(),
      probability: z.string().optional(),
    };
    const { flags, words } = readFlags({ ...instanceFlags, ...own }, argv);
    const call = choose(calls, words, 'fault');
    await call({
      api: new InstanceApi(flags),
      flags: stateOf(flags),
      words,
      json: flags.json === true,
      out,
    });
    return 0;
  },
};

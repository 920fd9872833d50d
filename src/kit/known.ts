import { nearest } from '@alongside/kernel/operator';
import type { ConsoleApi } from './console-api.ts';

interface Kind {
  path: string;
  /** Returns the names in a list of the console. */
  names(body: Record<string, Record<string, unknown>[]>): readonly unknown[];
  /** How to find the right name. */
  hint: string;
}

const kinds = {
  person: {
    path: '/people',
    names: ({ people = [] }) => people.map(({ persona }) => persona),
    hint: 'Give a persona or a uid; alongside person list names them.',
  },
  application: {
    path: '/applications',
    names: ({ applications = [] }) => applications.map(({ id }) => id),
    hint: 'alongside app list names them.',
  },
  product: {
    path: '/products',
    names: ({ products = [] }) => products.map(({ name }) => name),
    hint: 'alongside product list names them.',
  },
  API: {
    path: '/apis',
    names: ({ apis = [] }) => apis.filter(({ backEnd }) => backEnd !== 'in process').map(({ name }) => name),
    hint: 'alongside api list names them; one in process cannot be changed.',
  },
  developer: {
    path: '/developers',
    names: ({ developers = [] }) => developers.map(({ id }) => id),
    hint: 'alongside developer list names them.',
  },
  fault: {
    path: '/faults',
    names: ({ faults = [] }) => faults.map(({ name }) => name),
    hint: 'alongside fault list names them.',
  },
} satisfies Readonly<Record<string, Kind>>;

/** Returns the sentence for an unknown name, with a similar one of the instance. */
export const noSuch =
  (kind: keyof typeof kinds, name: string) =>
  async (api: ConsoleApi): Promise<string> => {
    const { path, names, hint } = kinds[kind];
    const { status, body } = await api.call<Parameters<typeof names>[0]>('GET', path);
    const known = status === 200 ? names(body).filter((one) => typeof one === 'string') : [];
    return `There is no ${kind} "${name}".${nearest(name, known)} ${hint}`;
  };

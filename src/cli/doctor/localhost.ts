import { lookup } from 'node:dns/promises';
import { reasonOf } from '@alongside/kernel/errors';
import { type Check, type Finding, ok, wrong } from './check.ts';

const mend =
  'Let the file of hosts (/etc/hosts, or drivers\\etc\\hosts on Windows) have the line "127.0.0.1 localhost".';

/** @param addresses of the name, in order */
export function judgeLocalhost(addresses: readonly string[]): Finding {
  const shown = addresses.join(', ');
  if (addresses.includes('127.0.0.1')) return ok(`localhost is ${shown}.`);
  if (addresses.every((address) => address === '::1'))
    return wrong(`localhost is ${shown} alone, and the services listen on 127.0.0.1.`, mend);
  return wrong(`localhost is ${shown}, which is not this machine's 127.0.0.1.`, mend);
}

export const localhost: Check = {
  name: 'localhost',
  async run() {
    try {
      const found = await lookup('localhost', { all: true, order: 'verbatim' });
      return [judgeLocalhost(found.map(({ address }) => address))];
    } catch (error) {
      return [wrong(`localhost has no address: ${reasonOf(error)}.`, mend)];
    }
  },
};

import { createServer } from 'node:net';
import { type Owner, portOwner } from '@alongside/kernel/port-owner';
import { listenerNames } from '../../boot/addresses.ts';
import { type Check, type Finding, ok, type Subject, wrong } from './check.ts';

interface Port {
  of: string;
  port: number;
}

const isLoopback = ({ hostname }: URL): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

/** Returns the ports of the instance: from its addresses on this machine, else consecutive from the base. */
function portsOf({ console, stateFile, portBase }: Subject): Port[] {
  const urls = console?.urls ?? (stateFile && 'state' in stateFile ? stateFile.state.urls : undefined);
  if (!urls) return listenerNames.map((of, index) => ({ of, port: portBase + index }));
  const { cis2Issuer, ...others } = urls;
  return Object.entries({ ...others, cis2: cis2Issuer }).flatMap(([of, address]) => {
    const url = new URL(address);
    return isLoopback(url) && url.port !== '' ? [{ of, port: Number(url.port) }] : [];
  });
}

const inWords = ({ name, pid }: Owner): string => (pid === undefined ? name : `${name} (process ${pid})`);

/** Returns what prevents listening on a port; undefined if nothing does. */
const obstacle = (port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });

async function judgeFree({ of, port }: Port): Promise<Finding> {
  if (port > 65_535) return wrong(`There is no port ${port}.`, 'Choose a --port-base of 65530 or less.', of);
  const code = await obstacle(port);
  if (code === undefined) return ok(`${port} is free.`, of);
  if (code === 'EACCES')
    return wrong(`Port ${port} needs rights that this user lacks.`, 'Choose another --port-base.', of);
  const owner = portOwner(port);
  return wrong(
    `Port ${port} is used by ${owner ? inWords(owner) : 'another process'}.`,
    'Stop what uses it, or start with another --port-base.',
    of,
  );
}

function judgeUsed({ of, port }: Port, own: number | undefined): Finding[] {
  const owner = portOwner(port);
  // The check of the services tests whether a service responds.
  if (!owner) return [];
  if (owner.pid === undefined || own === undefined) return [ok(`${port}: ${inWords(owner)}`, of)];
  if (owner.pid === own) return [ok(`${port}: this instance (process ${own})`, of)];
  // Services of one installation may run in separate processes (--only).
  if (owner.name.includes('cli/main.ts')) return [ok(`${port}: another of ours, ${inWords(owner)}`, of)];
  return [
    wrong(
      `Port ${port} is used by ${inWords(owner)}, not by this instance (process ${own}).`,
      'Stop what uses it and start the instance again, or start it with another --port-base.',
      of,
    ),
  ];
}

export const ports: Check = {
  name: 'port',
  async run(subject) {
    const list = portsOf(subject);
    if (!subject.console) return Promise.all(list.map(judgeFree));
    const { stateFile, portBase } = subject;
    const own = stateFile && 'state' in stateFile ? stateFile.state.pid : portOwner(portBase)?.pid;
    return list.flatMap((port) => judgeUsed(port, own));
  },
};

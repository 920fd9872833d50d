import { portOwner } from '@alongside/kernel/port-owner';
import { type Finding, ok, wrong } from '../../../identity-agent/doctor/report.ts';
import { ownerText, portObstacle } from '../../../identity-agent/doctor/service.ts';
import { listenerNames } from '../../boot/addresses.ts';
import type { Check, Subject } from './check.ts';

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

async function judgeFree({ of, port }: Port): Promise<Finding> {
  if (port > 65_535) return wrong(`There is no port ${port}.`, 'Choose a --port-base of 65530 or less.', of);
  const code = await portObstacle(port);
  if (code === undefined) return ok(`${port} is free.`, of);
  if (code === 'EACCES')
    return wrong(`Port ${port} needs rights that this user lacks.`, 'Choose another --port-base.', of);
  const owner = portOwner(port);
  return wrong(
    `Port ${port} is used by ${owner ? ownerText(owner) : 'another process'}.`,
    'Stop what uses it, or start with another --port-base.',
    of,
  );
}

function judgeUsed({ of, port }: Port, own: number | undefined): Finding[] {
  const owner = portOwner(port);
  // The check of the services tests whether a service responds.
  if (!owner) return [];
  if (owner.pid === undefined || own === undefined) return [ok(`${port}: ${ownerText(owner)}`, of)];
  if (owner.pid === own) return [ok(`${port}: this instance (process ${own})`, of)];
  // Services of one installation may run in separate processes (--only).
  if (owner.name.includes('cli/main.ts')) return [ok(`${port}: another of ours, ${ownerText(owner)}`, of)];
  return [
    wrong(
      `Port ${port} is used by ${ownerText(owner)}, not by this instance (process ${own}).`,
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

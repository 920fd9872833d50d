import { lookup } from 'node:dns/promises';
import { reasonOf } from '@alongside/kernel/errors';
import { environment } from '@alongside/kernel/operator';
import { portOwner, portRefused } from '@alongside/kernel/port-owner';
import { type Finding, ok, wrong } from '../../../identity-agent/doctor/report.ts';
import { ownerText, portObstacle } from '../../../identity-agent/doctor/service.ts';
import { portsFrom } from '../../boot/addresses.ts';
import { respondsAt } from './services.ts';
import type { Check, ConsoleState, Subject } from './subject.ts';

// Checks of this machine: Node.js, clock, localhost, proxy variables.

const oldestNode = 24;

export const judgeNode = (version: string): Finding =>
  Number(version.split('.')[0]) >= oldestNode
    ? ok(`Node.js ${version}`)
    : wrong(
        `Node.js ${version} is too old: ${oldestNode} or newer is needed.`,
        'Install a newer Node.js; in the clone, "npx alongside" prepares one.',
      );

export const node: Check = { name: 'node', run: () => [judgeNode(process.versions.node)] };

/** Tolerated clock difference of another machine's signed request, in milliseconds. */
const tolerated = 10_000;

export function judgeClock({ clock, asked, answered }: ConsoleState): Finding[] {
  const { offsetSeconds } = clock;
  const theirs = Date.parse(clock.now) - offsetSeconds * 1000;
  // The server responded at some moment between the two.
  const off = theirs < asked ? theirs - asked : Math.max(0, theirs - answered);
  const findings = [
    Math.abs(off) > tolerated
      ? wrong(
          `The clock of the console's machine is ${Math.abs(Math.round(off / 1000))} s ${off > 0 ? 'ahead of' : 'behind'} this one's.`,
          'Let both machines take the time from the network (NTP): sign-ins with old or future times are refused.',
        )
      : ok("The clocks of the console's machine and this one agree."),
  ];
  if (offsetSeconds !== 0)
    findings.push({
      outcome: 'remark',
      detail: `The clock of the services was moved by ${offsetSeconds} s for a test.`,
      fix: 'DELETE /api/v1/clock at the console returns to real time.',
    });
  return findings;
}

export const clock: Check = { name: 'clock', run: ({ console }) => (console ? judgeClock(console) : []) };

const hostsFix =
  'Let the file of hosts (/etc/hosts, or drivers\\etc\\hosts on Windows) have the line "127.0.0.1 localhost".';

/** @param addresses of the name, in order */
export function judgeLocalhost(addresses: readonly string[]): Finding {
  const shown = addresses.join(', ');
  if (addresses.includes('127.0.0.1')) return ok(`localhost is ${shown}.`);
  if (addresses.every((address) => address === '::1'))
    return wrong(`localhost is ${shown} alone, and the services listen on 127.0.0.1.`, hostsFix);
  return wrong(`localhost is ${shown}, which is not this machine's 127.0.0.1.`, hostsFix);
}

export const localhost: Check = {
  name: 'localhost',
  async run() {
    try {
      const found = await lookup('localhost', { all: true, order: 'verbatim' });
      return [judgeLocalhost(found.map(({ address }) => address))];
    } catch (error) {
      return [wrong(`localhost has no address: ${reasonOf(error)}.`, hostsFix)];
    }
  },
};

/** Variables for plain HTTP on this machine; proxies for https only do not matter. */
const proxies = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];
const hosts = ['localhost', '127.0.0.1'];

type Variables = Readonly<Record<string, string | undefined>>;

/** Returns whether an entry of NO_PROXY matches a host, as most programs interpret it. */
function excepts(entry: string, host: string): boolean {
  const plain = entry
    .trim()
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\*?\./, '');
  return plain === '*' || plain === host || (host === '127.0.0.1' && /^127\.0\.0\.0\/\d+$/.test(plain));
}

export function judgeProxy(variables: Variables): Finding {
  const set = proxies.find((name) => variables[name]);
  if (set === undefined) return ok('No proxy is set for plain HTTP.');
  const entries = (variables.no_proxy || variables.NO_PROXY || '').split(/[\s,]+/);
  const caught = hosts.filter((host) => !entries.some((entry) => excepts(entry, host)));
  if (caught.length === 0) return ok(`${set} is set and leaves this machine out.`);
  return wrong(
    `${set} is set and would catch ${caught.join(' and ')}.`,
    'Set NO_PROXY and no_proxy to "localhost,127.0.0.1,::1", with the existing entries.',
  );
}

export const proxy: Check = { name: 'proxy', run: () => [judgeProxy(environment())] };

interface Port {
  of: string;
  port: number;
}

const isLoopback = ({ hostname }: URL): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

/** Returns the ports of the instance: from its addresses on this machine, else consecutive from the base. */
function portsOf({ console, stateFile, portBase }: Subject): Port[] {
  const urls = console?.urls ?? (stateFile && 'state' in stateFile ? stateFile.state.urls : undefined);
  if (!urls)
    return Object.entries(portsFrom(portBase)).flatMap(([of, port]) =>
      of.endsWith('MutualTls') ? [] : [{ of, port }],
    );
  const { cis2Issuer, ...others } = urls;
  return Object.entries({ ...others, cis2: cis2Issuer }).flatMap(([of, address]) => {
    const url = new URL(address);
    return isLoopback(url) && url.port !== '' ? [{ of, port: Number(url.port) }] : [];
  });
}

async function judgeFree({ of, port }: Port): Promise<Finding> {
  if (port > 65_535) return wrong(`There is no port ${port}.`, 'Choose a --port-base of 65526 or less.', of);
  const code = await portObstacle(port);
  if (code === undefined) return ok(`${port} is free.`, of);
  if (code === 'EACCES') return wrong(`${portRefused(port)}.`, 'Choose another --port-base.', of);
  const owner = portOwner(port);
  return wrong(
    `Port ${port} is used by ${owner ? ownerText(owner) : 'another process'}.`,
    'Stop what uses it, or start with another --port-base.',
    of,
  );
}

async function judgeUsed(
  { of, port }: Port,
  own: number | undefined,
  { urls }: ConsoleState,
): Promise<Finding[]> {
  const owner = portOwner(port);
  // The check of the services tests whether a service responds.
  if (!owner) return [];
  if (owner.pid === undefined || own === undefined) return [ok(`${port}: ${ownerText(owner)}`, of)];
  if (owner.pid === own) return [ok(`${port}: this instance (process ${own})`, of)];
  // Services of one installation may run in separate processes (--only).
  if (owner.name.includes('cli/main.ts')) return [ok(`${port}: another of ours, ${ownerText(owner)}`, of)];
  // The address leads to a service of this instance, so a proxy is in front of it.
  if (await respondsAt(port, urls))
    return [ok(`${port}: ${ownerText(owner)}, in front of this instance`, of)];
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
    const { console } = subject;
    return (await Promise.all(list.map((port) => judgeUsed(port, own, console)))).flat();
  },
};

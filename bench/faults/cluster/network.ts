import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const nodeNames = ['db1', 'db2', 'db3'] as const;
export type NodeName = (typeof nodeNames)[number];

/** The name of a server, as in the files of deploy/patroni/. */
export const hostOf = (name: NodeName): string => `${name}.internal`;
/** The name of the local proxy that leads to the primary. */
export const proxyHost = 'database.internal';

const addressOf = (name: NodeName): string => `10.99.0.${1 + Number(name.slice(2))}`;
const bridge = '10.99.0.1';
const nobody = '02:00:00:00:00:01';

const run = (program: string, ...words: string[]): string =>
  execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const ip = (words: string): string => run('ip', ...words.split(' '));
/** A command line in the network of a server. */
export const inNetwork = (name: NodeName): string[] => ['ip', 'netns', 'exec', name];
const ipOf = (name: NodeName, words: string): string => ip(`netns exec ${name} ip ${words}`);

/** Makes a network for each server and a bridge between them. Everything is part of the namespaces of this process. */
export function makeNetwork(folder: string): void {
  mkdirSync('/run/netns', { recursive: true });
  run('mount', '-t', 'tmpfs', 'tmpfs', '/run/netns');
  const hosts = join(folder, 'hosts');
  const lines = nodeNames.map((name) => `${addressOf(name)} ${hostOf(name)}`);
  writeFileSync(
    hosts,
    ['127.0.0.1 localhost', `127.0.0.1 ${proxyHost}`, '::1 localhost', ...lines, ''].join('\n'),
  );
  run('mount', '--bind', hosts, '/etc/hosts');
  ip('link set lo up');
  ip('link add cluster type bridge');
  ip(`addr add ${bridge}/24 dev cluster`);
  ip('link set cluster up');
  for (const name of nodeNames) {
    ip(`netns add ${name}`);
    ip(`link add ${name} type veth peer name eth0 netns ${name}`);
    ip(`link set ${name} master cluster up`);
    ipOf(name, `addr add ${addressOf(name)}/24 dev eth0`);
    ipOf(name, 'link set lo up');
    ipOf(name, 'link set eth0 up');
  }
}

/** Cuts a server off from everyone: no packet arrives, none returns. Returns a function that ends it. */
export function cutOff(name: NodeName): () => void {
  ip(`link set ${name} down`);
  return () => void ip(`link set ${name} up`);
}

/** Cuts a server off from the other two, but not from its clients. Returns a function that ends it. */
export function cutFromOthers(name: NodeName): () => void {
  const others = nodeNames.filter((other) => other !== name);
  const links = others.flatMap((other) => [[name, other] as const, [other, name] as const]);
  // Packets for a machine that does not exist vanish.
  for (const [from, to] of links)
    ipOf(from, `neigh replace ${addressOf(to)} lladdr ${nobody} dev eth0 nud permanent`);
  return () => {
    for (const [from, to] of links) ipOf(from, `neigh del ${addressOf(to)} dev eth0`);
  };
}

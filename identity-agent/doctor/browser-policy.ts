import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import { type Check, type Finding, ok, remark, type Subject, wrong } from './check.ts';

/** Where browsers of the Chromium family read managed policies on Linux. */
const folders = [
  '/etc/chromium/policies/managed',
  '/etc/chromium-browser/policies/managed',
  '/etc/opt/chrome/policies/managed',
  '/etc/opt/edge/policies/managed',
  '/etc/brave/policies/managed',
];

/** One file of policies. */
export interface PolicyFile {
  file: string;
  policies: Record<string, unknown>;
}

const form = /^(?:(\*|[a-z][a-z0-9+.-]*):\/\/)?(\.?)(\[[^\]]*\]|[^/:]*)(?::(\d+|\*))?(?:\/\*?)?$/i;

/** Whether a pattern of a browser policy stands for everything at an address. */
export function patternCovers(pattern: string, url: URL): boolean {
  const [whole = '', scheme = '*', exact, host = '', port = '*'] = form.exec(pattern.trim()) ?? [];
  if (whole === '') return false;
  const fits = (asked: string, is: string) => asked === '*' || asked.toLowerCase() === is;
  if (!fits(scheme, url.protocol.slice(0, -1)) || !fits(port, url.port)) return false;
  const name = host.toLowerCase().replace(/^(\[\*\.\]|\*\.)/, '');
  return (
    name === '' || name === '*' || url.hostname === name || (!exact && url.hostname.endsWith(`.${name}`))
  );
}

const covering = (value: unknown, url: URL): string | undefined =>
  Array.isArray(value)
    ? value.find((entry): entry is string => typeof entry === 'string' && patternCovers(entry, url))
    : undefined;

/** Where the pages are that a browser must reach, and whether CIS2's own page is to call the agent. */
export interface Hops {
  agent: URL;
  cis2: URL | undefined;
  fetchTransport: boolean;
}

const granting = ['LoopbackNetworkAllowedForUrls', 'LocalNetworkAccessAllowedForUrls'];
const denying = ['LoopbackNetworkBlockedForUrls', 'LocalNetworkAccessBlockedForUrls'];

function judgeFile({ file, policies }: PolicyFile, { agent, cis2 }: Hops): Finding[] {
  const findings: Finding[] = [];
  for (const url of [agent, cis2]) {
    const pattern = url && covering(policies.URLBlocklist, url);
    if (url && pattern !== undefined && covering(policies.URLAllowlist, url) === undefined)
      findings.push(
        wrong(
          `${file}: URLBlocklist has "${pattern}", which keeps the browser from ${url.origin}.`,
          `Add "${url.host}" to URLAllowlist.`,
        ),
      );
  }
  const settings = (policies.ProxySettings ?? {}) as Record<string, unknown>;
  if (String(policies.ProxyBypassList ?? settings.ProxyBypassList ?? '').includes('<-loopback>'))
    findings.push(
      wrong(
        `${file}: ProxyBypassList has "<-loopback>", which sends what is meant for this machine to a proxy.`,
        'Take "<-loopback>" out of it.',
      ),
    );
  for (const name of denying)
    if (cis2 && covering(policies[name], cis2) !== undefined)
      findings.push(
        remark(
          `${file}: ${name} covers ${cis2.origin}. Signing in goes by navigation and works all the same.`,
        ),
      );
  return findings;
}

/** What the managed policies mean for a sign-in. */
export function judgePolicies(files: readonly PolicyFile[], hops: Hops): Finding[] {
  const { cis2, fetchTransport } = hops;
  const findings = files.flatMap((file) => judgeFile(file, hops));
  const granted =
    cis2 &&
    files.some(({ policies }) => granting.some((name) => covering(policies[name], cis2) !== undefined));
  if (fetchTransport && cis2 && !granted)
    findings.push(
      remark(
        `"fetchTransport" is on, but no browser policy lets ${cis2.origin} call this machine: sign-ins go by navigation.`,
        `Set LoopbackNetworkAllowedForUrls to ["${cis2.origin}"].`,
      ),
    );
  return findings.length > 0 ? findings : [ok('No managed policy keeps the browser from this machine.')];
}

function readFolder(folder: string): (PolicyFile | Finding)[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
  return names.sort().map((name) => {
    const file = join(folder, name);
    try {
      return { file, policies: (JSON.parse(readFileSync(file, 'utf8')) ?? {}) as Record<string, unknown> };
    } catch (error) {
      return remark(`${file} cannot be read: ${reasonOf(error)}.`);
    }
  });
}

function hopsOf({ agent, settings, url }: Subject): Hops {
  const issuer = agent?.configuration.cis2Issuer ?? settings?.settings.cis2Issuer;
  return {
    agent: new URL(url),
    cis2: issuer === undefined ? undefined : new URL(issuer),
    fetchTransport: agent?.configuration.fetchTransport ?? settings?.settings.fetchTransport ?? false,
  };
}

export const browserPolicy: Check = {
  name: 'browser-policy',
  run(subject) {
    if (process.platform !== 'linux')
      return [
        remark('Browser policies are looked at on Linux alone.', 'Open chrome://policy or edge://policy.'),
      ];
    const read = folders.flatMap(readFolder);
    const files = read.filter((entry) => 'policies' in entry);
    return [...read.filter((entry) => 'outcome' in entry), ...judgePolicies(files, hopsOf(subject))];
  },
};

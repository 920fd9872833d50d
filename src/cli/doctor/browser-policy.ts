import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import { type Check, type Finding, ok, type Subject, wrong } from './check.ts';
import { patternCovers } from './url-pattern.ts';

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

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];

/** Policies that keep a hosted page's own requests from this machine. The hand-off goes by navigation, which they let through. */
const requestRules = ['LoopbackNetworkBlockedForUrls', 'LocalNetworkAccessBlockedForUrls'];

function blocked({ file, policies }: PolicyFile, addresses: readonly URL[]): Finding[] {
  const allowed = texts(policies.URLAllowlist);
  return texts(policies.URLBlocklist).flatMap((pattern) => {
    const hit = addresses.find(
      (url) => patternCovers(pattern, url) && !allowed.some((entry) => patternCovers(entry, url)),
    );
    if (!hit) return [];
    return [
      wrong(
        `${file}: URLBlocklist has "${pattern}", which keeps the browser from ${hit.origin}.`,
        `Add "${hit.host}" to URLAllowlist.`,
      ),
    ];
  });
}

function proxied({ file, policies }: PolicyFile): Finding[] {
  const settings = (policies.ProxySettings ?? {}) as Record<string, unknown>;
  const bypass = String(policies.ProxyBypassList ?? settings.ProxyBypassList ?? '');
  if (!bypass.includes('<-loopback>')) return [];
  return [
    wrong(
      `${file}: ProxyBypassList has "<-loopback>", which sends what is meant for this machine to a proxy.`,
      'Take "<-loopback>" out of it.',
    ),
  ];
}

function hindered({ file, policies }: PolicyFile, addresses: readonly URL[]): Finding[] {
  return requestRules.flatMap((name) =>
    texts(policies[name])
      .filter((pattern) => addresses.some((url) => patternCovers(pattern, url)))
      .map(
        (pattern): Finding => ({
          outcome: 'remark',
          detail: `${file}: ${name} has "${pattern}": pages cannot call the Identity Agent themselves. Signing in goes by navigation and works.`,
        }),
      ),
  );
}

/** @param addresses that the browser must reach */
export function judgePolicies(files: readonly PolicyFile[], addresses: readonly URL[]): Finding[] {
  const found = files.flatMap((file) => [
    ...blocked(file, addresses),
    ...proxied(file),
    ...hindered(file, addresses),
  ]);
  return found.length > 0 ? found : [ok('No managed policy keeps the browser from this machine.')];
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
      return { outcome: 'remark', detail: `${file} cannot be read: ${reasonOf(error)}.` } as const;
    }
  });
}

function addressesOf({ console, portBase }: Subject): URL[] {
  if (console) return Object.values(console.urls).map((url) => new URL(url));
  return [`http://localhost:${portBase + 2}`, `http://127.0.0.1:${portBase + 3}`]
    .filter((url) => URL.canParse(url))
    .map((url) => new URL(url));
}

export const browserPolicy: Check = {
  name: 'browser-policy',
  run(subject) {
    if (process.platform !== 'linux') return [];
    const read = folders.flatMap(readFolder);
    const files = read.filter((entry) => 'policies' in entry);
    const damaged = read.filter((entry) => 'outcome' in entry);
    return [...damaged, ...judgePolicies(files, addressesOf(subject))];
  },
};

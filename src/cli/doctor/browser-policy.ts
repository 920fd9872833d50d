import {
  managedPolicies,
  type PolicyFile,
  patternCovers,
  proxiesLoopback,
  requestDenials,
} from '@alongside/kernel/browser-policies';
import { type Check, type Finding, ok, type Subject, wrong } from './check.ts';

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];

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

function proxied(from: PolicyFile): Finding[] {
  if (!proxiesLoopback(from)) return [];
  return [
    wrong(
      `${from.file}: ProxyBypassList has "<-loopback>", which sends what is meant for this machine to a proxy.`,
      'Take "<-loopback>" out of it.',
    ),
  ];
}

function hindered({ file, policies }: PolicyFile, addresses: readonly URL[]): Finding[] {
  return requestDenials.flatMap((name) =>
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

function addressesOf({ console, portBase }: Subject): URL[] {
  if (console) return Object.values(console.urls).map((url) => new URL(url));
  return [`http://localhost:${portBase + 2}`, `http://127.0.0.1:${portBase + 3}`]
    .filter((url) => URL.canParse(url))
    .map((url) => new URL(url));
}

export const browserPolicy: Check = {
  name: 'browser-policy',
  run(subject) {
    if (process.platform !== 'linux' || subject.inProduction) return [];
    const { files, damaged } = managedPolicies();
    const unread = damaged.map(
      ({ file, problem }): Finding => ({ outcome: 'remark', detail: `${file} cannot be read: ${problem}.` }),
    );
    return [...unread, ...judgePolicies(files, addressesOf(subject))];
  },
};

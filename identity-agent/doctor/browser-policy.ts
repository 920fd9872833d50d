import {
  managedPolicies,
  type PolicyFile,
  patternCovers,
  proxiesLoopback,
  requestDenials,
} from '@alongside/kernel/browser-policies';
import type { Check, Subject } from './check.ts';
import { type Finding, ok, remark, wrong } from './report.ts';

/** Returns the first entry of a policy's list that matches an address. */
const covering = (value: unknown, url: URL): string | undefined =>
  Array.isArray(value)
    ? value.find((entry): entry is string => typeof entry === 'string' && patternCovers(entry, url))
    : undefined;

/** The addresses that a browser must reach, and whether CIS2's own page calls the agent. */
export interface Hops {
  agent: URL;
  cis2: URL | undefined;
  fetchTransport: boolean;
}

const granting = ['LoopbackNetworkAllowedForUrls', 'LocalNetworkAccessAllowedForUrls'];

function judgeFile(from: PolicyFile, { agent, cis2 }: Hops): Finding[] {
  const { file, policies } = from;
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
  if (proxiesLoopback(from))
    findings.push(
      wrong(
        `${file}: ProxyBypassList has "<-loopback>", which sends what is meant for this machine to a proxy.`,
        'Take "<-loopback>" out of it.',
      ),
    );
  for (const name of requestDenials)
    if (cis2 && covering(policies[name], cis2) !== undefined)
      findings.push(
        remark(`${file}: ${name} covers ${cis2.origin}. Sign-ins use navigation and still work.`),
      );
  return findings;
}

/** Returns the effects of the managed policies on a sign-in. */
export function judgePolicies(files: readonly PolicyFile[], hops: Hops): Finding[] {
  const { cis2, fetchTransport } = hops;
  const findings = files.flatMap((file) => judgeFile(file, hops));
  const granted =
    cis2 &&
    files.some(({ policies }) => granting.some((name) => covering(policies[name], cis2) !== undefined));
  if (fetchTransport && cis2 && !granted)
    findings.push(
      remark(
        `"fetchTransport" is on, but no browser policy lets ${cis2.origin} call this machine: sign-ins use navigation.`,
        `Set LoopbackNetworkAllowedForUrls to ["${cis2.origin}"].`,
      ),
    );
  return findings.length > 0 ? findings : [ok('No managed policy keeps the browser from this machine.')];
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
        remark('Browser policies are checked on Linux only.', 'Open chrome://policy or edge://policy.'),
      ];
    const { files, damaged } = managedPolicies();
    const unread = damaged.map(({ file, problem }) => remark(`${file} cannot be read: ${problem}.`));
    return [...unread, ...judgePolicies(files, hopsOf(subject))];
  },
};

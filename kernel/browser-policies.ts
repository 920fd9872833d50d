import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from './errors.ts';
import { isObject } from './json.ts';

// The checks of managed browser policies for both doctors, of the installation and of the workstation.

/** Folders of managed policies for browsers of the Chromium family on Linux. */
const folders = [
  '/etc/chromium/policies/managed',
  '/etc/chromium-browser/policies/managed',
  '/etc/opt/chrome/policies/managed',
  '/etc/opt/edge/policies/managed',
  '/etc/brave/policies/managed',
];

export interface PolicyFile {
  file: string;
  policies: Record<string, unknown>;
}

/** A file that cannot be read as policies. */
export interface DamagedPolicyFile {
  file: string;
  problem: string;
}

const form = /^(?:(\*|[a-z][a-z0-9+.-]*):\/\/)?(\.?)(\[[^\]]*\]|[^/:]*)(?::(\d+|\*))?(?:\/\*?)?$/i;

/**
 * Returns whether a pattern of a browser policy matches every path at an address: `*`, `localhost`,
 * `.localhost`, `http://127.0.0.1:8403`. A pattern for some paths only does not.
 */
export function patternCovers(pattern: string, url: URL): boolean {
  const [whole = '', scheme = '*', exact, host = '', port = '*'] = form.exec(pattern.trim()) ?? [];
  if (whole === '') return false;
  const fits = (asked: string, is: string) => asked === '*' || asked.toLowerCase() === is;
  if (!fits(scheme, url.protocol.slice(0, -1)) || !fits(port, url.port)) return false;
  const name = host.toLowerCase().replace(/^(\[\*\.\]|\*\.)/, '');
  // A leading dot means exactly this host.
  return (
    name === '' || name === '*' || url.hostname === name || (!exact && url.hostname.endsWith(`.${name}`))
  );
}

/** Returns whether requests to this machine go through a proxy. */
export function proxiesLoopback({ policies }: PolicyFile): boolean {
  const settings = (policies.ProxySettings ?? {}) as Record<string, unknown>;
  return String(policies.ProxyBypassList ?? settings.ProxyBypassList ?? '').includes('<-loopback>');
}

/** Policies that block a hosted page's own requests to this machine. They do not affect the hand-off, which navigates. */
export const requestDenials = ['LoopbackNetworkBlockedForUrls', 'LocalNetworkAccessBlockedForUrls'];

function readFolder(folder: string): (PolicyFile | DamagedPolicyFile)[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
  return names.sort().map((name) => {
    const file = join(folder, name);
    try {
      const policies: unknown = JSON.parse(readFileSync(file, 'utf8'));
      return { file, policies: isObject(policies) ? policies : {} };
    } catch (error) {
      return { file, problem: reasonOf(error) };
    }
  });
}

/** Reads the managed policies of this machine. */
export function managedPolicies(): { files: PolicyFile[]; damaged: DamagedPolicyFile[] } {
  const read = folders.flatMap(readFolder);
  return {
    files: read.filter((entry) => 'policies' in entry),
    damaged: read.filter((entry) => 'problem' in entry),
  };
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from './errors.ts';

// What the doctors of the installation and of the desk ask of managed browser policies.

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

/** A file that is no file of policies. */
export interface DamagedPolicyFile {
  file: string;
  problem: string;
}

const form = /^(?:(\*|[a-z][a-z0-9+.-]*):\/\/)?(\.?)(\[[^\]]*\]|[^/:]*)(?::(\d+|\*))?(?:\/\*?)?$/i;

/**
 * Whether a pattern of a browser policy stands for everything at an address: `*`, `localhost`, `.localhost`,
 * `http://127.0.0.1:8403`. One for some paths alone does not.
 */
export function patternCovers(pattern: string, url: URL): boolean {
  const [whole = '', scheme = '*', exact, host = '', port = '*'] = form.exec(pattern.trim()) ?? [];
  if (whole === '') return false;
  const fits = (asked: string, is: string) => asked === '*' || asked.toLowerCase() === is;
  if (!fits(scheme, url.protocol.slice(0, -1)) || !fits(port, url.port)) return false;
  const name = host.toLowerCase().replace(/^(\[\*\.\]|\*\.)/, '');
  // A dot in front means this host alone.
  return (
    name === '' || name === '*' || url.hostname === name || (!exact && url.hostname.endsWith(`.${name}`))
  );
}

/** Whether what is meant for this machine goes to a proxy. */
export function proxiesLoopback({ policies }: PolicyFile): boolean {
  const settings = (policies.ProxySettings ?? {}) as Record<string, unknown>;
  return String(policies.ProxyBypassList ?? settings.ProxyBypassList ?? '').includes('<-loopback>');
}

/** Policies that keep a hosted page's own requests from this machine. The hand-off goes by navigation, which they let through. */
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
      return { file, policies: (JSON.parse(readFileSync(file, 'utf8')) ?? {}) as Record<string, unknown> };
    } catch (error) {
      return { file, problem: reasonOf(error) };
    }
  });
}

/** The managed policies of this machine. */
export function managedPolicies(): { files: PolicyFile[]; damaged: DamagedPolicyFile[] } {
  const read = folders.flatMap(readFolder);
  return {
    files: read.filter((entry) => 'policies' in entry),
    damaged: read.filter((entry) => 'problem' in entry),
  };
}

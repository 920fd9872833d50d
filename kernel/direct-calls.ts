import { isLoopbackName } from './networks.ts';
import { http } from './node-http.ts';
import { environment } from './operator.ts';

// Node.js sends calls to the proxy of the environment with NODE_USE_ENV_PROXY=1. A proxy elsewhere cannot reach this machine.

type Variables = Readonly<Record<string, string | undefined>>;

const thisMachine = ['localhost', '127.0.0.1'];
const own = new Set<string>();

/** Whether a host is this machine or one of the installation. */
export const isCalledDirectly = (hostname: string): boolean => isLoopbackName(hostname) || own.has(hostname);

/** Returns NO_PROXY and no_proxy with this machine and these hosts, besides the existing entries. */
export function exceptionsFor(
  variables: Variables,
  hosts: readonly string[] = [],
): Record<'NO_PROXY' | 'no_proxy', string> {
  const existing = (name: string) => (variables[name] ?? '').split(/[\s,]+/).filter(Boolean);
  // Programs differ in which of the two they read.
  const all = [...new Set([...existing('NO_PROXY'), ...existing('no_proxy'), ...thisMachine, ...hosts])].join(
    ',',
  );
  return { NO_PROXY: all, no_proxy: all };
}

/** Makes this process call this machine and these addresses without the proxy of the environment. */
export function callDirectly(addresses: readonly string[] = []): void {
  for (const address of addresses) own.add(new URL(address).hostname);
  const usesProxy =
    (http.globalAgent as { options?: { proxyEnv?: Variables } }).options?.proxyEnv !== undefined;
  // Also for `fetch`; older releases of Node.js 24 have no such function.
  if (usesProxy && 'setGlobalProxyFromEnv' in http)
    http.setGlobalProxyFromEnv({ ...environment(), ...exceptionsFor(environment(), [...own]) });
}

/** Returns the variable of the environment that names a proxy for an address, if one is set. */
function proxyVariable(address: string, variables: Variables): string | undefined {
  const secure = URL.parse(address)?.protocol === 'https:';
  const names = secure ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
  return [...names, 'all_proxy', 'ALL_PROXY'].find((name) => variables[name]);
}

/** Returns a sentence about the proxy of the environment for the error of a failed call; empty without a proxy. */
export function proxyNote(
  address: string,
  { direct = isCalledDirectly(URL.parse(address)?.hostname ?? '') }: { direct?: boolean } = {},
  variables: Variables = environment(),
): string {
  const variable = proxyVariable(address, variables);
  if (variable === undefined) return '';
  return direct
    ? ` The proxy of ${variable} is not used for this address.`
    : ` ${variable} names a proxy: it is used with NODE_USE_ENV_PROXY=1, except for the hosts in NO_PROXY.`;
}

import { environment } from '@alongside/kernel/operator';
import { type Check, type Finding, ok, wrong } from './check.ts';

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

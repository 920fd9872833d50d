import type { StateFile } from '../../state-file.ts';
import { type Check, type Finding, ok, wrong } from './check.ts';
import { ask } from './http.ts';

type Urls = StateFile['urls'];

interface Probe {
  of: string;
  address: (urls: Urls) => string;
  /** The issuer that the answer must name, byte for byte. */
  issuer?: (urls: Urls) => string;
}

/** What each part answers when it is well. */
const probes: readonly Probe[] = [
  { of: 'console', address: ({ console }) => `${console}/readyz` },
  { of: 'authorisation', address: ({ api }) => `${api}/oauth2/_ping` },
  {
    of: 'authorisation, standard profile',
    address: ({ api }) => `${api}/.well-known/oauth-authorization-server/oauth2.1`,
    issuer: ({ api }) => `${api}/oauth2.1`,
  },
  { of: 'gateway, PDS', address: ({ api }) => `${api}/personal-demographics/FHIR/R4/_ping` },
  { of: 'gateway, hello-world', address: ({ api }) => `${api}/hello-world/_ping` },
  {
    of: 'cis2',
    address: ({ cis2Issuer }) => `${cis2Issuer}/.well-known/openid-configuration`,
    issuer: ({ cis2Issuer }) => cis2Issuer,
  },
  { of: 'identity-agent', address: ({ identityAgent }) => `${identityAgent}/healthz` },
  { of: 'cis', address: ({ cis }) => `${cis}/healthz` },
  { of: 'sample', address: ({ sample }) => `${sample}/` },
];

/** What production leaves to the desks, or does not have. */
const ofDevelopment = ['identity-agent', 'sample'];

async function judge({ of, address, issuer }: Probe, urls: Urls): Promise<Finding> {
  const asked = address(urls);
  const { status, body, problem } = await ask(asked);
  if (status === undefined)
    return wrong(
      `Nobody answers at ${asked} (${problem}).`,
      `Start this part, on this machine or where ${new URL(asked).origin} leads. The log says why it ended.`,
      of,
    );
  if (status !== 200)
    return wrong(
      `${asked} answers ${status}.`,
      status === 503
        ? 'Its storage does not answer: look whether the database runs and the disk has room.'
        : 'Something else answers there, or a proxy stands between. Look at the check of the ports.',
      of,
    );
  const named = (body as { issuer?: unknown } | undefined)?.issuer;
  const expected = issuer?.(urls);
  if (expected !== undefined && named !== expected)
    return wrong(
      `${asked} names the issuer ${String(named)}, the configuration ${expected}.`,
      'Give every process the same --url-api and --url-cis2, without a slash at the end.',
      of,
    );
  return ok(asked, of);
}

export const services: Check = {
  name: 'service',
  async run({ console, origin, silence, inProduction }) {
    const due = probes.filter(({ of }) => !(inProduction && ofDevelopment.includes(of)));
    if (console) return Promise.all(due.map((probe) => judge(probe, console.urls)));
    return [
      wrong(
        `No instance answers at ${origin} (${silence}).`,
        'Start one with "npm start", or say which one is meant with --port-base or --state.',
        'console',
      ),
    ];
  },
};

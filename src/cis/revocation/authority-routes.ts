import type { X509Certificate } from 'node:crypto';
import { json } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { admit, type Call, handler, type ServiceSecrets } from '../endpoint.ts';
import type { Authorities } from '../issuing-authority/authority.ts';
import type { CertificateRecords } from '../issuing-authority/certificate-records.ts';
import { type AuthoritiesAnswer, type AuthorityCertificate, paths } from '../protocol.ts';
import type { OwnCrl } from './own-crl.ts';

interface AuthorityDependencies {
  authorities: Authorities;
  records: CertificateRecords;
  crl: OwnCrl;
  clock: Clock;
  origin: string;
  serviceSecrets: ServiceSecrets;
}

type Start = Call<AuthorityDependencies>;

const iso = (time: number): string => new Date(time).toISOString();

const commonNameOf = ({ subject }: X509Certificate): string =>
  subject
    .split('\n')
    .find((line) => line.startsWith('CN='))
    ?.slice(3) ?? subject;

const shown = (certificate: X509Certificate, crl: AuthorityCertificate['crl']): AuthorityCertificate => ({
  name: commonNameOf(certificate),
  notBefore: certificate.validFromDate.toISOString(),
  notAfter: certificate.validToDate.toISOString(),
  fingerprint: certificate.fingerprint256,
  crl,
});

async function answerAuthorities({ cis }: Start & Passed<'caller'>) {
  const { authorities, records, clock, origin } = cis;
  const own = await authorities.find('own');
  if (!own) return json(200, { authorities: [] } satisfies AuthoritiesAnswer);
  const { thisUpdate, nextUpdate } = await cis.crl.validity();
  const crl = {
    address: `${origin}${paths.crl}`,
    thisUpdate: iso(thisUpdate),
    nextUpdate: iso(nextUpdate),
    revoked: (await records.revoked(clock.now())).length,
  };
  return json(200, {
    authorities: [shown(own.certificate, crl), shown(own.root, null)],
  } satisfies AuthoritiesAnswer);
}

const list = steps<Start>('cis.list-authorities').step(admit('console')).step(answerAuthorities);

/** `GET /console/authorities`: the certificates of the issuing authority, for the console. */
export const authorityRoutes = (cis: AuthorityDependencies): Route[] =>
  route(paths.authorities, { GET: handler(list, cis) });

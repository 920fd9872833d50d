import type { X509Certificate } from 'node:crypto';
import { Answer, json } from '@alongside/kernel/answer';
import { type Clock, isoTime } from '@alongside/kernel/clock';
import type { Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { admit, type Call, handler, type ServiceSecrets } from '../endpoint.ts';
import type { Authorities, Authority } from '../issuing-authority/authority.ts';
import type { CertificateRecords } from '../issuing-authority/certificate-records.ts';
import type { CisNetworkLimits } from '../limits.ts';
import { type AuthoritiesAnswer, type AuthorityCertificate, paths } from '../protocol.ts';
import type { CertificateStatus, OcspSubject, ParsedOcspRequest } from './ocsp-messages.ts';
import { type OwnCrl, ownRevocation } from './own-crl.ts';
import { reasonNumber } from './status.ts';

interface RevocationServices {
  clock: Clock;
  crl: OwnCrl;
  authorities: Authorities;
  records: CertificateRecords;
  networks: CisNetworkLimits;
  origin: string;
  serviceSecrets: ServiceSecrets;
}

type RevocationCall = Call<RevocationServices>;

const getPrefix = '/cards/ocsp/';

/** CRLs and OCSP responses need no authentication: they are signed (RFC 5280 section 3.4, RFC 6960 section 1). */
const signed = (contentType: string, der: Buffer) =>
  new Answer(200, { 'content-type': contentType, 'cache-control': 'no-store' }, new Uint8Array(der));

const ocspAnswer = (der: Buffer) => signed('application/ocsp-response', der);

/** Loads the OCSP messages, and pkijs with them, for the first request. */
const messages = () => import('./ocsp-messages.ts');

async function answerCrl({ cis }: RevocationCall) {
  return signed('application/pkix-crl', await cis.crl.current());
}

/** Responds `tryLater` above the limit (RFC 6960 section 2.3). */
const limitRequests = check('rate-limit', async function limitRequests({ request, cis }: RevocationCall) {
  if (await cis.networks.revocationCalls.admits(request.address)) return undefined;
  return ocspAnswer((await messages()).ocspFailure(3));
});

const readBody = ({ request }: RevocationCall) => ({ der: request.bytes ?? Buffer.alloc(0) });

/** Reads percent-encoded base64 (RFC 6960 appendix A.1). */
function readPath({ request }: RevocationCall): { der: Buffer } {
  try {
    return { der: Buffer.from(decodeURIComponent(request.path.slice(getPrefix.length)), 'base64') };
  } catch {
    return { der: Buffer.alloc(0) };
  }
}

async function parseRequest({ der }: { der: Buffer }) {
  const { parseOcspRequest, ocspFailure } = await messages();
  try {
    return { query: parseOcspRequest(der) };
  } catch {
    return ocspAnswer(ocspFailure(1));
  }
}

async function statusOf({ records, clock }: RevocationServices, serial: string): Promise<CertificateStatus> {
  const record = await records.find(serial);
  if (!record) return { is: 'unknown' };
  if (record.revokedAt === null) return { is: 'good' };
  const at = Math.min(record.revokedAt, clock.now());
  return { is: 'revoked', at, reason: reasonNumber(record.revocationReason) };
}

async function findStatuses({ cis, query }: RevocationCall & { query: ParsedOcspRequest }) {
  const { isOfIssuer } = await messages();
  const authority = await cis.authorities.ensure('own');
  const find = async (subject: OcspSubject): Promise<CertificateStatus> =>
    isOfIssuer(subject, authority.certificate) ? statusOf(cis, subject.serial) : { is: 'unknown' };
  const statuses = await Promise.all(
    query.certificates.map(async (subject) => ({ subject, status: await find(subject) })),
  );
  return { authority, statuses };
}

async function answerStatuses({
  cis,
  query,
  authority,
  statuses,
}: RevocationCall &
  Passed<'rate-limit'> & {
    query: ParsedOcspRequest;
    authority: Authority;
    statuses: { subject: OcspSubject; status: CertificateStatus }[];
  }) {
  const { buildOcspResponse } = await messages();
  const at = cis.clock.now();
  const plan = { statuses, nonce: query.nonce, issuer: authority.certificate, at };
  return ocspAnswer(
    await buildOcspResponse({ ...plan, nextUpdate: at + ownRevocation.valid }, authority.signWith),
  );
}

const crl = steps<RevocationCall>('cis.crl').step(answerCrl);
const posted = steps<RevocationCall>('cis.ocsp')
  .step(limitRequests)
  .step(readBody)
  .step(parseRequest)
  .step(findStatuses)
  .step(answerStatuses);
const inPath = steps<RevocationCall>('cis.ocsp-in-path')
  .step(limitRequests)
  .step(readPath)
  .step(parseRequest)
  .step(findStatuses)
  .step(answerStatuses);

/** `GET /cards/crl`, `POST /cards/ocsp` and `GET /cards/ocsp/{request}`: the revocation of cards of this installation. */
export const revocationRoutes = (cis: RevocationServices): Route[] => [
  ...route(paths.crl, { GET: handler(crl, cis) }),
  // One authority issues both, so it has one list.
  ...route(paths.signingCrl, { GET: handler(crl, cis) }),
  ...route('/cards/ocsp', { POST: handler(posted, cis, 8_192) }),
  ...route(`${getPrefix}*`, { GET: handler(inPath, cis) }),
];

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

async function answerAuthorities({ cis }: RevocationCall & Passed<'caller'>) {
  const { authorities, records, clock, origin } = cis;
  const own = await authorities.find('own');
  if (!own) return json(200, { authorities: [] } satisfies AuthoritiesAnswer);
  const { thisUpdate, nextUpdate } = await cis.crl.validity();
  const crl = {
    address: `${origin}${paths.crl}`,
    thisUpdate: isoTime(thisUpdate),
    nextUpdate: isoTime(nextUpdate),
    revoked: (await records.revoked(clock.now())).length,
  };
  return json(200, {
    authorities: [shown(own.certificate, crl), shown(own.root, null)],
  } satisfies AuthoritiesAnswer);
}

const list = steps<RevocationCall>('cis.list-authorities').step(admit('console')).step(answerAuthorities);

/** `GET /console/authorities`: the certificates of the issuing authority, for the console. */
export const authorityRoutes = (cis: RevocationServices): Route[] =>
  route(paths.authorities, { GET: handler(list, cis) });

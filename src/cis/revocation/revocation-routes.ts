import { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import type { Authorities } from '../issuing-authority/authority.ts';
import type { CertificateRecords } from '../issuing-authority/certificate-records.ts';
import type { CisNetworkLimits } from '../network-limits.ts';
import type { CertificateStatus, OcspQuestion } from './ocsp-messages.ts';
import { type OwnCrl, ownRevocation } from './own-crl.ts';
import { reasonNumber } from './reasons.ts';

export interface RevocationDeps {
  clock: Clock;
  crl: OwnCrl;
  authorities: Authorities;
  records: CertificateRecords;
  networks: CisNetworkLimits;
}

interface Start {
  request: HttpRequest;
}

const getPrefix = '/cards/ocsp/';

/** Both are public: what they say is signed (RFC 5280 section 3.4, RFC 6960 section 1). */
const signed = (contentType: string, der: Buffer) =>
  new Answer(200, { 'content-type': contentType, 'cache-control': 'no-store' }, new Uint8Array(der));

/** `GET /cards/crl`, `POST /cards/ocsp` and `GET /cards/ocsp/{request}`: which cards of ours were revoked. */
export function revocationRoutes(deps: RevocationDeps): Route[] {
  const { clock, crl, authorities, records, networks } = deps;
  const answerCrl = async () => signed('application/pkix-crl', await crl.current());

  /** `tryLater` (RFC 6960 section 2.3). */
  async function limitQuestions({ request }: Start) {
    if (await networks.revocationCalls.admits(request.address)) return undefined;
    const { ocspFailure } = await import('./ocsp-messages.ts');
    return signed('application/ocsp-response', ocspFailure(3));
  }

  const readPosted = ({ request }: Start) => ({ der: request.bytes ?? Buffer.alloc(0) });

  /** Base64, percent-encoded (RFC 6960 appendix A.1). */
  function readAddress({ request }: Start): { der: Buffer } {
    try {
      return { der: Buffer.from(decodeURIComponent(request.path.slice(getPrefix.length)), 'base64') };
    } catch {
      return { der: Buffer.alloc(0) };
    }
  }

  async function parseQuestion({ der }: { der: Buffer }) {
    const { parseOcspRequest, ocspFailure } = await import('./ocsp-messages.ts');
    try {
      return { question: parseOcspRequest(der) };
    } catch {
      return signed('application/ocsp-response', ocspFailure(1));
    }
  }

  async function statusOf(serial: string): Promise<CertificateStatus> {
    const record = await records.find(serial);
    if (!record) return { is: 'unknown' };
    if (record.revokedAt === null) return { is: 'good' };
    const at = Math.min(record.revokedAt, clock.now());
    return { is: 'revoked', at, reason: reasonNumber(record.revocationReason) };
  }

  async function findStatuses({ question }: { question: OcspQuestion }) {
    const { isOfIssuer } = await import('./ocsp-messages.ts');
    const authority = await authorities.ensure('own');
    const statuses = await Promise.all(
      question.certificates.map(async (asked) => ({
        asked,
        status: isOfIssuer(asked, authority.certificate.raw)
          ? await statusOf(asked.serial)
          : ({ is: 'unknown' } as const),
      })),
    );
    return { authority, statuses };
  }

  async function answerStatuses(
    known: { question: OcspQuestion } & Awaited<ReturnType<typeof findStatuses>>,
  ) {
    const { buildOcspResponse } = await import('./ocsp-messages.ts');
    const at = clock.now();
    const { authority, statuses, question } = known;
    const der = await buildOcspResponse(
      {
        statuses,
        nonce: question.nonce,
        issuer: authority.certificate.raw,
        at,
        nextUpdate: at + ownRevocation.good,
      },
      authority.signWith,
    );
    return signed('application/ocsp-response', der);
  }

  const list = steps<Start>().step(answerCrl);
  const posted = steps<Start>()
    .step(limitQuestions)
    .step(readPosted)
    .step(parseQuestion)
    .step(findStatuses)
    .step(answerStatuses);
  const addressed = steps<Start>()
    .step(limitQuestions)
    .step(readAddress)
    .step(parseQuestion)
    .step(findStatuses)
    .step(answerStatuses);
  return [
    { methods: ['GET'], path: '/cards/crl', endpoint: (request) => list.run({ request }) },
    {
      methods: ['POST'],
      path: '/cards/ocsp',
      endpoint: (request) => posted.run({ request }),
      bodyLimit: 8_192,
    },
    { methods: ['GET'], path: `${getPrefix}*`, endpoint: (request) => addressed.run({ request }) },
  ];
}

import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomDigits } from '@alongside/kernel/ids';
import {
  buildCertificate,
  type CertificatePlan,
  type Name,
  newSerial,
} from '../issuing-authority/x509-builder.ts';
import { buildCrl, type CrlPlan } from '../revocation/crl-builder.ts';
import type { ExternalIssuer } from '../revocation/external-issuers.ts';
import { buildOcspResponse, type CertificateStatus, parseOcspRequest } from '../revocation/ocsp-messages.ts';
import { newCardKey, type TestCard, testCard } from './cards.ts';
import { startTime } from './cis.ts';

const day = 86_400_000;
const importKey = (key: KeyObject): Promise<CryptoKey> =>
  crypto.subtle.importKey(
    'pkcs8',
    key.export({ type: 'pkcs8', format: 'der' }),
    { name: 'ECDSA', namedCurve: 'P-256' },
    false,
    ['sign'],
  );
const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

/** Creates an authority that issues cards, CRLs and OCSP responses. */
export async function newAuthority(commonName = 'Another Authority') {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name: Name = [
    ['C', 'GB'],
    ['CN', commonName],
  ];
  const signWith = await importKey(pair.privateKey);
  const issue = async (changes: Partial<CertificatePlan>) =>
    new X509Certificate(
      await buildCertificate(
        {
          serial: newSerial(),
          issuer: name,
          issuerKey: spki(pair.publicKey),
          subject: name,
          subjectKey: spki(pair.publicKey),
          notBefore: startTime - day,
          notAfter: startTime + 365 * day,
          keyUsage: { bits: 0x80, unused: 7 },
          ...changes,
        },
        signWith,
      ),
    );
  const certificate = await issue({ keyUsage: { bits: 0x06, unused: 1 }, authority: { pathLength: 0 } });

  /** Issues a card. */
  async function card(
    uid: string,
    changes: Partial<CertificatePlan> = {},
  ): Promise<TestCard & { x509: X509Certificate }> {
    const key = newCardKey();
    const x509 = await issue({ subject: [['CN', uid]], subjectKey: spki(key.publicKey), ...changes });
    const der = x509.raw.toString('base64');
    const certificates = { authentication: der, signing: der };
    return { ...testCard(uid, randomDigits(12), certificates, key.privateKey), x509 };
  }

  const crl = (
    revoked: readonly X509Certificate[],
    changes: Partial<CrlPlan> = {},
    by: CryptoKey = signWith,
  ) =>
    buildCrl(
      {
        issuer: name,
        issuerKey: spki(pair.publicKey),
        number: 1,
        thisUpdate: startTime,
        nextUpdate: startTime + day,
        revoked: revoked.map(({ serialNumber }) => ({ serial: serialNumber, at: startTime, reason: 1 })),
        ...changes,
      },
      by,
    );

  interface OcspPlan {
    status?: CertificateStatus;
    at?: number;
    nextUpdate?: number;
    nonce?: Buffer;
    by?: CryptoKey;
    /** A request for another certificate, which the response answers. */
    insteadOf?: Buffer;
  }

  const ocsp = (question: Buffer, plan: OcspPlan = {}) => {
    const { certificates } = parseOcspRequest(plan.insteadOf ?? question);
    return buildOcspResponse(
      {
        statuses: certificates.map((subject) => ({ subject, status: plan.status ?? { is: 'good' } })),
        nonce: plan.nonce ?? parseOcspRequest(question).nonce,
        issuer: certificate,
        at: plan.at ?? startTime,
        nextUpdate: plan.nextUpdate ?? startTime + day,
      },
      plan.by ?? signWith,
    );
  };

  return { name, certificate, signWith, issue, card, crl, ocsp };
}

export type TestAuthority = Awaited<ReturnType<typeof newAuthority>>;

export const issuerOf = (authority: TestAuthority, more: Partial<ExternalIssuer> = {}): ExternalIssuer => ({
  name: 'another',
  certificate: authority.certificate,
  policies: [],
  failMode: 'hard',
  freshness: 86_400,
  ...more,
});

type Reply = Buffer | number | 'nothing';

/** Starts a server for CRLs and OCSP. The test sets its responses. */
export async function startPublisher() {
  const asked: string[] = [];
  const publisher = {
    asked,
    crl: async (): Promise<Reply> => 404,
    ocsp: async (_question: Buffer): Promise<Reply> => 404,
  };
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    asked.push(request.url ?? '');
    const reply = request.url === '/crl' ? await publisher.crl() : await publisher.ocsp(Buffer.concat(parts));
    if (reply === 'nothing') return;
    if (typeof reply === 'number') response.writeHead(reply, { location: '/elsewhere' }).end();
    else response.writeHead(200).end(reply);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(publisher, {
    crlUrl: `${url}/crl`,
    ocspUrl: `${url}/ocsp`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
}

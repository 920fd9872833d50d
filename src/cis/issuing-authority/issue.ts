import { createPublicKey, type KeyObject } from 'node:crypto';
import { json } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import type { Admit, Caller } from '../callers.ts';
import { isCardKey } from '../card/card-keys.ts';
import type { Directory } from '../directory/directory.ts';
import { errors } from '../errors.ts';
import { readBody } from '../json-body.ts';
import type { CardProfile, CertificateAnswer } from '../protocol.ts';
import { base64, digits12 } from '../shapes.ts';
import type { Authorities, Authority } from './authority.ts';
import type { CertificateRecord, CertificateRecords } from './certificate-records.ts';
import { type CertificatePurpose, virtualCardPolicies } from './policies.ts';
import { profileNames, profiles, validityOf } from './profiles.ts';

export interface IssueDeps {
  clock: Clock;
  directory: Directory;
  authorities: Authorities;
  records: CertificateRecords;
  audit: AuditLog;
  admit: Admit;
  /** Whether virtual cards may be issued at all. */
  virtualCards: boolean;
}

const spki = base64(1_024);
const shape = z.strictObject({
  uid: digits12,
  cardSerial: z.string().regex(/^[A-Za-z0-9-]{4,40}$/, 'must be 4 to 40 letters, digits and hyphens'),
  profile: z.enum(profileNames, `must be of ${profileNames.join(', ')}`),
  authenticationKey: spki,
  signingKey: spki,
});

interface Order {
  uid: string;
  cardSerial: string;
  profile: CardProfile;
  /** SPKI DER. */
  keys: Record<CertificatePurpose, Buffer>;
}

function readKey(der: Buffer): KeyObject {
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    if (isCardKey(key)) return key;
  } catch (error) {
    throw errors.cardKeyUnfit('a key is not SPKI DER', {}, error);
  }
  throw errors.cardKeyUnfit('a key is of another kind');
}

function readOrder({ request }: { request: HttpRequest }): { order: Order } {
  const { uid, cardSerial, profile, authenticationKey, signingKey } = readBody(request, shape);
  const [authentication, signing] = [readKey(authenticationKey), readKey(signingKey)];
  if (authentication.equals(signing)) throw errors.cardKeyUnfit('both keys are one');
  const der = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
  return {
    order: { uid, cardSerial, profile, keys: { authentication: der(authentication), signing: der(signing) } },
  };
}

/** `POST /cards/certificates`: the two certificates of a virtual card. */
export function issueRoutes(deps: IssueDeps): Route[] {
  const { clock, directory, authorities, records, audit, admit } = deps;

  function allowVirtualCards() {
    if (!deps.virtualCards) throw errors.virtualCardsOff('neither development nor allowVirtualCards');
  }

  async function findHolder({ order }: { order: Order }) {
    if (!(await directory.find(order.uid))) throw errors.personMissing(`uid ${order.uid}`);
    const holder = await records.holderOf(order.cardSerial);
    if (holder !== undefined && holder !== order.uid)
      throw errors.cardTaken(`card ${order.cardSerial} is of ${holder}`);
  }

  async function makeOne(order: Order, purpose: CertificatePurpose, authority: Authority) {
    const { buildCertificate, newSerial } = await import('./x509-builder.ts');
    const profile = profiles[order.profile];
    const policy = virtualCardPolicies[purpose];
    const now = clock.now();
    const { notBefore, notAfter } = validityOf(profile, now);
    const serial = newSerial();
    const certificate = await buildCertificate(
      {
        serial,
        issuer: authority.name,
        issuerKey: authority.publicKey,
        subject: [
          ['C', 'GB'],
          ['O', 'Alongside TEST'],
          ['OU', 'people'],
          ['CN', order.uid],
        ],
        subjectKey: order.keys[purpose],
        notBefore,
        notAfter,
        keyUsage: policy.keyUsage,
        policy: policy.oid,
      },
      authority.signWith,
    );
    const record: CertificateRecord = {
      serial,
      uid: order.uid,
      cardSerial: order.cardSerial,
      purpose,
      notBefore,
      notAfter,
      revokedAt: profile.revoked === null ? null : now,
      revocationReason: profile.revoked,
    };
    return { certificate, record };
  }

  async function makeCertificates({ order }: { order: Order }) {
    const authority = await authorities.ensure(profiles[order.profile].authority);
    const [authentication, signing] = await Promise.all([
      makeOne(order, 'authentication', authority),
      makeOne(order, 'signing', authority),
    ]);
    return { made: { authentication, signing } };
  }

  type Made = Awaited<ReturnType<typeof makeCertificates>>;

  async function recordCertificates({ made, order, caller }: Made & { order: Order; caller: Caller }) {
    await records.add([made.authentication.record, made.signing.record]);
    await audit.write({
      actor: caller,
      action: 'cis.certificates-issued',
      target: order.uid,
      outcome: 'ok',
      detail: { card: order.cardSerial, profile: order.profile, serial: made.authentication.record.serial },
    });
  }

  const answerCertificates = ({ made }: Made) =>
    json(201, {
      authentication: made.authentication.certificate.toString('base64'),
      signing: made.signing.certificate.toString('base64'),
    } satisfies CertificateAnswer);

  const list = steps<{ request: HttpRequest }>()
    .step(admit('cardIssuer'))
    .step(allowVirtualCards)
    .step(readOrder)
    .step(findHolder)
    .step(makeCertificates)
    .step(recordCertificates)
    .step(answerCertificates);
  return [{ methods: ['POST'], path: '/cards/certificates', endpoint: (request) => list.run({ request }) }];
}

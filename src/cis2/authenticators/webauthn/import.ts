import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { reasonOf } from '@alongside/kernel/errors';
import { randomToken } from '@alongside/kernel/ids';
import type { JsonObject } from '@alongside/kernel/json';
import { sha256 } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { labelOf } from '../../enrolment/enrolment.ts';
import { enrolmentErrors } from '../../enrolment/errors.ts';
import type { Credential } from '../../model/credentials.ts';
import { type ImportedCredential, labelShape, readImport } from '../shared/import.ts';
import { userHandleOf, type WebAuthnParty } from './ceremony.ts';
import { developmentAaguid, developmentFingerprint } from './policy.ts';
import type { WebAuthnBody, WebAuthnVariant } from './variants.ts';

/** The private key of a development credential. */
interface DevelopmentKey {
  credentialId: string;
  privateKey: KeyObject;
  backupEligible: boolean;
}

const curve = 'P-256';

/** Returns the COSE_Key of a P-256 key in canonical form (RFC 9052 section 7, RFC 9053 section 7.1.1). */
function coseOf(privateKey: KeyObject): Buffer {
  const { x = '', y = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return Buffer.concat([
    Buffer.from('a5010203262001215820', 'hex'),
    Buffer.from(x, 'base64url'),
    Buffer.from('225820', 'hex'),
    Buffer.from(y, 'base64url'),
  ]);
}

/** Returns a credential like those of Chromium's virtual authenticator, but with a published private key. */
function draftOf(
  label: string,
  { credentialId, privateKey, backupEligible }: DevelopmentKey,
): ImportedCredential {
  const body: WebAuthnBody = {
    publicKey: coseOf(privateKey).toString('base64url'),
    counter: 0,
    transports: [],
    aaguid: developmentAaguid,
    root: developmentFingerprint,
    backupEligible,
    ceiling: 3,
    shared: true,
  };
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  return { label, lookup: credentialId, body, secret };
}

/** Derives a credential of the seed from its name, so every installation has the same key. */
export function seededKey(name: string, label: string): ImportedCredential {
  const d = createHash('sha256').update(`alongside development key: ${name}`).digest();
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(d);
  const point = ecdh.getPublicKey();
  const jwk = {
    kty: 'EC',
    crv: curve,
    d: d.toString('base64url'),
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  };
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  const credentialId = sha256(`alongside development credential: ${name}`);
  return draftOf(label, { credentialId, privateKey, backupEligible: false });
}

const text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[\w+/=-]+$/, 'must be base64');

/** The result of `WebAuthn.getCredentials` of the Chrome DevTools Protocol. Other members are ignored. */
const importShape = z.object({
  label: labelShape,
  credential: z
    .object({
      credentialId: text(1_364),
      privateKey: text(1_000),
      backupEligibility: z.boolean().default(false),
    })
    .optional(),
});

function readKey(privateKey: string): KeyObject {
  try {
    const key = createPrivateKey({ key: Buffer.from(privateKey, 'base64'), format: 'der', type: 'pkcs8' });
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch (error) {
    const problem = 'must be a PKCS #8 private key, DER in base64';
    throw enrolmentErrors.consoleBody(reasonOf(error), { field: 'credential.privateKey', problem }, error);
  }
  const problem = 'must be a P-256 key';
  throw enrolmentErrors.consoleBody(problem, { field: 'credential.privateKey', problem });
}

/** Reads the credential in the body, or generates one. */
export function importKey(variant: WebAuthnVariant, body: JsonObject): ImportedCredential {
  const { credential, label } = readImport(importShape, body);
  const key: DevelopmentKey = credential
    ? {
        credentialId: Buffer.from(credential.credentialId, 'base64').toString('base64url'),
        privateKey: readKey(credential.privateKey),
        backupEligible: credential.backupEligibility,
      }
    : {
        credentialId: randomToken(),
        privateKey: generateKeyPairSync('ec', { namedCurve: curve }).privateKey,
        backupEligible: false,
      };
  return draftOf(labelOf(label, variant.label), key);
}

/** Returns the parameter of `WebAuthn.addCredential` of the Chrome DevTools Protocol, with which a tester signs in as the owner. */
export function revealKey(
  party: WebAuthnParty,
  { uid, lookup, body }: Credential<unknown>,
  secret: string | undefined,
): JsonObject {
  if (secret === undefined) return {};
  const { counter, backupEligible } = body as WebAuthnBody;
  return {
    credential: {
      credentialId: Buffer.from(lookup ?? '', 'base64url').toString('base64'),
      isResidentCredential: true,
      rpId: party.id,
      privateKey: secret,
      userHandle: Buffer.from(userHandleOf(uid), 'base64url').toString('base64'),
      signCount: counter,
      backupEligibility: backupEligible,
    },
  };
}

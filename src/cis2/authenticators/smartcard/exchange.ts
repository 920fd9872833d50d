import { type Answer, json } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import { decodeJwt, verifySignature } from '@alongside/kernel/jws';
import type { SigningKeys } from '@alongside/kernel/keys';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import {
  type ExchangeAnswer,
  type ExchangeRequest,
  type HandOffError,
  type HandOffProof,
  requestType,
} from '../../../../identity-agent/protocol.ts';
import type { ProofAnswer } from '../../../cis/protocol.ts';
import type { RemoteKeys } from '../../../oauth/remote-keys.ts';
import type { Urls } from '../../../service.ts';
import type { AuditLog } from '../../../storage/audit.ts';
import type { Database } from '../../../storage/database.ts';
import type { CisClient } from '../../model/cis-client.ts';
import { sessionErrors } from '../../sessions/errors.ts';
import { words } from '../../text/words.ts';
import { smartcardErrors } from './errors.ts';
import {
  askCis,
  authenticationOf,
  checkProof,
  readProof,
  readSessionCertificate,
  type SessionCertificate,
} from './proof.ts';
import type { HandOff, HandOffResult, HandOffs } from './sign-in.ts';

interface Parts {
  issuer: string;
  cis: CisClient;
  cisKeys: RemoteKeys;
  cisKeysUrl: string;
  urls: Urls;
  keys: SigningKeys;
  handOffs: HandOffs;
  database: Database;
  clock: Clock;
  recorder: Recorder;
  audit: AuditLog;
}

const token = z.string().min(1).max(32_768);
const isReason = (value: string): value is HandOffError => Object.hasOwn(words.handOff, value);
const reason = z.string().refine(isReason);
const bodyShape = z.union([
  z.strictObject({ proof: token, sessionCertificate: token }),
  z.strictObject({ requestJti: z.string().min(1).max(128), error: reason, request: token }),
]);

function readBody({ body, headers }: HttpRequest): ExchangeRequest {
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? ''))
    throw sessionErrors.exchangeMalformed('JSON was expected');
  try {
    return bodyShape.parse(JSON.parse(body)) as ExchangeRequest;
  } catch {
    throw sessionErrors.exchangeMalformed('the body has neither a proof nor a reason');
  }
}

const findHandOff = (handOffs: HandOffs, clock: Clock) =>
  async function findHandOff({ jti }: { jti: string }): Promise<{ handOff: HandOff }> {
    const found = await handOffs.find(jti);
    if (!found || found.expiresAt <= clock.now())
      throw smartcardErrors.exchangeUnknown('no hand-off has this jti, or it has run out');
    if (found.usedAt !== null) throw smartcardErrors.exchangeUsed('the jti was exchanged before');
    return { handOff: found.payload };
  };

const answerCode = ({ database, handOffs }: Parts) =>
  async function answerCode({
    jti,
    handOff,
    outcome,
  }: {
    jti: string;
    handOff: HandOff;
    outcome: HandOffResult['outcome'];
  }): Promise<Answer> {
    const { code, statements } = handOffs.exchange(jti, handOff, outcome);
    const { done } = await database.batch(statements);
    if (!done) throw smartcardErrors.exchangeUsed('another exchange of this jti was first');
    return json(200, { code } satisfies ExchangeAnswer);
  };

interface Proven {
  handOff: HandOff;
  proof: HandOffProof;
  certificate: SessionCertificate;
}

function proofSteps(parts: Parts) {
  const { issuer, cis, clock } = parts;
  return steps<{ token: string; sessionCertificate: string }>()
    .step(async function readCertificate({ sessionCertificate }) {
      return { certificate: await readSessionCertificate(sessionCertificate, parts) };
    })
    .step(async function readSignedProof({ token, certificate }) {
      const proof = await readProof(token, certificate);
      return { proof, jti: proof.request_jti };
    })
    .step(findHandOff(parts.handOffs, clock))
    .step(async function checkEveryClaim({ proof, handOff, certificate }: Proven): Promise<void> {
      checkProof(proof, handOff, certificate, parts);
    })
    .step(async function askCisForSession({ proof }: Proven) {
      return { cisAnswer: await askCis(cis, issuer, proof) };
    })
    .step(async function makeAuthentication({
      proof,
      certificate,
      cisAnswer,
    }: Proven & { cisAnswer: ProofAnswer }) {
      return { outcome: { authentication: authenticationOf(proof, certificate, cisAnswer, clock) } };
    })
    .step(answerCode(parts));
}

/** Why there is no proof. Whoever says so must hold the request itself: only browser and agent ever saw it. */
function reasonSteps(parts: Parts) {
  return steps<{ jti: string; error: HandOffError; request: string }>()
    .step(async function checkRequest({ jti, request }): Promise<void> {
      const jwt = decodeJwt(request);
      const known =
        typeof jwt?.header.kid === 'string' ? await parts.keys.publicKey(jwt.header.kid) : undefined;
      if (!jwt || !known || jwt.header.typ !== requestType || jwt.header.alg !== known.algorithm)
        throw sessionErrors.exchangeMalformed('the request is not one of ours');
      if (jwt.claims.jti !== jti || !(await verifySignature(jwt, known.algorithm, known.key)))
        throw sessionErrors.exchangeMalformed('the request is not the one of this jti');
    })
    .step(findHandOff(parts.handOffs, parts.clock))
    .step(async function makeReason({ error }: { error: HandOffError }) {
      return { outcome: { error } };
    })
    .step(answerCode(parts));
}

/** What a proof says of itself, unchecked: for the journey alone. */
const claimed = (proof: string, name: 'request_jti' | 'cis_sid'): string => {
  const value = decodeJwt(proof)?.claims[name];
  return typeof value === 'string' ? value : '';
};

/** `POST /agent/exchange`: the agent, server to server, changes a proof for the code that the browser carries back. */
export function createExchange(parts: Parts): Endpoint {
  const withProof = proofSteps(parts);
  const withReason = reasonSteps(parts);
  return async (request) => {
    const body = readBody(request);
    const isProof = 'proof' in body;
    const jti = isProof ? claimed(body.proof, 'request_jti') : body.requestJti;
    const note = (outcome: 'ok' | 'refused', detail: Record<string, string>) => {
      const keys = isProof && outcome === 'ok' ? [jti, claimed(body.proof, 'cis_sid')] : [jti];
      parts.recorder.record({
        keys,
        from: 'identity-agent',
        to: 'cis2',
        name: 'cis2.exchange',
        outcome,
        detail,
      });
    };
    try {
      const answer = isProof
        ? await withProof.run({ token: body.proof, sessionCertificate: body.sessionCertificate })
        : await withReason.run({ jti, error: body.error, request: body.request });
      note('ok', { result: isProof ? 'proof' : body.error });
      return answer;
    } catch (thrown) {
      if (thrown instanceof Refusal) {
        note('refused', { error: thrown.entry.id });
        parts.audit.countUnproven('sign-in smartcard', request.address);
      }
      throw thrown;
    }
  };
}

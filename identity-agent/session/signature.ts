import { hash, X509Certificate } from 'node:crypto';
import { reasonOf } from '@alongside/kernel/errors';
import { CardError } from '../card/card-client.ts';
import { ServerCallError } from '../server-call.ts';
import { reportBlocked } from './card-acts.ts';
import { CisRefusal } from './cis-client.ts';
import type { Desk } from './desk.ts';
import type { Answerer } from './events.ts';
import type { PinResult } from './prompt-answers.ts';
import {
  type DocumentsToSign,
  type SignatureFailure,
  SignatureQuestion,
  type SignatureResult,
} from './signature-question.ts';

/** The result of a PIN for documents. Unlike at a sign-in, the card may fail after it. */
export type SigningResult = PinResult | { ok: false; error: 'card_failed' };

/** Milliseconds in which the user answers. */
const defaultAnswerTimeout = 300_000;

const digestNames = { RS256: 'sha256', RS1: 'sha1' } as const;

/** Returns why the card in the reader cannot sign documents; undefined if it may. */
function cardFault({ card, session, ownCard }: Desk): SignatureFailure | undefined {
  if (card?.blocked) return 'card_blocked';
  if (!card?.usable) return 'no_signing_certificate';
  return session && !ownCard ? 'another_card' : undefined;
}

/** Returns whether verifiers of prescriptions take a certificate: its key is RSA-2048, and it is valid now. */
function isFit(der: Uint8Array, now: number): boolean {
  try {
    const { publicKey, validFromDate, validToDate } = new X509Certificate(der);
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
    return (
      type === 'rsa' &&
      details?.modulusLength === 2_048 &&
      validFromDate.getTime() <= now &&
      now < validToDate.getTime()
    );
  } catch {
    return false;
  }
}

/** Checks the card and its certificate, and opens the question. */
async function openQuestion(
  desk: Desk,
  wanted: DocumentsToSign,
): Promise<SignatureQuestion | SignatureFailure> {
  const { card, office, parts } = desk;
  const fault = desk.signature ? 'busy' : cardFault(desk);
  if (fault || !card) return fault ?? 'no_signing_certificate';
  try {
    await office?.ensureRsaSigningKey();
    if (!isFit(await card.signingCertificate(), parts.clock.now())) return 'no_signing_certificate';
  } catch (error) {
    parts.log.warn({ reason: reasonOf(error) }, 'the signing certificate of a card was not found');
    if (error instanceof ServerCallError || error instanceof CisRefusal) return 'cis_unreachable';
    if (error instanceof CardError && error.code === 'object_missing') return 'no_signing_certificate';
    return desk.card === card ? 'card_failed' : 'card_removed';
  }
  if (desk.card !== card) return 'card_removed';
  const question = new SignatureQuestion(wanted, card);
  desk.askSignature(question);
  desk.arrows.signature(card, 'signature-asked', wanted);
  return question;
}

/**
 * Asks the user to sign documents with the card in the reader, and returns the signatures. One question is open at a time.
 * @param gone aborts when the page has left
 * @param wait milliseconds for the answer; five minutes by default
 */
export async function requestSignature(
  desk: Desk,
  wanted: DocumentsToSign,
  gone: AbortSignal,
  wait = defaultAnswerTimeout,
): Promise<SignatureResult> {
  const question = await desk.exclusive(() => openQuestion(desk, wanted));
  if (typeof question === 'string') return { ok: false, error: question };
  const leave = (): void => question.end('page_left');
  const timer = setTimeout(() => question.end('timed_out'), wait);
  timer.unref();
  gone.addEventListener('abort', leave);
  if (gone.aborted) leave();
  try {
    const result = await question.result;
    desk.arrows.signature(question.card, result.ok ? 'documents-signed' : result.error, wanted);
    return result;
  } finally {
    clearTimeout(timer);
    gone.removeEventListener('abort', leave);
    desk.endSignature(question);
  }
}

/** Submits the PIN for a question. Nothing is signed if it ends before the last signature. */
export async function answerSignature(
  desk: Desk,
  id: string,
  pin: string,
  by: Answerer,
): Promise<SigningResult> {
  const { signature: question, card, parts } = desk;
  if (question?.id !== id || question.isOver || !card) return { ok: false, error: 'no_open_question' };
  if (question.card !== card) return { ok: false, error: 'card_removed' };
  const began = parts.clock.now();
  const result = await sign(desk, question, pin);
  desk.arrows.pinAnswered(by, card, result, parts.clock.now() - began);
  return result;
}

async function sign(desk: Desk, question: SignatureQuestion, pin: string): Promise<SigningResult> {
  const { card, wanted } = question;
  try {
    // Middleware may keep the user signed in to the card, so the PIN is verified even if the key does not ask for it.
    const verification = await card.verifyPin(pin);
    if (!verification.ok) {
      const { attemptsLeft } = verification;
      if (!card.blocked) return { ok: false, error: 'wrong_pin', attemptsLeft };
      reportBlocked(desk, card);
      question.end('card_blocked');
      return { ok: false, error: 'card_blocked', attemptsLeft };
    }
    const certificate = await card.signingCertificate();
    const signatures = [];
    for (const { id, bytes } of wanted.documents) {
      if (question.isOver) return { ok: false, error: 'no_open_question' };
      const digest = hash(digestNames[wanted.algorithm], bytes, 'buffer');
      signatures.push({ id, signature: await card.signDocument(digest, wanted.algorithm, pin) });
    }
    question.end({ ok: true, certificate, signatures });
    desk.parts.log.info(
      { from: wanted.from, algorithm: wanted.algorithm, uid: card.uid, sha256: question.digests },
      'documents were signed with the card',
    );
    return { ok: true };
  } catch (error) {
    desk.parts.log.warn({ reason: reasonOf(error) }, 'a card did not sign documents');
    const isGone = error instanceof CardError && error.code === 'card_removed';
    const failure = isGone ? 'card_removed' : 'card_failed';
    question.end(failure);
    return { ok: false, error: failure };
  }
}

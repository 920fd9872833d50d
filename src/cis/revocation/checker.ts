import { randomBytes, type X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { outbound } from '@alongside/kernel/outbound';
import { errors } from '../errors.ts';
import { type CheckedCrl, checkCrl, findInCrl } from './crl-check.ts';
import { type ExternalIssuer, type Finding, StatusUnknown } from './external-issuer.ts';
import { checkOcsp } from './ocsp-check.ts';

export interface CheckerDeps {
  clock: Clock;
  log: Log;
  /** Whether lists and responders may stand at private addresses. */
  privateAddresses: boolean;
  /** Milliseconds that the fetch of an answer or of a list may take; for tests. */
  patience?: { answer?: number; list?: number } | undefined;
}

/** Milliseconds: how long a list or an answer is used without asking again. */
const cached = { crl: 300_000, answer: 60_000 };
const mostAnswers = 10_000;
const usualPatience = 2_000;

interface Kept<T> {
  at: number;
  value: T;
}

/** Asks other authorities whether cards of theirs were revoked. */
export class RevocationChecker {
  readonly #deps: CheckerDeps;
  readonly #lists = new Map<string, Kept<Promise<CheckedCrl>>>();
  readonly #answers = new Map<string, Kept<Finding>>();

  constructor(deps: CheckerDeps) {
    this.#deps = deps;
  }

  /**
   * Throws `certificate_revoked` for a revoked card, and `certificate_untrusted` when nothing can be found out and the issuer's
   * fail mode is hard, or its responder says that it does not know the card.
   */
  async check(card: X509Certificate, issuer: ExternalIssuer): Promise<void> {
    const finding = await this.#find(card, issuer);
    if (finding.revoked)
      throw errors.certificateRevoked(`${issuer.name} revoked ${card.serialNumber}: ${finding.reason}`, {
        reason: finding.reason,
      });
  }

  async #find(card: X509Certificate, issuer: ExternalIssuer): Promise<Finding> {
    const failures: string[] = [];
    for (const [name, ask] of this.#ways(card, issuer)) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof StatusUnknown)) throw error;
        failures.push(`${name}: ${error.message}`);
      }
    }
    const why = `${issuer.name}: ${failures.join('; ') || 'neither OCSP nor a list is configured'}`;
    if (issuer.failMode === 'hard') throw errors.revocationUnknown(why);
    this.#deps.log.warn({ issuer: issuer.name, why }, 'a card was taken though its revocation is unknown');
    return { revoked: false };
  }

  #ways(card: X509Certificate, issuer: ExternalIssuer): [string, () => Promise<Finding>][] {
    const { ocspUrl, crlUrl } = issuer;
    return [
      ...(ocspUrl
        ? [['OCSP', () => this.#ask(ocspUrl, card, issuer)] as [string, () => Promise<Finding>]]
        : []),
      ...(crlUrl
        ? [['CRL', () => this.#look(crlUrl, card, issuer)] as [string, () => Promise<Finding>]]
        : []),
    ];
  }

  async #ask(url: string, card: X509Certificate, issuer: ExternalIssuer): Promise<Finding> {
    const now = this.#deps.clock.now();
    const key = `${url} ${card.fingerprint256}`;
    const known = this.#answers.get(key);
    if (known && now >= known.at && now - known.at < cached.answer) return known.value;
    const { buildOcspRequest } = await import('./ocsp-messages.ts');
    const nonce = randomBytes(16);
    const question = await buildOcspRequest(card.raw, issuer.certificate.raw, nonce);
    const der = await this.#fetch(url, question);
    const finding = await checkOcsp(der, { certificate: card.raw, issuer, nonce, now });
    // Its own issuer does not know it: that is no failure to find out.
    if (finding === 'unknown') throw errors.revocationUnknown(`${issuer.name} does not know the card`);
    if (this.#answers.size >= mostAnswers) this.#answers.clear();
    this.#answers.set(key, { at: now, value: finding });
    return finding;
  }

  async #look(url: string, card: X509Certificate, issuer: ExternalIssuer): Promise<Finding> {
    const now = this.#deps.clock.now();
    const key = `${url} ${issuer.certificate.fingerprint256}`;
    let list = this.#lists.get(key);
    if (!list || now < list.at || now - list.at >= cached.crl) {
      const value = this.#fetch(url).then((der) => checkCrl(der, issuer.certificate));
      list = { at: now, value };
      this.#lists.set(key, list);
      // A failure is not kept.
      value.catch(() => this.#lists.delete(key));
    }
    return findInCrl(await list.value, card.serialNumber, issuer, now);
  }

  async #fetch(url: string, question?: Uint8Array): Promise<Buffer> {
    const { privateAddresses, patience = {} } = this.#deps;
    const milliseconds = (question ? patience.answer : patience.list) ?? usualPatience;
    try {
      const { status, bytes } = await outbound(
        url,
        { privateAddresses },
        question
          ? {
              method: 'POST',
              headers: { 'content-type': 'application/ocsp-request' },
              body: question,
              milliseconds,
            }
          : { milliseconds },
      );
      if (status !== 200) throw new Error(`the answer was ${status}`);
      return bytes;
    } catch (error) {
      throw new StatusUnknown(reasonOf(error), { cause: error });
    }
  }
}

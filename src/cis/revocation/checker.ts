import { randomBytes, type X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { outbound } from '@alongside/kernel/outbound';
import { errors } from '../errors.ts';
import type { CheckedCrl } from './crl-check.ts';
import type { ExternalIssuer } from './external-issuers.ts';
import { type RevocationStatus, StatusUnknown } from './status.ts';

export interface CheckerDependencies {
  clock: Clock;
  log: Log;
  /** Whether CRLs and responders may have private addresses. */
  privateAddresses: boolean;
  /** Time limits for an OCSP response and for a CRL in milliseconds; for tests. */
  timeouts?: { answer?: number; list?: number } | undefined;
}

/** Milliseconds for which a CRL or an OCSP response is cached. */
const lifetimes = { crl: 300_000, response: 60_000 };
const maxResponses = 10_000;
const defaultTimeout = 2_000;

interface Cached<T> {
  at: number;
  value: T;
}

/** Checks the revocation status of cards of other authorities. */
export class RevocationChecker {
  readonly #deps: CheckerDependencies;
  readonly #lists = new Map<string, Cached<Promise<CheckedCrl>>>();
  readonly #responses = new Map<string, Cached<RevocationStatus>>();

  constructor(dependencies: CheckerDependencies) {
    this.#deps = dependencies;
  }

  /**
   * Throws `certificate_revoked` for a revoked card. Throws `certificate_untrusted` if the responder does not know the card, or if
   * the status is unavailable and the fail mode of the issuer is hard.
   */
  async check(card: X509Certificate, issuer: ExternalIssuer): Promise<void> {
    const status = await this.#statusOf(card, issuer);
    if (status.revoked)
      throw errors
        .certificateRevoked(`${issuer.name} revoked ${card.serialNumber}: ${status.reason}`, {
          reason: status.reason,
        })
        .about({
          field: 'certificate',
          headline: 'The card was revoked',
          received: `a card that ${issuer.name} revoked: ${status.reason}`,
        });
  }

  async #statusOf(card: X509Certificate, issuer: ExternalIssuer): Promise<RevocationStatus> {
    const { name: issuerName, ocspUrl, crlUrl, failMode } = issuer;
    const sources = [
      { name: 'OCSP', url: ocspUrl, read: (url: string) => this.#readOcsp(url, card, issuer) },
      { name: 'CRL', url: crlUrl, read: (url: string) => this.#readCrl(url, card, issuer) },
    ];
    const failures: string[] = [];
    for (const { name, url, read } of sources) {
      if (url === undefined) continue;
      try {
        return await read(url);
      } catch (error) {
        if (!(error instanceof StatusUnknown)) throw error;
        failures.push(`${name}: ${error.message}`);
      }
    }
    const why = `${issuerName}: ${failures.join('; ') || 'neither OCSP nor a CRL is configured'}`;
    if (failMode === 'hard') throw errors.revocationUnknown(why);
    this.#deps.log.warn({ issuer: issuerName, why }, 'accepted a card with an unknown revocation status');
    return { revoked: false };
  }

  async #readOcsp(url: string, card: X509Certificate, issuer: ExternalIssuer): Promise<RevocationStatus> {
    const now = this.#deps.clock.now();
    const key = `${url} ${card.fingerprint256}`;
    const cached = this.#responses.get(key);
    if (cached && now >= cached.at && now - cached.at < lifetimes.response) return cached.value;
    const [{ buildOcspRequest }, { checkOcsp }] = await Promise.all([
      import('./ocsp-messages.ts'),
      import('./ocsp-check.ts'),
    ]);
    const nonce = randomBytes(16);
    const der = await this.#fetch(url, await buildOcspRequest(card, issuer.certificate, nonce));
    const status = await checkOcsp(der, { card, issuer, nonce, now });
    // An answer, not a failure: the CRL is not consulted.
    if (status === 'unknown') throw errors.revocationUnknown(`${issuer.name} does not know the card`);
    if (this.#responses.size >= maxResponses) this.#responses.clear();
    this.#responses.set(key, { at: now, value: status });
    return status;
  }

  async #readCrl(url: string, card: X509Certificate, issuer: ExternalIssuer): Promise<RevocationStatus> {
    const { checkCrl, statusInCrl } = await import('./crl-check.ts');
    const now = this.#deps.clock.now();
    const key = `${url} ${issuer.certificate.fingerprint256}`;
    let list = this.#lists.get(key);
    if (!list || now < list.at || now - list.at >= lifetimes.crl) {
      const value = this.#fetch(url).then((der) => checkCrl(der, issuer.certificate));
      list = { at: now, value };
      this.#lists.set(key, list);
      // Failures are not cached.
      value.catch(() => this.#lists.delete(key));
    }
    return statusInCrl(await list.value, card.serialNumber, issuer, now);
  }

  async #fetch(url: string, request?: Uint8Array): Promise<Buffer> {
    const { privateAddresses, timeouts = {} } = this.#deps;
    const milliseconds = (request ? timeouts.answer : timeouts.list) ?? defaultTimeout;
    const headers = { 'content-type': 'application/ocsp-request' };
    try {
      const { status, bytes } = await outbound(
        url,
        { privateAddresses },
        request
          ? { purpose: 'ocsp', method: 'POST', headers, body: request, milliseconds }
          : { purpose: 'crl', milliseconds },
      );
      if (status !== 200) throw new Error(`the answer was ${status}`);
      return bytes;
    } catch (error) {
      throw new StatusUnknown(reasonOf(error), { cause: error });
    }
  }
}

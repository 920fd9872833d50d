import { reasonOf } from '@alongside/kernel/errors';
import { errors } from '../errors.ts';
import type { ExchangeAnswer, ExchangeRequest, HandOffError } from '../protocol.ts';
import type { Servers } from '../server-call.ts';
import type { TrustedRequest } from './request.ts';

const codeForm = /^[A-Za-z0-9._~-]{16,512}$/;

/** Exchanges proofs for codes at CIS2, server to server. Reads its address only from the configuration. */
export class Exchange {
  readonly #url: string;
  readonly #servers: Servers;

  constructor(url: string, servers: Servers) {
    this.#url = url;
    this.#servers = servers;
  }

  /** Returns the browser's redirect with the code for this proof. @throws Refusal `exchangeRefused` */
  proven(request: TrustedRequest, proof: string, sessionCertificate: string): Promise<string> {
    return this.#exchange(request, { proof, sessionCertificate });
  }

  /** Returns the browser's redirect with a code for the reason why there is no proof. @throws Refusal `exchangeRefused` */
  without(request: TrustedRequest, error: HandOffError): Promise<string> {
    return this.#exchange(request, { requestJti: request.claims.jti, error, request: request.jws });
  }

  async #exchange({ claims }: TrustedRequest, json: ExchangeRequest): Promise<string> {
    const answer = await this.#servers
      .call({ method: 'POST', url: this.#url, json })
      .catch((error: unknown) => {
        throw errors.exchangeRefused(reasonOf(error), {}, error);
      });
    const code = (answer.body as Partial<ExchangeAnswer> | undefined)?.code;
    if (answer.status !== 200 || typeof code !== 'string' || !codeForm.test(code)) {
      const reason = (answer.body as { error?: unknown } | undefined)?.error;
      throw errors.exchangeRefused(
        `CIS2 answered ${answer.status} ${typeof reason === 'string' ? reason.slice(0, 100) : ''}`,
      );
    }
    const location = new URL(claims.response_uri);
    location.searchParams.set('code', code);
    return location.href;
  }
}

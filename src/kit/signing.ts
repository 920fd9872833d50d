import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { uuid } from '@alongside/kernel/ids';
import { parseJsonObject } from '@alongside/kernel/json';
import { signJwt } from '@alongside/kernel/jws';
import { OperatorError } from '@alongside/kernel/operator';
import { outbound } from '@alongside/kernel/outbound';
import { Browser } from './browser.ts';
import type { ConsoleApi } from './console-api.ts';
import { insertCard, signInAtDesk } from './desk.ts';
import { noSuch } from './known.ts';
import { formOf } from './markup.ts';
import type { Document, FollowingClock, SignedDocuments, SignOptions } from './types.ts';

/** Where the kit's own application gets the browser back. No server is there: the browser stops before it. */
const callback = 'http://localhost:1/signed';
/** Seconds for which a request is valid. */
const lifetime = 300;

interface SigningApplication {
  id: string;
  clientId: string;
  kid: string;
  privateKey: KeyObject;
}

/** Signs documents as a person, with the person's card in the reader of this instance. */
export class SigningRequests {
  readonly #api: ConsoleApi;
  readonly #platform: string;
  readonly #clock: FollowingClock;
  #own: Promise<SigningApplication> | undefined;

  /** @param platform address of the API platform */
  constructor(api: ConsoleApi, platform: string, clock: FollowingClock) {
    this.#api = api;
    this.#platform = platform;
    this.#clock = clock;
  }

  /** Forgets the own application, which a reset has removed. */
  forget(): void {
    this.#own = undefined;
  }

  async sign(
    person: string,
    documents: readonly Document[],
    { algorithm = 'RS256', pin = '123456' }: SignOptions = {},
  ): Promise<SignedDocuments> {
    const application = await this.#application();
    const { uid } = await this.#api.mustFind(noSuch('person', person), 'GET', '/people/{uid}', {
      path: { uid: person },
    });
    const { access_token: token } = await this.#api.must('POST', '/tokens', {
      body: { person: uid, application: application.id },
    });
    const payloads = documents.map((document) =>
      typeof document === 'string' ? { id: uuid(), payload: document } : document,
    );
    const now = Math.floor(this.#clock.now() / 1_000);
    const aud = `${this.#platform}/signing-service`;
    const { clientId, kid, privateKey } = application;
    const claims = { iss: clientId, sub: uid, aud, iat: now, exp: now + lifetime, payloads, algorithm };
    const jws = await signJwt({ alg: 'RS512', typ: 'JWT', kid }, claims, privateKey);
    const started = await this.#call(token, '/signaturerequest', jws);
    await this.#prove(uid, String(started.redirectUri), pin);
    const signed = await this.#call(token, `/signatureresponse/${started.token}`);
    return signed as typeof signed & SignedDocuments;
  }

  /** Answers the presence check: the button of its page, and the PIN. */
  async #prove(uid: string, redirectUri: string, pin: string): Promise<void> {
    if ((await this.#api.must('GET', '/agent')).person?.uid !== uid) {
      await insertCard(this.#api, uid);
      await signInAtDesk(this.#api, { pin });
    }
    const browser = new Browser([callback]);
    const page = await browser.go(redirectUri);
    const form = page.kind === 'page' ? formOf(page) : undefined;
    if (page.kind !== 'page' || !form)
      throw new OperatorError(`${redirectUri} is not the page of a signature.`);
    const asked = await browser.submit(page, { ...form, fields: [...form.fields, ['decision', 'sign']] });
    if (asked.kind === 'page') await this.#api.must('POST', '/agent/pin', { body: { pin } });
    const landing = asked.kind === 'page' ? await browser.go(asked.url.href) : asked;
    if (landing.kind === 'page')
      throw new OperatorError(`The presence check stays at ${landing.url.origin}${landing.url.pathname}.`);
    const problem = landing.parameters.get('error_description');
    if (problem !== null) throw new OperatorError(`${problem}.`);
  }

  async #call(token: string, path: string, body?: string): Promise<Record<string, unknown>> {
    const answer = await outbound(
      `${this.#platform}/signing-service${path}`,
      { privateAddresses: true, direct: true, maxBytes: 2_097_152 },
      {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
        body,
        milliseconds: 30_000,
      },
    );
    const found = parseJsonObject(answer.body);
    if (answer.status !== 200) throw new OperatorError(`${found.error}: ${found.error_description}`);
    return found;
  }

  #application(): Promise<SigningApplication> {
    this.#own ??= this.#register();
    this.#own.catch(() => this.forget());
    return this.#own;
  }

  async #register(): Promise<SigningApplication> {
    const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 4_096 });
    const kid = uuid();
    const jwk = { ...publicKey.export({ format: 'jwk' }), kty: 'RSA', kid, use: 'sig', alg: 'RS512' };
    const { id, platform } = await this.#api.must('POST', '/applications', {
      body: {
        name: `test-kit-signing-${uuid()}`,
        profile: 'nhs',
        platform: {
          callbackUrls: [callback],
          products: ['signing-service'],
          signingAlgorithms: ['RS256', 'RS1'],
          jwks: { keys: [jwk] },
        },
      },
    });
    if (!platform) throw new OperatorError('The application of the test kit was not registered.');
    return { id, clientId: platform.clientId, kid, privateKey };
  }
}

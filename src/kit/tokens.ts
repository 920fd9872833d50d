import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { randomToken, uuid } from '@alongside/kernel/ids';
import { parseJsonObject } from '@alongside/kernel/json';
import { signJwt } from '@alongside/kernel/jws';
import { OperatorError } from '@alongside/kernel/operator';
import { outbound } from '@alongside/kernel/outbound';
import { Browser } from './browser.ts';
import type { ConsoleApi } from './console-api.ts';
import { formOf } from './markup.ts';
import type { CallbackClient, FollowingClock, SigningClient, TokenResponse } from './types.ts';

/** Where the kit's own application gets its codes. No server is there: the browser stops before it. */
const redirectUri = 'http://localhost:1/callback';
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Seconds for which an assertion is valid. */
const lifetime = 60;

type OwnClient = SigningClient & CallbackClient;

/** Requests tokens at an instance without a user, or as a citizen. */
export class TokenRequests {
  readonly #api: ConsoleApi;
  readonly #platform: string;
  readonly #clock: FollowingClock;
  #own: Promise<OwnClient> | undefined;

  /** @param platform address of the API platform */
  constructor(api: ConsoleApi, platform: string, clock: FollowingClock) {
    this.#api = api;
    this.#platform = `${platform}/oauth2`;
    this.#clock = clock;
  }

  async ofApplication(client?: SigningClient): Promise<TokenResponse> {
    const { clientId, kid, privateKey } = client ?? (await this.#ownClient());
    const now = Math.floor(this.#clock.now() / 1_000);
    const assertion = await signJwt(
      { alg: 'RS512', kid, typ: 'JWT' },
      { iss: clientId, sub: clientId, aud: `${this.#platform}/token`, jti: uuid(), exp: now + lifetime },
      typeof privateKey === 'string' ? createPrivateKey(privateKey) : (privateKey as KeyObject),
    );
    return this.#token({
      grant_type: 'client_credentials',
      client_assertion_type: assertionType,
      client_assertion: assertion,
    });
  }

  async ofCitizen(nhsNumber: string, client?: CallbackClient): Promise<TokenResponse> {
    const { clientId, clientSecret, redirectUri } = client ?? (await this.#ownClient());
    const query = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: 'nhs-login',
    };
    const browser = new Browser([redirectUri]);
    const address = `${this.#platform}/authorize?${new URLSearchParams({ ...query, state: randomToken() })}`;
    const page = await browser.go(address);
    const form = page.kind === 'page' ? formOf(page) : undefined;
    if (page.kind !== 'page' || !form) throw new OperatorError(`${address} led to no sign-in of citizens.`);
    const fields: [string, string][] = form.fields.map(([name, value]) => [
      name,
      name === 'username' ? nhsNumber : value,
    ]);
    const landing = await browser.submit(page, { ...form, fields });
    const code = landing.kind === 'callback' ? landing.parameters.get('code') : null;
    if (!code)
      throw new OperatorError(
        `There is no citizen ${nhsNumber}, or the application has no scope for citizens. Seeded are 9912003071 (P9), 9912003072 (P5) and 9912003073 (P0).`,
      );
    return this.#token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      client_id: clientId,
      client_secret: clientSecret,
    });
  }

  /** Forgets the own application, which a reset has removed. */
  forget(): void {
    this.#own = undefined;
  }

  async #token(fields: Record<string, string>): Promise<TokenResponse> {
    const answer = await outbound(
      `${this.#platform}/token`,
      { privateAddresses: true, direct: true, maxBytes: 100_000 },
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(fields).toString(),
        milliseconds: 30_000,
      },
    );
    const body = parseJsonObject(answer.body);
    if (answer.status !== 200) throw new OperatorError(`${body.error}: ${body.error_description}`);
    return body as TokenResponse;
  }

  #ownClient(): Promise<OwnClient> {
    this.#own ??= this.#register();
    this.#own.catch(() => this.forget());
    return this.#own;
  }

  /** Registers an application with the scopes of applications and citizens for all APIs. */
  async #register(): Promise<OwnClient> {
    const { products } = await this.#api.must('GET', '/products');
    const apis = [...new Set(products.flatMap((product) => product.apis))];
    const name = `test-kit-${uuid()}`;
    await this.#api.must('POST', '/products', {
      body: {
        name,
        apis,
        limits: null,
        scopes: apis.flatMap((api) => [
          `urn:nhsd:apim:app:level3:${api}`,
          ...['P0', 'P5', 'P9'].map((level) => `urn:nhsd:apim:user-nhs-login:${level}:${api}`),
        ]),
      },
    });
    const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2_048 });
    const kid = uuid();
    const jwks = {
      keys: [{ ...publicKey.export({ format: 'jwk' }), kty: 'RSA', kid, use: 'sig', alg: 'RS512' }],
    };
    const { platform } = await this.#api.must('POST', '/applications', {
      body: {
        name,
        profile: 'nhs',
        platform: { callbackUrls: [redirectUri], products: [name], jwks },
      },
    });
    if (!platform?.clientSecret) throw new OperatorError('The application of the test kit has no secret.');
    return { clientId: platform.clientId, clientSecret: platform.clientSecret, redirectUri, kid, privateKey };
  }
}

import assert from 'node:assert/strict';
import { SignJWT } from 'jose';
import type { Browser, Landing } from '../../src/kit/browser.ts';
import { type KeyPair, Prover, sha256 } from './keys.ts';
import type { ClientSpec } from './provider.ts';
import { RelyingParty, type Tokens } from './relying-party.ts';
import { type Change, type Reply, readReply } from './reply.ts';
import { now } from './time.ts';
import type { Trial } from './trial.ts';

/** Parameters of a pushed request that a request object does not replace. */
const formParameters = ['client_id', 'client_assertion', 'client_assertion_type', 'request_uri'];

/** A client of the FAPI 2.0 Security Profile: pushes its requests, and proves its key or certificate. */
export class FapiParty {
  readonly rp: RelyingParty;
  readonly prover: Prover;

  constructor(rp: RelyingParty, prover: Prover) {
    this.rp = rp;
    this.prover = prover;
  }

  static async register(trial: Trial, spec: Partial<ClientSpec> = {}, browser?: Browser): Promise<FapiParty> {
    const { sender, signed = false } = trial.variant;
    const bound = sender === 'mtls' ? 'certificate' : 'dpop';
    const wanted: Partial<ClientSpec> = { profile: 'fapi2', bound, signedRequests: signed, ...spec };
    const rp = await RelyingParty.register(trial, wanted, browser);
    return new FapiParty(rp, await Prover.make());
  }

  /** Returns the parameters of a pushed request. */
  parameters(change: Change = {}): Change {
    return {
      ...Object.fromEntries(this.rp.parameters()),
      code_challenge: sha256(this.rp.verifier),
      code_challenge_method: 'S256',
      ...change,
    };
  }

  /** Pushes a request (RFC 9126), as a request object if the plan has signed requests. */
  async push(change: Change = {}, headers: Record<string, string> = {}): Promise<Reply> {
    const all = this.parameters(change);
    if (!this.rp.trial.variant.signed) return this.pushForm(all, headers);
    const members = Object.entries(all);
    const form = members.filter(([name]) => formParameters.includes(name));
    const claims = members.filter(([name]) => name === 'client_id' || !formParameters.includes(name));
    const request = await this.sign(Object.fromEntries(claims));
    return this.pushForm({ ...Object.fromEntries(form), request }, headers);
  }

  pushForm(form: Change, headers: Record<string, string> = {}): Promise<Reply> {
    return this.rp.send(this.rp.endpoint('pushed_authorization_request_endpoint'), form, headers);
  }

  /** Returns a request object with these claims beside those of every one; omits undefined claims. */
  async sign(claims: Record<string, unknown>, key: KeyPair = this.rp.key): Promise<string> {
    const { clientId } = this.rp.registered;
    const usual = { iss: clientId, aud: this.rp.issuer, nbf: now(), exp: now() + 300 };
    const kept = JSON.parse(JSON.stringify({ ...usual, ...claims })) as Record<string, unknown>;
    return new SignJWT(kept)
      .setProtectedHeader({ alg: key.algorithm, kid: key.publicJwk.kid, typ: 'oauth-authz-req+jwt' })
      .sign(key.privateKey);
  }

  requestUriOf({ status, body }: Reply): string {
    assert.equal(status, 201, `the push is answered ${status} ${body.error ?? ''}`);
    assert.ok(Number(body.expires_in) > 0, 'expires_in');
    assert.equal(typeof body.request_uri, 'string', 'request_uri');
    return body.request_uri as string;
  }

  /** Begins a pushed request in the browser, without completing any page. */
  begin(requestUri: string, more: Record<string, string> = {}, clientId?: string): Promise<Landing> {
    const query = new URLSearchParams({
      client_id: clientId ?? this.rp.registered.clientId,
      request_uri: requestUri,
      ...more,
    });
    return this.rp.browser.go(`${this.rp.endpoint('authorization_endpoint')}?${query}`);
  }

  async authorize(change: Change = {}, headers: Record<string, string> = {}): Promise<Landing> {
    return this.rp.goOn(await this.begin(this.requestUriOf(await this.push(change, headers))));
  }

  async code(change: Change = {}, headers: Record<string, string> = {}): Promise<string> {
    const landing = await this.authorize(change, headers);
    return this.rp.codeOf(landing, 'state' in change ? (change.state ?? null) : this.rp.state);
  }

  /** Whether tokens are bound to a DPoP key; else to the certificate, which is sent with every call. */
  get proves(): boolean {
    return this.rp.spec.bound === 'dpop';
  }

  /** Whether it authenticates with an assertion; else with its certificate. */
  get asserts(): boolean {
    return this.rp.spec.method === 'private_key_jwt';
  }

  /** Returns a proof for the token endpoint; nothing for certificate-bound tokens. */
  async tokenProof(
    claims: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
  ): Promise<Record<string, string>> {
    if (!this.proves) return {};
    return this.prover.header('POST', this.rp.endpoint('token_endpoint'), claims, header);
  }

  async redeem(code: string, change: Change = {}, headers?: Record<string, string>): Promise<Reply> {
    return this.rp.redeem(
      code,
      { code_verifier: this.rp.verifier, ...change },
      headers ?? (await this.tokenProof()),
    );
  }

  async tokens(change: Change = {}): Promise<Tokens> {
    const tokens = this.rp.tokensOf(await this.redeem(await this.code(change)));
    assert.match(tokens.token_type, this.proves ? /^dpop$/i : /^bearer$/i, 'token_type of a bound token');
    const nonce = 'nonce' in change ? change.nonce : this.rp.nonce;
    if (this.rp.trial.provider.openid) await this.rp.checkIdToken(tokens.id_token, { nonce });
    return tokens;
  }

  /** The resource to try tokens at. */
  get resourceAddress(): string {
    return this.rp.trial.provider.resource ?? this.rp.endpoint('userinfo_endpoint');
  }

  resourceProof(token: string, claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) {
    return this.prover.header('GET', this.resourceAddress, { ath: sha256(token), ...claims }, header);
  }

  async resource(token: string, headers: Record<string, string> = {}): Promise<Reply> {
    const proof = headers.dpop ? {} : await this.resourceProof(token);
    const usual = this.proves
      ? { authorization: `DPoP ${token}`, ...proof }
      : { authorization: `Bearer ${token}`, ...this.rp.certificateHeader };
    return readReply(await fetch(this.resourceAddress, { headers: { ...usual, ...headers } }));
  }
}

/** Expects an error of the token or PAR endpoint, one of these. */
export function refused({ status, body }: Reply, ...errors: readonly string[]): void {
  assert.ok(status >= 400 && status < 500, `it is answered ${status} ${body.error ?? 'without an error'}`);
  if (errors.length > 0)
    assert.ok(errors.includes(String(body.error)), `error is ${body.error}, not ${errors.join(' or ')}`);
}

/** Expects an error of the authorization endpoint: on a page, or to the client. */
export function notAuthorized(landing: Landing, ...errors: readonly string[]): void {
  if (landing.kind === 'page') {
    assert.ok(landing.status >= 400 && landing.status < 500, `a page with status ${landing.status} is shown`);
    assert.match(landing.headers['content-type'] ?? '', /^text\/html/, 'the browser shows a page');
    return;
  }
  assert.equal(landing.parameters.get('code'), null, 'a code was given');
  const error = landing.parameters.get('error') ?? 'none';
  if (errors.length > 0) assert.ok(errors.includes(error), `error is ${error}`);
}

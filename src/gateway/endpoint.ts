import type { Answer, Headers } from '@alongside/kernel/answer';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { inOwnTerms, retryHeaders, Unavailable } from '@alongside/kernel/kernel-errors';
import type { Handler } from '@alongside/kernel/route';
import { announcedProofAlgorithms, proofAlgorithmsOf } from '../oauth/dpop.ts';
import type { GatewayUrls } from './addresses.ts';
import type { Api } from './api.ts';
import { type RecordedCall, recordCall, type Trace } from './audit.ts';
import type { Gateway } from './dependencies.ts';
import { type ErrorName, errorNameOf, errors } from './errors/catalogue.ts';
import { metadataUrl } from './metadata.ts';
import { pipeline } from './pipeline.ts';
import { recordEnding } from './record.ts';

const badToken = 'invalid_token';
const badProof = 'invalid_dpop_proof';

/** `error` of the challenge (RFC 6750 section 3.1, RFC 9449 sections 7.1 and 9). */
const codes: Readonly<Partial<Record<ErrorName, string>>> = {
  invalidToken: badToken,
  expiredToken: badToken,
  boundToken: badToken,
  unboundToken: badToken,
  wrongCertificate: badToken,
  wrongAudience: badToken,
  personDisabled: badToken,
  missingProof: badProof,
  invalidProof: badProof,
  nonceRequired: 'use_dpop_nonce',
  insufficientAuthentication: 'insufficient_user_authentication',
};

/**
 * Returns the challenge for a refused token. The published gateway sends none, so a token of the nhs profile gets none. For a
 * bound token, the challenge names its scheme. That of an API by definition also names the metadata of the API (RFC 9728 section 5.1)
 * and the level that a user needs (RFC 9470 section 3).
 */
function challengeOf(
  refusal: Refusal,
  api: Api,
  urls: GatewayUrls,
  { scheme, profile, nonce }: Trace,
): Headers {
  if (profile === 'nhs') return {};
  const name = errorNameOf(refusal);
  const error = name && codes[name];
  const more = api.isDefined ? [`resource_metadata="${metadataUrl(urls, api)}"`] : [];
  if (error === undefined || (profile === undefined && scheme !== 'dpop'))
    return refusal.entry.status === 401 && more.length > 0 ? { 'www-authenticate': `Bearer ${more}` } : {};
  if (refusal.extra.acr !== undefined) more.unshift(`acr_values="${refusal.extra.acr}"`);
  const bound = scheme === 'dpop' || name === 'boundToken';
  const algorithms = profile === undefined ? announcedProofAlgorithms : proofAlgorithmsOf(profile);
  const members = [`error="${error}"`, ...(bound ? [`algs="${algorithms.join(' ')}"`] : []), ...more];
  const challenge = `${bound ? 'DPoP' : 'Bearer'} ${members.join(', ')}`;
  return { 'www-authenticate': challenge, ...(nonce === undefined ? {} : { 'dpop-nonce': nonce }) };
}

/**
 * Returns the challenge of a 401 of the back end, whose own one is about the gateway's credentials at it and may name an internal address.
 */
function backEndChallenge(
  { status }: Answer,
  api: Api,
  urls: GatewayUrls,
  { scheme, profile }: Trace,
): Headers {
  if (status !== 401 || profile === undefined || profile === 'nhs') return {};
  const resource = `resource_metadata="${metadataUrl(urls, api)}"`;
  return { 'www-authenticate': `${scheme === 'dpop' ? 'DPoP' : 'Bearer'} ${resource}` };
}

/**
 * Headers of every response of an API by definition, whose back end may send any document: a browser gives it an origin of its own, runs no
 * script in it and loads nothing for it.
 */
const ofStrangers: Headers = {
  'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
};

/** `Retry-After` of a fault that names one. */
const waitOf = ({ extra: { retryAfter } }: Refusal): Headers =>
  retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };

/** Returns the ids that the client sent, for the response. */
function mirrored({ headers }: HttpRequest): Headers {
  const back: Headers = {};
  for (const name of ['x-request-id', 'x-correlation-id']) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') back[name] = value;
  }
  return back;
}

/** Returns any thrown value as a refusal. An unexpected error becomes the catch-all; its cause is only logged. */
function refusalOf(thrown: unknown, messageId: string): Refusal {
  const cause = thrown instanceof Refusal ? thrown.cause : thrown;
  if (cause instanceof Unavailable) return errors.unavailable(cause.message, { messageId }, cause);
  const own = inOwnTerms(thrown, errors);
  return own instanceof Refusal ? own : errors.unexpected('see the log', { messageId }, thrown);
}

/** Creates the handler of one API: rules, error format, mirrored ids, event, log line and recorded refusal. */
export function apiHandler(api: Api, gateway: Gateway): Handler<unknown> {
  const callOf = (request: HttpRequest): RecordedCall => ({
    request,
    api,
    verb: request.method === 'HEAD' ? 'GET' : request.method,
    path: request.path.slice(api.basePath.length),
    trace: {},
  });

  async function refuse(thrown: unknown, call: RecordedCall): Promise<Answer> {
    const { request, trace } = call;
    const refusal = refusalOf(thrown, request.id);
    const rule = refusal.entry.id;
    const ids = api.swapsIds && api.errors.mirrors(refusal) ? mirrored(request) : {};
    const answer = api.errors
      .render(refusal, request.id)
      .with({
        ...ids,
        ...challengeOf(refusal, api, gateway.urls, trace),
        ...retryHeaders(refusal),
        ...waitOf(refusal),
        ...(api.isDefined ? ofStrangers : undefined),
      })
      .refusing(refusal, api.basePath + (trace.operation ?? ''));
    await recordCall(gateway, call, answer, rule).catch((error: unknown) =>
      gateway.log.error({ id: request.id, reason: reasonOf(error) }, 'a refusal could not be audited'),
    );
    recordEnding(gateway, call, answer, { rule, detail: refusal.detail });
    return answer;
  }

  return {
    rawQuery: true,
    ...(api.bodyLimit === undefined ? {} : { bodyLimit: api.bodyLimit }),
    errors: (thrown, request) => refuse(thrown, callOf(request)),
    // Errors are caught here too, because their records need the trace of the call.
    async endpoint(request) {
      const call = callOf(request);
      const { trace } = call;
      try {
        const passed = await pipeline.run({ ...call, gateway, query: request.query });
        const added = api.swapsIds ? mirrored(request) : {};
        if (trace.nonce !== undefined) added['dpop-nonce'] = trace.nonce;
        if (api.isDefined)
          Object.assign(added, ofStrangers, backEndChallenge(passed, api, gateway.urls, trace));
        const answer = passed.with(added);
        await recordCall(gateway, call, answer);
        recordEnding(gateway, call, answer);
        return answer;
      } catch (thrown) {
        return refuse(trace.over ?? thrown, call);
      }
    },
  };
}

import { Answer, type Headers, json } from '@alongside/kernel/answer';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import { parseJsonObject } from '@alongside/kernel/json';
import { steps } from '@alongside/kernel/steps';
import { errors } from '../errors.ts';
import { fetchHeader } from '../protocol.ts';
import type { Guards } from './guard.ts';
import type { createHandOffSteps } from './hand-off.ts';

// Lets CIS2's own page call the agent. Browsers allow this to a hosted page only by policy, so it is off by default, and the page
// does not ask users for permission.

const longest = 16_384;

const corsHeaders = (origin: string): Headers => ({
  'access-control-allow-origin': origin,
  vary: 'Origin',
});

/** Returns the JSON body of a request with a header that a page of another origin cannot send without a preflight. */
function bodyOf({ headers, body }: HttpRequest): string[] {
  const mediaType = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json' || headers[fetchHeader] !== '1' || body.length > longest)
    throw errors.requestInvalid(`the media type is ${mediaType}, or the header ${fetchHeader} is missing`);
  try {
    const { request } = parseJsonObject(body);
    return typeof request === 'string' ? [request] : [];
  } catch (error) {
    throw errors.requestInvalid(reasonOf(error));
  }
}

export interface FetchTransportParts {
  guards: Guards;
  handOff: ReturnType<typeof createHandOffSteps>;
  /** Origin of CIS2, the only one that may call. */
  caller: string;
}

/** `POST /v1/cis2` returns `{location}`, where the page continues. Also handles its preflight. */
export function createFetchTransport({ guards, handOff, caller }: FetchTransportParts): {
  call: Endpoint;
  preflight: Endpoint;
} {
  const cors = corsHeaders(caller);
  const list = steps<{ request: HttpRequest }>()
    .step(guards.checkCaller)
    .step(guards.checkPeerUser)
    .step(function readBody({ request }: { request: HttpRequest }) {
      return handOff.readJws(bodyOf(request));
    })
    .step(handOff.checkSignature)
    .step(handOff.checkClaims)
    .step(handOff.checkResponseUri)
    .step(handOff.takeRequest)
    .step(handOff.findLocation)
    .step(function returnLocation({ location }: { location: string }): Answer {
      return json(200, { location });
    });
  const asking = steps<{ request: HttpRequest }>()
    .step(guards.checkPreflight)
    .step(function allow({ request }: { request: HttpRequest }): Answer {
      const old = request.headers['access-control-request-private-network'] === 'true';
      return new Answer(204, {
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': `content-type, ${fetchHeader}`,
        // Browsers before Local Network Access require this one.
        ...(old ? { 'access-control-allow-private-network': 'true' } : {}),
      });
    });
  return {
    async call(request) {
      try {
        return (await list.run({ request })).with(cors);
      } catch (thrown) {
        if (!(thrown instanceof Refusal) || request.headers.origin !== caller) throw thrown;
        const { status, code, description } = thrown.entry;
        return json(status, { error: code, error_description: description }).with(cors).refusing(thrown);
      }
    },
    preflight: async (request) => (await asking.run({ request })).with(cors),
  };
}

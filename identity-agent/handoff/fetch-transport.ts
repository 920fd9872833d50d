import { Answer, type Headers, json } from '@alongside/kernel/answer';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { parseJsonObject } from '@alongside/kernel/json';
import { type Passed, steps } from '@alongside/kernel/steps';
import { errors } from '../errors.ts';
import { fetchHeader } from '../protocol.ts';
import { checkCaller, checkPeerUser, checkPreflight, type GuardedRequest, privateNetwork } from './guard.ts';
import { answerRequest, type HandOffCall } from './hand-off.ts';
import { decodeRequest } from './request.ts';

// Lets CIS2's own page call the agent. Browsers allow this to a hosted page only by policy, so it is off by default, and the page
// does not ask users for permission.

const longest = 16_384;

export const corsHeaders = (origin: string): Headers => ({
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

const readBody = ({ request }: GuardedRequest & Passed<'caller' | 'peer-user'>) =>
  decodeRequest(bodyOf(request));

const returnLocation = ({ location }: { location: string }): Answer => json(200, { location });

const fetchHandOff = steps<HandOffCall>('identity-agent.fetch')
  .step(checkCaller)
  .step(checkPeerUser)
  .step(readBody)
  .use(answerRequest)
  .step(returnLocation);

const allowFetch = ({ request }: GuardedRequest & Passed<'caller'>): Answer =>
  new Answer(204, {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': `content-type, ${fetchHeader}`,
    ...privateNetwork(request),
  });

const preflight = steps<GuardedRequest>('identity-agent.preflight').step(checkPreflight).step(allowFetch);

/** Runs `POST /v1/cis2`, which returns `{location}`, where the page continues. */
export async function runFetch(call: HandOffCall): Promise<Answer> {
  const { request, guard } = call;
  const cors = corsHeaders(guard.caller);
  try {
    return (await fetchHandOff.run(call)).with(cors);
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || request.headers.origin !== guard.caller) throw thrown;
    const { status, code, description } = thrown.entry;
    return json(status, { error: code, error_description: description }).with(cors).refusing(thrown);
  }
}

export const runPreflight = async (call: GuardedRequest): Promise<Answer> =>
  (await preflight.run(call)).with(corsHeaders(call.guard.caller));

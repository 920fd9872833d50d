import { Answer } from '@alongside/kernel/answer';
import type { Passed } from '@alongside/kernel/steps';
import type { Call } from '../api.ts';
import { changeStatement } from '../audit.ts';
import { errors } from '../errors/catalogue.ts';
import { answerable, type HeaderMap, passable } from '../headers.ts';
import type { Arrival, WithHeaders } from './request.ts';

/**
 * Returns a back end's response for the client: 1xx to 4xx pass, others become the catch-all with the same status. A refusal is
 * recorded as the back end's own if it has a reason, with the name of the operation.
 */
function toClient(answer: Answer, { request: { id: messageId }, api, trace }: Arrival): Answer {
  if (answer.status >= 500)
    throw errors.unexpected(`the back end answered ${answer.status}`, { status: answer.status, messageId });
  const passed = new Answer(answer.status, answerable(answer.headers), answer.body);
  if (!answer.because && answer.status < 400) return passed;
  const refusal = answer.because?.refusal ?? errors.backEndRefused(`${api.name} answered ${answer.status}`);
  return passed.refusing(refusal, api.basePath + (trace.operation ?? ''));
}

/** Calls the back end for a path without a token, with the client's own allowed headers. */
export async function passOn(call: WithHeaders): Promise<Answer> {
  const { api, request, verb, path, query, client } = call;
  const headers = passable(client, api.takes);
  const forwarded = { method: verb, path, query, headers, body: request.body, messageId: request.id };
  return toClient(await api.backEnd(forwarded), call);
}

/** The checks of every call with a token. */
type Checks = Passed<
  | 'token'
  | 'audience'
  | 'binding'
  | 'product'
  | 'rate'
  | 'scopes'
  | 'mode'
  | 'path'
  | 'request-id'
  | 'person'
  | 'role'
  | 'asid'
  | 'restrictions'
>;

/** Calls the back end with the gateway's headers. */
export async function callBackEnd(call: Call & Arrival & Checks & { outbound: HeaderMap }): Promise<Answer> {
  const { gateway, api, request, verb, path, outbound, messageId, trace } = call;
  const query = api.adjustQuery?.(call) ?? call.query;
  trace.reachedBackEnd = true;
  const { body } = request;
  const forwarded = { method: verb, path, query, headers: outbound, body, messageId };
  const answer = await api.backEnd({ ...forwarded, changeStatement: changeStatement(gateway, call) });
  return toClient(answer, call);
}

import { Answer, StreamAnswer } from '@alongside/kernel/answer';
import { foreignOrigin, foreignSite } from '@alongside/kernel/foreign-page';
import type { Passed } from '@alongside/kernel/steps';
import type { Call } from '../api.ts';
import { changeRecorder } from '../audit.ts';
import { errors } from '../errors/catalogue.ts';
import { answerable, type HeaderMap, passable } from '../headers.ts';
import type { Arrival, WithHeaders } from './request.ts';
import type { Verified } from './token.ts';

/**
 * Returns a back end's response for the client: 1xx to 4xx pass, others become the catch-all with the same status. A refusal is
 * recorded as the back end's own if it has a reason, with the name of the operation.
 */
function toClient(answer: Answer, { request: { id: messageId }, api, trace }: Arrival): Answer {
  if (answer.status >= 500)
    throw errors.unexpected(`the back end answered ${answer.status}`, { status: answer.status, messageId });
  const headers = answerable(answer.headers, api.owns);
  const passed =
    answer instanceof StreamAnswer
      ? new StreamAnswer(answer.status, headers, answer.chunks)
      : new Answer(answer.status, headers, answer.body);
  if (!answer.because && answer.status < 400) return passed;
  const differs = trace.warning === undefined ? '' : `; ${trace.warning}`;
  const refusal =
    answer.because?.refusal ?? errors.backEndRefused(`${api.name} answered ${answer.status}${differs}`);
  return passed.refusing(refusal, api.basePath + (trace.operation ?? ''));
}

/** The members of every request to a back end, besides its headers. */
const forwardedOf = ({ api, request, verb, path, client, trace }: WithHeaders) => ({
  method: verb,
  path,
  body: request.body,
  incoming: request.incoming,
  messageId: request.id,
  application: trace.token?.applicationId ?? trace.keyOf?.application,
  prefer: client.get('prefer'),
  ...(api.isDefined ? { note: (warning: string) => Object.assign(trace, { warning }) } : undefined),
});

/** A call that may reach a back end without a token. */
export type ForwardedCall = WithHeaders & Passed<'service-worker' | 'plain-path'>;

/** Calls the back end for a path without a token, with the client's own allowed headers and those of its API key. */
export async function passOn(
  call: ForwardedCall,
  added: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { api, query, client, request, gateway } = call;
  const headers = passable(client, api);
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  const authorization = client.get('authorization');
  const foreignPage = foreignOrigin(request, gateway.urls.api) ?? foreignSite(request);
  return toClient(
    await api.backEnd({ ...forwardedOf(call), query, headers, authorization, foreignPage }),
    call,
  );
}

/** The checks of every call with a token. */
type Checks = Passed<
  | 'service-worker'
  | 'plain-path'
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

type CheckedCall = Call & Arrival & Checks & Pick<Verified, 'presented'> & { outbound: HeaderMap };

/** Returns the response for the client, which ends early with the token. */
const toCaller = (answer: Answer, call: CheckedCall): Answer =>
  call.gateway.openCalls.hold(toClient(answer, call), {
    application: call.application.id,
    presented: call.presented.token,
    record: call.token,
    role: call.trace.roleUnchecked ? '' : call.role,
  });

/** Calls the back end with the gateway's headers. */
export function callBackEnd(call: CheckedCall): Answer | Promise<Answer> {
  const { gateway, api, outbound: headers, trace } = call;
  const query = api.adjustQuery?.(call) ?? call.query;
  trace.reachedBackEnd = true;
  const answer = api.backEnd({
    ...forwardedOf(call),
    query,
    headers,
    change: changeRecorder(gateway, call),
    over: trace.over,
  });
  return answer instanceof Promise
    ? answer.then((settled) => toCaller(settled, call))
    : toCaller(answer, call);
}

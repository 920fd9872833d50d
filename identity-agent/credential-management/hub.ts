import type { IncomingMessage } from 'node:http';
import { type Answer, json } from '@alongside/kernel/answer';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import { parseJsonObject } from '@alongside/kernel/json';
import { kernelErrors } from '@alongside/kernel/kernel-errors';
import type { Passed } from '@alongside/kernel/steps';
import type { SignalrConnection } from './connections.ts';
import { signingErrors } from './errors.ts';
import { hubResponse, invalidRequest } from './hub-response.ts';
import { readSigningRequest } from './signing-request.ts';
import type { WireCall } from './wire-call.ts';

/** Maximum length of a hub call in bytes: 250 documents of some kilobytes, in base64 twice. */
const maxCallBytes = 4_194_304;
/** Maximum number of form fields of a call, which has one. `URLSearchParams` needs minutes for two million. */
const maxFields = 20;
/** Hub calls at once: of the pages of one origin, and of all. Each may hold the longest body. */
const maxCalls = { ofOrigin: 4, all: 8 };

/** A request of a connection. */
export interface ConnectedCall extends WireCall {
  origin: string;
  connection: SignalrConnection;
}

/** A call of a hub method, as SignalR names its members. */
interface HubCall {
  hub: string;
  method: string;
  args: readonly unknown[];
  id: string;
}

/** Reads a body as text. @throws Refusal if it is longer than the limit, without reading the rest */
async function textOf(body: IncomingMessage | undefined): Promise<string> {
  const tooLong = () => kernelErrors.bodyTooLarge(`the body is longer than ${maxCallBytes} bytes`);
  if (Number(body?.headers['content-length'] ?? 0) > maxCallBytes) throw tooLong();
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body?.iterator({ destroyOnReturn: false }) ?? []) {
    size += (piece as Buffer).length;
    if (size > maxCallBytes) throw tooLong();
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** @throws Refusal `hubMessageInvalid`, never with a value */
function readHubCall(body: string): HubCall {
  if (body.split('&', maxFields + 1).length > maxFields)
    throw signingErrors.hubMessageInvalid(`the body has more than ${maxFields} fields`);
  const [data, ...more] = new URLSearchParams(body).getAll('data');
  if (data === undefined || more.length > 0)
    throw signingErrors.hubMessageInvalid(
      `the body has ${more.length + (data === undefined ? 0 : 1)} fields data`,
    );
  try {
    const { H: hub, M: method, A: args, I: id } = parseJsonObject(data);
    if (typeof hub !== 'string' || typeof method !== 'string' || !Array.isArray(args))
      throw new Error('H, M or A is missing');
    if (!Number.isSafeInteger(id) && !(typeof id === 'string' && id.length <= 20))
      throw new Error('I is not a number or short text');
    return { hub, method, args, id: String(id) };
  } catch (error) {
    throw signingErrors.hubMessageInvalid(reasonOf(error));
  }
}

/** Names are compared without case, as SignalR does. */
const isSigning = ({ hub, method }: HubCall): boolean =>
  hub.toLowerCase() === 'signinghub' && method.toLowerCase() === 'requesttosign';

/** Text of SignalR's `Resources.resx` for a hub or method that does not exist. */
const unknown = ({ hub, method }: HubCall): string =>
  hub.toLowerCase() === 'signinghub'
    ? `'${method.slice(0, 100)}' method could not be resolved.`
    : `'${hub.slice(0, 100)}' Hub could not be resolved.`;

/** Signs the documents of a call, or returns why not. */
async function requestToSign(
  { wire, origin, connection, request }: ConnectedCall,
  { args, id }: HubCall,
): Promise<Answer> {
  const answer = (response: object): Answer => json(200, { R: response, I: id });
  const now = () => wire.clock.now();
  let wanted: ReturnType<typeof readSigningRequest>;
  try {
    if (args.length !== 1) throw signingErrors.signingRequestInvalid(`there are ${args.length} arguments`);
    wanted = readSigningRequest(args[0]);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    return answer(invalidRequest(now())).refusing(thrown);
  }
  const gone = AbortSignal.any([connection.ended, ...(request.incoming ? [request.incoming.gone] : [])]);
  const result = await wire.agent.requestSignature({ from: origin, ...wanted }, gone, wire.answerTimeout);
  const response = hubResponse(result, now());
  return result.ok
    ? answer(response)
    : answer(response).refusing(signingErrors.notSigned(`${result.error}: ${response.message}`));
}

async function callHub(call: ConnectedCall): Promise<Answer> {
  const asked = readHubCall(await textOf(call.request.incoming?.body));
  if (isSigning(asked)) return requestToSign(call, asked);
  const error = unknown(asked);
  return json(200, { I: asked.id, E: error }).refusing(signingErrors.hubMethodUnknown(error));
}

/** `POST /signalr/send`: a hub call, whose response is that of the method. */
export async function send(
  call: ConnectedCall & Passed<'origin' | 'peer-user' | 'connection'>,
): Promise<Answer> {
  const { wire, connection, origin } = call;
  const { ofOrigin, all } = wire.connections.callsOf(origin);
  if (ofOrigin >= maxCalls.ofOrigin || all >= maxCalls.all)
    throw signingErrors.sendingExhausted(`${ofOrigin} calls of ${origin}, ${all} altogether`);
  connection.calls += 1;
  try {
    return await callHub(call);
  } finally {
    connection.calls -= 1;
  }
}

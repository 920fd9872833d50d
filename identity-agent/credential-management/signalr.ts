import { type Answer, json } from '@alongside/kernel/answer';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { checkPeerUser } from '../handoff/guard.ts';
import type { SignalrConnection } from './connections.ts';
import { signingErrors } from './errors.ts';
import { type ConnectedCall, send } from './hub.ts';
import { checkOrigin, type WireCall } from './wire-call.ts';

// ASP.NET SignalR 2 (not ASP.NET Core) with long polling, as the published library uses it.

/** Versions of the protocol that this wire has. */
const versions: readonly (string | null)[] = ['1.2', '1.3', '1.4', '1.5', '2.0', '2.1'];

/** Seconds, as SignalR's defaults. */
const timeouts = { ConnectionTimeout: 110, DisconnectTimeout: 30, TransportConnectTimeout: 5 };

type OriginCall = WireCall & { origin: string } & Passed<'origin' | 'peer-user'>;
type OpenCall = ConnectedCall & Passed<'origin' | 'peer-user' | 'connection'>;

const queryOf = ({ request }: WireCall): URLSearchParams => new URLSearchParams(request.query);

const checkVersion = check('signalr-version', function checkVersion(call: OriginCall): void {
  const version = queryOf(call).get('clientProtocol');
  if (!versions.includes(version))
    throw signingErrors.signalrVersion(`clientProtocol ${version?.slice(0, 20)}`);
});

/** Adds a connection; the client names it by its token in each further request. */
function negotiate(call: OriginCall & Passed<'signalr-version'>): Answer {
  const { token, id } = call.wire.connections.add(call.origin);
  return json(200, {
    Url: '/signalr',
    ConnectionToken: token,
    ConnectionId: id,
    KeepAliveTimeout: null,
    ...timeouts,
    TryWebSockets: false,
    ProtocolVersion: queryOf(call).get('clientProtocol'),
    LongPollDelay: 0,
  });
}

const findConnection = check('connection', function findConnection(call: OriginCall): {
  connection: SignalrConnection;
} {
  const query = queryOf(call);
  if (query.get('transport') !== 'longPolling')
    throw signingErrors.signalrVersion(`transport ${query.get('transport')?.slice(0, 20)}`);
  return { connection: call.wire.connections.find(query.get('connectionToken'), call.origin) };
});

const gone = ({ request }: WireCall): AbortSignal => request.incoming?.gone ?? new AbortController().signal;

const connect = ({ connection }: OpenCall): Answer => json(200, connection.init());
const start = (_call: OpenCall): Answer => json(200, { Response: 'started' });
const reconnect = ({ connection }: OpenCall): Answer => json(200, connection.reconnect());
const poll = async (call: OpenCall): Promise<Answer> => json(200, await call.connection.poll(gone(call)));

function abort({ wire, connection }: OpenCall): Answer {
  wire.connections.abort(connection);
  return json(200, {});
}

/** The list of one request of a connection, which does not become idle while it runs. */
const ofConnection = (name: string, act: (call: OpenCall) => Answer | Promise<Answer>) =>
  steps<WireCall>(`identity-agent.signalr-${name}`)
    .step(checkOrigin)
    .step(checkPeerUser)
    .step(findConnection)
    .step((call) => call.wire.connections.during(call.connection, async () => act(call)));

const negotiation = steps<WireCall>('identity-agent.signalr-negotiate')
  .step(checkOrigin)
  .step(checkPeerUser)
  .step(checkVersion)
  .step(negotiate);

type Run = (call: WireCall) => Promise<Answer>;

const runOf = (name: string, act: (call: OpenCall) => Answer | Promise<Answer>): Run => {
  const list = ofConnection(name, act);
  return (call) => list.run(call);
};

/** The requests of SignalR by method and path. */
export const signalrRequests: readonly (readonly ['GET' | 'POST', `/signalr/${string}`, Run])[] = [
  ['GET', '/signalr/negotiate', (call) => negotiation.run(call)],
  ['POST', '/signalr/connect', runOf('connect', connect)],
  ['GET', '/signalr/start', runOf('start', start)],
  ['POST', '/signalr/poll', runOf('poll', poll)],
  ['POST', '/signalr/reconnect', runOf('reconnect', reconnect)],
  ['POST', '/signalr/send', runOf('send', send)],
  ['POST', '/signalr/abort', runOf('abort', abort)],
];

import { catalogue } from '@alongside/kernel/errors';

const wire = 'Credential Management';
const signalr = 'ASP.NET SignalR 2, long polling';

/** Errors of Credential Management. Pages that are not allowed get them without CORS headers, so they cannot read them. */
export const signingErrors = catalogue('identity-agent', {
  originForeign: {
    code: 'foreign_origin',
    status: 403,
    description: 'This page may not use Credential Management.',
    actor: 'operator',
    source: wire,
    expected: 'a page whose origin is allowed',
    fix: 'Allow the origin of the page with --credential-management-origin.',
  },
  signalrVersion: {
    code: 'invalid_request',
    status: 400,
    description: 'Credential Management has long polling of SignalR protocol 1.2 to 2.1 only.',
    source: signalr,
    expected: 'clientProtocol from 1.2 to 2.1, and transport longPolling',
  },
  connectionUnknown: {
    code: 'invalid_request',
    status: 400,
    description: 'There is no such SignalR connection of this page.',
    source: signalr,
    expected: 'the connectionToken of negotiate, of a connection that has not ended',
  },
  connectionsExhausted: {
    code: 'too_many_connections',
    status: 429,
    description: 'Too many pages use Credential Management.',
    actor: 'user',
    source: wire,
    expected: 'fewer open pages',
    fix: 'Close other pages that sign, or try again in a minute.',
  },
  sendingExhausted: {
    code: 'too_many_requests',
    status: 429,
    description: 'Credential Management is receiving other requests.',
    source: wire,
    expected: 'one request at a time',
    fix: 'Wait for the response of a request before the next one.',
  },
  hubMessageInvalid: {
    code: 'invalid_request',
    status: 400,
    description: 'The message is not a call of a SignalR hub.',
    source: signalr,
    expected: 'one form field data with a JSON object that has H, M, A and I',
  },
  hubMethodUnknown: {
    code: 'unknown_method',
    status: 200,
    description: 'The hub or its method does not exist.',
    source: signalr,
    expected: 'the method requestToSign of the hub signinghub',
  },
  signingRequestInvalid: {
    code: 'signing_request_invalid',
    status: 200,
    description: 'The request to sign is invalid.',
    source: wire,
    expected:
      'base64 of JSON with algorithm, requestType 1, version 1 and 1 to 250 payloads of id and base64',
  },
  notSigned: {
    code: 'not_signed',
    status: 200,
    description: 'The documents were not signed.',
    actor: 'user',
    source: wire,
    expected: 'a smartcard with an RSA signing certificate, and its PIN',
    fix: 'Insert the smartcard and enter its PIN when the Identity Agent asks.',
  },
});

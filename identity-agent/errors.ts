import { catalogue } from '@alongside/kernel/errors';

const wire = 'hand-off protocol';

/** What the agent refuses to a browser. The descriptions are for the person at the desk. */
export const errors = catalogue('identity-agent', {
  wrongHost: {
    code: 'wrong_host',
    status: 421,
    description: 'The Identity Agent does not answer under this name.',
    actor: 'agent',
    source: 'RFC 9110 section 15.5.20; DNS rebinding',
  },
  notFound: {
    code: 'not_found',
    status: 404,
    description: 'There is nothing at this address.',
    actor: 'user',
    source: 'RFC 9110 section 15.5.5',
  },
  notNavigation: {
    code: 'not_a_navigation',
    status: 403,
    description: 'The Identity Agent answers only when the browser itself goes to it.',
    actor: 'developer',
    source: 'Fetch Metadata, sections 2.1 and 2.2',
  },
  anotherUser: {
    code: 'another_user',
    status: 403,
    description: 'The Identity Agent answers only to programs of the same user of this computer.',
    actor: 'operator',
    source: wire,
  },
  requestInvalid: {
    code: 'invalid_request',
    status: 400,
    description: 'The sign-in request is not valid. Please start again from your application.',
    actor: 'developer',
    source: wire,
  },
  requestUnpinned: {
    code: 'unpinned_request',
    status: 400,
    description: 'The sign-in request does not come from a service that this Identity Agent trusts.',
    actor: 'operator',
    source: 'RFC 8725 section 3.1',
  },
  responseForeign: {
    code: 'foreign_response_uri',
    status: 400,
    description: 'The sign-in request leads to a foreign address.',
    actor: 'developer',
    source: wire,
  },
  requestReused: {
    code: 'request_reused',
    status: 409,
    description: 'This sign-in request was used before. Please start again from your application.',
    actor: 'user',
    source: wire,
  },
  keysUnreachable: {
    code: 'keys_unreachable',
    status: 502,
    description: 'The sign-in service does not answer the Identity Agent. Please try again.',
    actor: 'operator',
    source: 'RFC 9110 section 15.6.3',
  },
  exchangeRefused: {
    code: 'exchange_refused',
    status: 502,
    description:
      'The sign-in service did not accept the proof of the Identity Agent. Please start again from your application.',
    actor: 'operator',
    source: wire,
  },
  interactionUnknown: {
    code: 'interaction_unknown',
    status: 404,
    description: 'This page is no longer valid. Please start again from your application.',
    actor: 'user',
    source: wire,
  },
  interactionOver: {
    code: 'interaction_over',
    status: 410,
    description: 'This sign-in was completed or left. Please start again from your application.',
    actor: 'user',
    source: wire,
  },
  crossSite: {
    code: 'cross_site',
    status: 403,
    description: 'This form was not sent by a page of the Identity Agent.',
    actor: 'developer',
    source: 'Fetch Metadata, section 2.3; RFC 6454 section 7',
  },
  foreignCaller: {
    code: 'foreign_caller',
    status: 403,
    description: 'Only pages of the sign-in service may call the Identity Agent.',
    actor: 'developer',
    source: 'Fetch, section 3.3 (CORS)',
  },
  formInvalid: {
    code: 'invalid_form',
    status: 400,
    description: 'The form was not filled in as expected.',
    actor: 'developer',
    source: wire,
  },
});

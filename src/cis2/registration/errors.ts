import { catalogue } from '@alongside/kernel/errors';

/** Clients that register themselves, and suppliers at the Connection Manager interface. */
export const registrationErrors = catalogue('cis2', {
  registrationRedirect: {
    status: 400,
    code: 'invalid_redirect_uri',
    description: 'A redirect_uri is not valid.',
    source: 'RFC 7591 section 3.2.2',
    expected: 'an absolute https address without a fragment',
    fix: 'Register absolute https addresses without a fragment. Only loopback may use http.',
  },
  registrationMetadata: {
    status: 400,
    code: 'invalid_client_metadata',
    description: 'A member of the client metadata is not valid.',
    source: 'RFC 7591 section 3.2.2',
    expected: 'valid client metadata',
    fix: 'Correct the member in the response.',
  },
  registrationToken: {
    status: 401,
    code: 'invalid_token',
    description: 'The access token is not valid here.',
    source: 'RFC 7591 section 3, RFC 7592 section 2',
    expected: 'the registration access token of this client, or an initial access token',
    fix: 'Send the registration access token of this client, or a new initial access token.',
  },
  teamSecret: {
    status: 401,
    code: 'unauthorized',
    description: 'The secret or the session is not valid.',
    source: 'RFC 9110 section 15.5.2',
    expected: 'the current secret or session of the team',
    fix: 'Send the current secret of the team, or start a new session.',
  },
  teamForbidden: {
    status: 403,
    code: 'forbidden',
    description: 'This is not your team.',
    source: 'RFC 9110 section 15.5.4',
    expected: 'a configuration of the own team',
    fix: 'Use the configuration of your own team.',
  },
  configUnknown: {
    status: 404,
    code: 'not_found',
    description: 'The team has no such configuration.',
    source: 'RFC 9110 section 15.5.5',
    expected: 'the id of a configuration of this team',
  },
  configInvalid: {
    status: 400,
    code: 'invalid_request',
    description: 'The configuration is not valid.',
    source: 'RFC 9110 section 15.5.1',
    expected: 'a valid configuration',
    fix: 'Correct the member in the response.',
  },
  configChanged: {
    status: 409,
    code: 'conflict',
    description: 'The configuration has changed since it was read.',
    source: 'RFC 9110 section 15.5.10',
    expected: 'the hash of the configuration as it is now',
    fix: 'Read the configuration again and repeat the change with its new hash.',
  },
});

import { type Answer, json } from '@alongside/kernel/answer';
import { catalogue, Refusal } from '@alongside/kernel/errors';

const key = { actor: 'developer', status: 401, source: 'Apigee, VerifyAPIKey policy' } as const;

/** Faults of `/mock-jwks`. The codes of API keys are those of Apigee. */
export const faults = catalogue('mock', {
  apiKeyMissing: {
    ...key,
    code: 'steps.oauth.v2.FailedToResolveAPIKey',
    description: 'Failed to resolve API Key variable request.header.apikey',
    fix: 'Add the header apikey.',
  },
  apiKeyInvalid: {
    ...key,
    code: 'oauth.v2.InvalidApiKey',
    description: 'Invalid ApiKey',
    fix: 'Send the API key of an approved application in the header apikey.',
  },
  apiKeyWithoutProduct: {
    ...key,
    code: 'oauth.v2.InvalidApiKeyForGivenResource',
    description: 'Invalid ApiKey for given resource',
    fix: 'Add a product that holds mock-jwks to the application.',
  },
  keySetMalformed: {
    actor: 'developer',
    status: 400,
    code: 'messaging.adaptors.http.flow.BadRequest',
    description: 'The path must be the base64url of a JWK set of at most 64 KiB',
    source: 'RFC 7517 section 5',
    fix: 'Send the base64url of a JWK set of at most 64 KiB in the path.',
  },
});

/** A fault in the form of the gateway. */
export const faultAnswer = (thrown: unknown): Answer => {
  const { status, code, description } =
    thrown instanceof Refusal
      ? thrown.entry
      : { status: 500, code: 'messaging.runtime.UnhandledException', description: 'Internal Server Error' };
  return json(status, { fault: { faultstring: description, detail: { errorcode: code } } });
};

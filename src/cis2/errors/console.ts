import { catalogue } from '@alongside/kernel/errors';

const developer = { actor: 'developer' } as const;

/** What the console asks about sessions and deliveries. */
export const consoleErrors = catalogue('cis2', {
  sessionUnknown: {
    status: 404,
    ...developer,
    code: 'not_found',
    description: 'No live session has this sid.',
    source: 'RFC 9110 section 15.5.5',
  },
  deliveryUnknown: {
    status: 404,
    ...developer,
    code: 'not_found',
    description: 'No delivery has this id, or it is being sent at this moment.',
    source: 'RFC 9110 section 15.5.5',
  },
  queryInvalid: {
    status: 400,
    ...developer,
    code: 'invalid_request',
    description: 'The query is not valid.',
    source: 'RFC 9110 section 15.5.1',
  },
});

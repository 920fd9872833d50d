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
    fix: 'Send the sid of a live session: alongside session list.',
  },
  deliveryUnknown: {
    status: 404,
    ...developer,
    code: 'not_found',
    description: 'No delivery has this id, or it is being sent at this moment.',
    source: 'RFC 9110 section 15.5.5',
    fix: 'Read the list of deliveries again; retry when it is no longer being sent.',
  },
  queryInvalid: {
    status: 400,
    ...developer,
    code: 'invalid_request',
    description: 'The query is not valid.',
    source: 'RFC 9110 section 15.5.1',
    fix: 'Correct the query as the reason says.',
  },
});

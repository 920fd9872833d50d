import { json } from '@alongside/kernel/answer';
import type { Faults } from '../../storage/faults.ts';
import type { LocalAgent } from '../agent.ts';
import type { CisDirectory } from '../cis-directory.ts';
import type { ConsoleDependencies } from '../dependencies.ts';
import type { Neighbour } from '../neighbour.ts';
import { agentCalls } from '../resources/agent.ts';
import { applicationCredentialCalls } from '../resources/application-credentials.ts';
import { applicationCalls } from '../resources/applications.ts';
import { auditCalls } from '../resources/audit.ts';
import { authenticatorCalls, broughtAuthenticatorCalls } from '../resources/authenticators.ts';
import { cardCalls } from '../resources/cards.ts';
import { citizenCalls } from '../resources/citizens.ts';
import { clockCalls } from '../resources/clock.ts';
import { developerCalls } from '../resources/developers.ts';
import { directoryCalls } from '../resources/directory.ts';
import { eventCalls } from '../resources/events.ts';
import { faultCalls } from '../resources/faults.ts';
import { keyCalls } from '../resources/keys.ts';
import { mailCalls } from '../resources/mail.ts';
import { peopleCalls } from '../resources/people.ts';
import { productCalls } from '../resources/products.ts';
import { readerCalls } from '../resources/reader.ts';
import { realmKeyCalls } from '../resources/realm-keys.ts';
import { refusalCalls } from '../resources/refusals.ts';
import { registrationAuthorityCalls } from '../resources/registration-authority.ts';
import { registrationTokenCalls } from '../resources/registration-tokens.ts';
import { resetCalls } from '../resources/reset.ts';
import { resourceServerCalls } from '../resources/resource-servers.ts';
import { sessionCalls } from '../resources/sessions.ts';
import { stateCalls } from '../resources/state.ts';
import { mintCalls, tokenCalls } from '../resources/tokens.ts';
import { transferCalls } from '../resources/transfer.ts';
import { validateCalls } from '../resources/validate.ts';
import { type ApiCall, defineCall } from './call.ts';
import { openApiOf } from './openapi.ts';

/** What the resources are built from: the dependencies, and the neighbours as the console reaches them. */
export type ApiParts = Omit<ConsoleDependencies, 'cis' | 'cis2' | 'authorisation'> & {
  cis: CisDirectory;
  cis2: Neighbour;
  platform: Neighbour;
  agent: LocalAgent;
  faults: Faults;
};

/** What only development has. In production there is no such call. */
const developmentCalls = (parts: ApiParts): ApiCall[] => [
  ...resetCalls(parts),
  ...cardCalls(parts),
  ...readerCalls(parts),
  ...agentCalls(parts),
  ...realmKeyCalls(parts),
  ...citizenCalls(parts),
  ...clockCalls(parts),
  ...faultCalls(parts),
  ...mintCalls(parts),
  ...broughtAuthenticatorCalls(parts),
  ...mailCalls(parts),
];

/** Every call of the API, one resource a line. */
export function apiCalls(parts: ApiParts): ApiCall[] {
  const calls: ApiCall[] = [
    ...stateCalls(parts),
    ...transferCalls(parts),
    ...peopleCalls(parts),
    ...authenticatorCalls(parts),
    ...keyCalls(parts),
    ...applicationCalls(parts),
    ...applicationCredentialCalls(parts),
    ...resourceServerCalls(parts),
    ...productCalls(parts),
    ...developerCalls(parts),
    ...eventCalls(parts),
    ...auditCalls(parts),
    ...tokenCalls(parts),
    ...refusalCalls(parts),
    ...validateCalls(parts),
    ...sessionCalls(parts),
    ...registrationTokenCalls(parts),
    ...directoryCalls(parts),
    ...registrationAuthorityCalls(parts),
    ...(parts.development ? developmentCalls(parts) : []),
  ];
  let document: object | undefined;
  calls.push(
    defineCall({
      method: 'GET',
      path: '/openapi.json',
      summary: 'This description',
      answers: { 200: 'OpenAPI 3.1' },
      async handle() {
        document ??= openApiOf(calls, { version: parts.version, server: parts.urls.console });
        return json(200, document);
      },
    }),
  );
  return calls;
}

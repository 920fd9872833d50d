import type { JourneyEvent, Party } from '@alongside/kernel/events';

/** The parties of journeys, in the order of the lanes of a diagram. */
export const parties: readonly { party: Party; label: string; always: boolean }[] = [
  { party: 'browser', label: 'Browser', always: true },
  { party: 'application', label: 'Application', always: true },
  { party: 'authorisation', label: 'Authorisation', always: true },
  { party: 'cis2', label: 'CIS2', always: true },
  { party: 'identity-agent', label: 'Identity Agent', always: true },
  { party: 'cis', label: 'CIS', always: true },
  { party: 'gateway', label: 'Gateway', always: true },
  { party: 'pds', label: 'PDS', always: true },
  { party: 'console', label: 'Console', always: false },
];

export const labelOf = (party: Party): string =>
  parties.find((known) => known.party === party)?.label ?? party;

interface EventLabel {
  /** The action of the sender, as a verb phrase. */
  text: string;
  /** Whether the event is a redirect of the browser. */
  redirect?: boolean;
}

/** Labels by event name. Other events are shown with their name alone. */
const labels: Readonly<Record<string, EventLabel>> = {
  'agent.card-act': { text: 'The card was changed' },
  'agent.card-inserted': { text: 'A card was inserted' },
  'agent.card-removed': { text: 'The card was removed' },
  'agent.pin': { text: 'PIN' },
  'agent.hand-off': { text: 'Delivers the signed request to the agent', redirect: true },
  'agent.proof': { text: 'Proves user and card' },
  'authorisation.authorize': { text: 'Requests access to an API', redirect: true },
  'authorisation.to-cis2': { text: 'Sends the browser to sign in', redirect: true },
  'authorisation.callback': { text: 'Delivers the code of the sign-in', redirect: true },
  'authorisation.code': { text: 'Redirects the browser back with a code', redirect: true },
  'authorisation.client-credentials': { text: 'Requests a token for the application itself' },
  'authorisation.exchange': { text: 'Exchanges an ID token for an access token' },
  'authorisation.logout': { text: 'Reports that the session has ended' },
  'authorisation.mint': { text: 'Issues tokens for a test' },
  'authorisation.refresh': { text: 'Requests new tokens' },
  'authorisation.revoke': { text: 'Revokes a token' },
  'authorisation.token': { text: 'Exchanges the code for tokens' },
  'cis.challenge': { text: 'Requests a challenge for the card' },
  'cis.card-renewed': { text: 'Renews the keys of the card' },
  'cis.legacy-assertion': { text: 'Requests the person with a legacy ticket' },
  'cis.legacy-role': { text: 'Selects the role, legacy interface' },
  'cis.legacy-sign-in': { text: 'Signs in with the card, legacy interface' },
  'cis.pin': { text: 'Proves that the PIN was entered again' },
  'cis.proof': { text: 'Requests verification of the session and the card signature' },
  'cis.role': { text: 'Selects the role' },
  'cis.session-ended': { text: 'Reports that the agent session has ended' },
  'cis.sign-in': { text: 'Signs in with the signature of the card' },
  'cis.unlock': { text: 'Exchanges the mailed code for the unblocking code' },
  'cis.unlock-code': { text: 'Requests a mailed code to unlock the card' },
  'cis2.authorize': { text: 'Requests a sign-in', redirect: true },
  'cis2.backchannel-logout': { text: 'Reports that the session has ended' },
  'cis2.code': { text: 'Redirects the browser back with a code', redirect: true },
  'cis2.exchange': { text: 'Exchanges the proof for a one-time code' },
  'cis2.hand-off': { text: 'Sends the browser to the agent with a signed request', redirect: true },
  'cis2.logout': { text: 'Signs out', redirect: true },
  'cis2.par': { text: 'Pushes its sign-in request' },
  'cis2.refresh': { text: 'Requests new tokens' },
  'cis2.return': { text: 'Returns from the agent with the one-time code', redirect: true },
  'cis2.revoke': { text: 'Revokes a token' },
  'cis2.role': { text: 'Selects the role' },
  'cis2.session-ended': { text: 'Ends everything that depends on the session' },
  'cis2.sign-in': { text: 'Signs in on a page of CIS2' },
  'cis2.tablet': { text: 'Requests approval on the tablet' },
  'cis2.tablet-answer': { text: 'The tablet responds' },
  'cis2.tablet-opened': { text: 'The tablet sends the code from the screen' },
  'cis2.token': { text: 'Exchanges the code for tokens' },
  'cis2.userinfo': { text: 'Requests claims about the user' },
  'gateway.request': { text: 'Calls an API with the access token' },
  'pds.read': { text: 'Reads a patient' },
};

const labelled = ({ name }: Pick<JourneyEvent, 'name'>): EventLabel | undefined =>
  Object.hasOwn(labels, name) ? labels[name] : undefined;

export const isRedirect = (event: Pick<JourneyEvent, 'name'>): boolean => labelled(event)?.redirect === true;

const pinSteps: Readonly<Record<string, string>> = { asked: 'requested', answered: 'entered' };

/** Returns what the sender of an event does; undefined for an event without a label. */
export function textOf(event: Pick<JourneyEvent, 'name' | 'detail'>): string | undefined {
  const { step } = event.detail;
  return event.name === 'agent.pin' && step
    ? `The PIN was ${pinSteps[String(step)] ?? String(step)}`
    : labelled(event)?.text;
}

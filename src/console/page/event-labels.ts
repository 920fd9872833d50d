import type { JourneyEvent } from '@alongside/kernel/events';

interface Meaning {
  /** What the sender does, in the words of somebody who watches. */
  words: string;
  /** It travels as a redirect of the browser. */
  redirect?: boolean;
}

/** What the arrows mean, by the names of the events. One without a line here is shown by its name alone. */
const meanings: Readonly<Record<string, Meaning>> = {
  'agent.card-act': { words: 'Something was done to the card itself' },
  'agent.card-inserted': { words: 'A card was put in' },
  'agent.card-removed': { words: 'The card was taken out' },
  'agent.pin': { words: 'PIN' },
  'agent.hand-off': { words: 'Brings the signed request to the agent', redirect: true },
  'agent.proof': { words: 'Proves who is at the desk' },
  'authorisation.authorize': { words: 'Asks for access to an API', redirect: true },
  'authorisation.to-cis2': { words: 'Sends the browser on to sign in', redirect: true },
  'authorisation.callback': { words: 'Brings the code of the sign-in', redirect: true },
  'authorisation.code': { words: 'Sends the browser back with a code', redirect: true },
  'authorisation.exchange': { words: 'Exchanges an ID token for an access token' },
  'authorisation.logout': { words: 'Tells that the session has ended' },
  'authorisation.mint': { words: 'Makes tokens for a test' },
  'authorisation.refresh': { words: 'Asks for fresh tokens' },
  'authorisation.revoke': { words: 'Gives a token back' },
  'authorisation.token': { words: 'Exchanges the code for tokens' },
  'cis.challenge': { words: 'Asks for a challenge for the card' },
  'cis.card-renewed': { words: 'Has the keys of the card renewed' },
  'cis.legacy-assertion': { words: 'Asks with a legacy ticket who the person is' },
  'cis.legacy-role': { words: 'Tells the chosen role, in the legacy way' },
  'cis.legacy-sign-in': { words: 'Signs in with the card, in the legacy way' },
  'cis.pin': { words: 'Shows that the PIN was given again' },
  'cis.proof': { words: 'Asks whether the session lives and the card signed' },
  'cis.role': { words: 'Tells the chosen role' },
  'cis.session-ended': { words: 'Tells that the session at the desk has ended' },
  'cis.sign-in': { words: 'Signs in with the signature of the card' },
  'cis.unlock': { words: 'Gives the mailed code for the unblocking code' },
  'cis.unlock-code': { words: 'Asks for a mailed code to unlock the card' },
  'cis2.authorize': { words: 'Asks for a sign-in', redirect: true },
  'cis2.backchannel-logout': { words: 'Tells that the session has ended' },
  'cis2.code': { words: 'Sends the browser back with a code', redirect: true },
  'cis2.exchange': { words: 'Exchanges the proof for a one-time code' },
  'cis2.hand-off': { words: 'Sends the browser to the agent with a signed request', redirect: true },
  'cis2.logout': { words: 'Signs out', redirect: true },
  'cis2.par': { words: 'Sends its sign-in request ahead' },
  'cis2.refresh': { words: 'Asks for fresh tokens' },
  'cis2.return': { words: 'Comes back from the agent with the one-time code', redirect: true },
  'cis2.revoke': { words: 'Gives a token back' },
  'cis2.role': { words: 'Chooses the role' },
  'cis2.session-ended': { words: 'Ends what depended on the session' },
  'cis2.sign-in': { words: 'Signs in at a page of CIS2' },
  'cis2.tablet': { words: 'Asks for the tablet' },
  'cis2.tablet-answer': { words: 'The tablet answers' },
  'cis2.tablet-opened': { words: 'The tablet brings the code from the screen' },
  'cis2.token': { words: 'Exchanges the code for tokens' },
  'cis2.userinfo': { words: 'Asks who the person is' },
  'gateway.request': { words: 'Calls an API with the access token' },
  'pds.read': { words: 'Reads a patient' },
};

const meaningOf = ({ name }: JourneyEvent): Meaning | undefined =>
  Object.hasOwn(meanings, name) ? meanings[name] : undefined;

export const isRedirect = (event: JourneyEvent): boolean => meaningOf(event)?.redirect === true;

/** The arrow in words; undefined when nobody has found any. */
export function wordsOf(event: JourneyEvent): string | undefined {
  const words = meaningOf(event)?.words;
  return event.name === 'agent.pin' && event.detail.step
    ? `The PIN was ${String(event.detail.step)}${event.detail.step === 'asked' ? ' for' : ''}`
    : words;
}

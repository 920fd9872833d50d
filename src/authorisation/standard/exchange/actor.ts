import type { Asking, Party, Proven } from './proven.ts';

/** Most parties in one chain of actors. */
const longestChain = 5;

type Acting = Pick<Proven, 'sub' | 'iss' | 'clientId' | 'uid'>;

/** Whether somebody is whom `may_act` names: everything that it says must be so. */
const isNamed = (named: Party, { sub, iss, clientId }: Acting): boolean =>
  (named.sub !== undefined || named.client_id !== undefined) &&
  (named.sub === undefined || named.sub === sub) &&
  (named.iss === undefined || named.iss === iss) &&
  (named.client_id === undefined || named.client_id === clientId);

const depthOf = (party: unknown): number =>
  typeof party === 'object' && party !== null ? 1 + depthOf((party as Party).act) : 0;

const partyOf = ({ sub, iss, clientId }: Acting, before: Party | null): Party => ({
  sub,
  iss,
  ...(clientId === null || clientId === sub ? {} : { client_id: clientId }),
  // RFC 8693 section 4.1: the newest actor is outside, the earlier ones inside.
  ...(before ? { act: before } : {}),
});

/**
 * Who acts in the new token. Nobody new when an application exchanges what is its own; else whoever the actor token is about,
 * or the application itself. Or why that may not be, in words for the log.
 */
export function actingParty(
  subject: Proven,
  actor: Proven | null,
  { client }: Asking,
  issuer: string,
): { act: Party | null } | { fault: string } {
  const { clientId } = client.registration;
  if (!actor && !subject.foreign) return { act: subject.act };
  const acting: Acting = actor ?? { sub: clientId, iss: issuer, clientId, uid: null };
  if (subject.mayAct && !isNamed(subject.mayAct, acting))
    return {
      fault: `may_act is ${JSON.stringify(subject.mayAct)}, the actor is ${acting.sub} of ${acting.iss}`,
    };
  // RFC 8693 section 4.4: without that claim an application acts for itself alone.
  if (!subject.mayAct && (acting.uid !== null || acting.clientId !== clientId))
    return {
      fault: `the subject token names nobody who may act, and the actor ${acting.sub} is not ${clientId}`,
    };
  const act = partyOf(acting, subject.act);
  return depthOf(act) > longestChain ? { fault: `more than ${longestChain} parties act in turn` } : { act };
}

import type { Asking, Party, Proven } from './proven.ts';

const maxChainLength = 5;

type Acting = Pick<Proven, 'sub' | 'iss' | 'clientId' | 'uid'>;

/** Whether a party has every member of `may_act`. */
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
 * Returns the actor of the new token, or the reason for the log. An application that exchanges its own token adds no actor;
 * otherwise the actor is the subject of the actor token, or the application.
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
  // RFC 8693 section 4.4: without may_act an application acts only for itself.
  if (!subject.mayAct && (acting.uid !== null || acting.clientId !== clientId))
    return {
      fault: `the subject token names nobody who may act, and the actor ${acting.sub} is not ${clientId}`,
    };
  const act = partyOf(acting, subject.act);
  return depthOf(act) > maxChainLength
    ? { fault: `more than ${maxChainLength} parties act in turn` }
    : { act };
}

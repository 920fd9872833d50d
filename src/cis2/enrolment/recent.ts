import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { accountPath } from '../model/account-client.ts';
import type { Session } from '../model/session.ts';
import type { SignedIn } from './signed-in.ts';

/** Milliseconds after the PIN or its equal in which a user may change their authenticators (ASVS 5.0, 7.5.1). */
const recentTime = 300_000;

export const isRecent = ({ authentication }: Session, now: number): boolean =>
  now - authentication.personAt < recentTime;

const credentialId = /^[\w-]{1,64}$/;

/** Path of the page of one authenticator. */
export const credentialPath = (id: string): string => `${accountPath}/authenticator/${id}`;

/** Where a sign-in leads back to: the page of an authenticator, or that of all. */
export const pathAfter = (state: string | undefined): string =>
  state !== undefined && credentialId.test(state) ? credentialPath(state) : accountPath;

/** Sends the user of an older session through a sign-in with the PIN, or its equal, and back. */
export const orReauthenticate = ({ clock }: { clock: Clock }) =>
  async function orReauthenticate({
    session,
    credential,
  }: SignedIn & { credential?: { id: string } }): Promise<Answer | undefined> {
    if (isRecent(session, clock.now())) return undefined;
    const query = new URLSearchParams({ again: credential?.id ?? '' });
    return redirect(`${accountPath}/sign-in?${query}`, 303);
  };

import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Statement } from '../../storage/database.ts';
import type { Authentication } from '../model/authentication.ts';
import { interactionPath } from '../model/interactions.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Opened } from './open.ts';

/** An interaction in which somebody has signed in, now or before. */
export interface WithSignIn extends Opened {
  authentication: Authentication;
  /** Conditional writes without which it counts no more. */
  spends: readonly Statement[];
}

/** The sign-in that waits: the one that was brought, or the live session of this browser. Without one the choice comes again. */
export const findSignIn = ({ sessions }: { sessions: Sessions }) =>
  async function findSignIn({
    request,
    interaction,
  }: Opened): Promise<Answer | Pick<WithSignIn, 'authentication' | 'spends'>> {
    const { id, sid } = interaction;
    const session = sid === null ? undefined : await sessions.current(request);
    if (sid !== null && session?.sid === sid)
      return { authentication: session.authentication, spends: [sessions.needing(sid)] };
    if (sid === null && interaction.authentication)
      return { authentication: interaction.authentication, spends: [] };
    return redirect(interactionPath(id), request.method === 'POST' ? 303 : 302);
  };

import { type Answer, redirect } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { AuthorizationRequest } from '../../model/authorization-request.ts';
import { type Interactions, interactionPath } from '../../model/interactions.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import type { Session } from '../../model/session.ts';

/** `prompt=consent` asks the person of a live session for a word, and not to sign in anew (OpenID Connect Core section 3.1.2.1). The published profile has no consent page. */
export async function askForConsent({
  request,
  session,
  client,
  authorization,
  provider: { interactions },
}: {
  request: HttpRequest;
  session: Session | null;
  client: RelyingParty;
  authorization: AuthorizationRequest;
  provider: { interactions: Interactions };
}): Promise<Answer | undefined> {
  if (!session || !authorization.prompt.includes('consent') || client.registration.profile === 'nhs')
    return undefined;
  const { interaction, cookie } = await interactions.begin(request, authorization, {
    sid: session.sid,
    confirmed: false,
  });
  return redirect(interactionPath(interaction.id, 'confirm'), 302, { 'set-cookie': cookie });
}

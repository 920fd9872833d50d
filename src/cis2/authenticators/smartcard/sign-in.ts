import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import type { PresenceAnswer } from '../../../cis/protocol.ts';
import { type AuthenticationStrength, asksOnlyFor } from '../../model/acr.ts';
import { type AuthorizationRequest, isSilent } from '../../model/authorization-request.ts';
import type { BrowserMarks } from '../../model/browser-marks.ts';
import type { CisClient } from '../../model/cis-client.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import type { AfterSignOut, Session } from '../../model/session.ts';
import { endsWithCis } from '../../sessions/session-ended.ts';
import type { Authenticator, SessionValidity } from '../../sign-in/authenticator.ts';
import { words } from '../../text/words.ts';
import type { HandOffs } from './hand-offs.ts';
import { methodOf } from './session-proof.ts';

interface Parts {
  cis: CisClient;
  handOffs: HandOffs;
  marks: BrowserMarks;
  log: Log;
  afterSignOut: AfterSignOut;
}

const methods = Object.values(methodOf);

/** Level 3, by either generation of the agent. */
export const smartcardStrengths: readonly AuthenticationStrength[] = methods.map((method) => ({
  level: 3,
  methods: [method],
}));

const isLoopback = (address: string): boolean => /^(::ffff:)?127\.|^::1$/.test(address);

/** A hop is a whole page: a frame or a script that waits for it would wait for ever. */
const isPage = ({ headers }: HttpRequest): boolean =>
  [undefined, 'document'].includes(headers['sec-fetch-dest'] as string);

type Agents = PresenceAnswer['agents'];

/** The agents that have served this browser before. */
function metOf(marks: BrowserMarks, request: HttpRequest, agents: Agents): Agents {
  const met = marks.metAgents(request);
  return agents.filter(({ agentId }) => met.includes(agentId));
}

/** The smartcard, through the Identity Agent of the browser's computer. */
export function smartcard({ cis, handOffs, marks, log, afterSignOut }: Parts): Authenticator {
  return {
    id: 'smartcard',
    ...words.ways.smartcard,
    offers: smartcardStrengths,
    inWindow: true,
    routes: [],
    // Whose card is in a reader, only the agent can say.
    usableBy: async () => true,

    begin(context, inWindow) {
      const { interaction, request } = context;
      const pinAfterSignOut = afterSignOut === 'pin' && marks.signedOut(request);
      const promptLogin = interaction.personSince !== null || pinAfterSignOut;
      return handOffs.begin(context, promptLogin && !isSilent(interaction.authorization), inWindow);
    },

    async goesStraight(
      request: HttpRequest,
      { registration }: RelyingParty,
      authorization: AuthorizationRequest,
    ) {
      // Behind a proxy that does not name its clients, everybody would be near every agent.
      if (!isPage(request) || request.clientUnknown) return false;
      const heard = await cis.agentsAt(request.address);
      if (heard.length === 0) return false;
      const met = metOf(marks, request, heard);
      // A new browser has nobody signed in, and that is what its client asks (OpenID Connect Core section 3.1.2.1).
      if (isSilent(authorization)) return met.length > 0;
      // On the agent's own computer every browser is its.
      const near = isLoopback(request.address) ? heard : met;
      if (near.some(({ sessionId }) => sessionId !== null)) return true;
      return registration.firstAuthenticator === 'smartcard' || asksOnlyFor(authorization.acr, methods);
    },

    async checkSession(session: Session, request: HttpRequest): Promise<SessionValidity> {
      if (session.cisSessionId === null) return { valid: false };
      try {
        const [state, agents] = await Promise.all([
          cis.session(session.cisSessionId),
          cis.agentsAt(request.address),
        ]);
        if (!state) return { valid: false, ended: 'expired' };
        if (!state.active && endsWithCis(state.generation, state.endCause))
          return { valid: false, ended: state.endCause ?? 'expired' };
        // The desk is locked, or somebody signed in at it since: what holds, the agent must say.
        const desk = agents.find(({ agentId }) => agentId === session.agentId);
        return { valid: desk === undefined || desk.sessionId === session.cisSessionId };
      } catch (error) {
        log.warn({ reason: reasonOf(error) }, 'a session is not used silently while CIS cannot be asked');
        return { valid: false, unknown: reasonOf(error) };
      }
    },
  };
}

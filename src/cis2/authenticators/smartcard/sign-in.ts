import { type Answer, redirect } from '@alongside/kernel/answer';
import { seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken, uuid } from '@alongside/kernel/ids';
import {
  cardMessage,
  type HandOffError,
  type HandOffRequest,
  handOffLifetime,
  handOffPath,
  requestType,
} from '../../../../identity-agent/protocol.ts';
import type { Generation, PresenceAnswer } from '../../../cis/protocol.ts';
import type { Statement } from '../../../storage/database.ts';
import { type AuthenticationStrength, asksOnlyFor } from '../../model/acr.ts';
import { isSilent } from '../../model/authorization-request.ts';
import type { Authentication } from '../../model/session.ts';
import { endsWithCis } from '../../sessions/session-ended.ts';
import type { AuthenticationContext, Authenticator } from '../../sign-in/authenticator.ts';
import type { AuthenticatorDependencies } from '../kind.ts';
import { smartcardText as text } from './text.ts';

/** A hand-off request, stored until its exchange. */
export interface HandOff {
  interactionId: string;
  nonce: string;
  txnHash: string;
  inWindow: boolean;
}

/** The result of an exchange, stored under the code that the browser carries. */
export interface HandOffResult {
  interactionId: string;
  jti: string;
  inWindow: boolean;
  outcome: { authentication: Authentication } | { error: HandOffError };
}

const requestKind = 'cis2-hand-off';
const resultKind = 'cis2-exchange-code';
/** Seconds. The user has five minutes at the agent's pages after the agent has read the request. */
const requestLifetime = handOffLifetime + 330;
const codeLifetime = 30;

type HandOffDependencies = Pick<
  AuthenticatorDependencies,
  'issuer' | 'agentUrl' | 'keys' | 'singleUse' | 'clock' | 'recorder' | 'limitRows'
>;

/** Hand-off requests to the Identity Agent, and the one-time codes that answer them. */
export class HandOffs {
  readonly #dependencies: HandOffDependencies;
  /** The address to which the agent sends the browser back. */
  readonly #responseUri: string;

  constructor(dependencies: HandOffDependencies) {
    this.#dependencies = dependencies;
    this.#responseUri = `${new URL(dependencies.issuer).origin}/agent/return`;
  }

  /** Redirects the browser to the agent with a signed request, which contains no secret. Throws `tooManyRows`. */
  async begin(
    { request: { address }, interaction, client }: AuthenticationContext,
    promptLogin: boolean,
    inWindow: boolean,
  ): Promise<Answer> {
    const { issuer, agentUrl, keys, singleUse, clock, recorder, limitRows } = this.#dependencies;
    await limitRows({ address });
    const { authorization, txnHash } = interaction;
    const now = seconds(clock);
    const request: HandOffRequest = {
      iss: issuer,
      aud: 'identity-agent',
      jti: uuid(),
      iat: now,
      exp: now + handOffLifetime,
      nonce: randomToken(),
      txn_h: txnHash,
      response_uri: this.#responseUri,
      client_name: client.application.name,
      interactive: !isSilent(authorization),
      prompt_login: promptLogin,
    };
    // If a new proof meets `max_age`, the agent does not need it.
    if (authorization.maxAge !== null && client.registration.maxAge === 'pin')
      request.max_age = authorization.maxAge;
    const handOff: HandOff = { interactionId: interaction.id, nonce: request.nonce, txnHash, inWindow };
    const [jws] = await Promise.all([
      keys.sign({ ...request }, { algorithm: 'ES256', typ: requestType }),
      singleUse.keep(requestKind, request.jti, handOff, requestLifetime * 1000),
    ]);
    const message = Buffer.from(cardMessage(request.iss, request.nonce)).toString('base64');
    recorder.record({
      keys: [authorization.state ?? '', interaction.id, request.jti, message],
      from: 'cis2',
      to: 'identity-agent',
      name: 'cis2.hand-off',
      detail: { interactive: request.interactive, promptLogin },
    });
    return redirect(`${agentUrl}${handOffPath}?request=${jws}`);
  }

  find(jti: string): Promise<{ payload: HandOff; usedAt: number | null; expiresAt: number } | undefined> {
    return this.#dependencies.singleUse.find<HandOff>(requestKind, jti);
  }

  /** Returns a new code, and the conditional writes that exchange a request for it once. */
  prepareExchange(
    jti: string,
    { interactionId, inWindow }: HandOff,
    outcome: HandOffResult['outcome'],
  ): { code: string; statements: Statement[] } {
    const { singleUse } = this.#dependencies;
    const code = randomToken();
    const result: HandOffResult = { interactionId, jti, inWindow, outcome };
    return {
      code,
      statements: [
        singleUse.spendStatement(requestKind, jti),
        singleUse.keepStatement(resultKind, code, result, codeLifetime * 1000),
      ],
    };
  }

  result(code: string): Promise<HandOffResult | undefined> {
    return this.#dependencies.singleUse.peek<HandOffResult>(resultKind, code);
  }

  /** Returns the conditional write that spends a code. */
  spendStatement(code: string): Statement {
    return this.#dependencies.singleUse.spendStatement(resultKind, code);
  }
}

/** `amr` by the generation of the agent. */
export const methodOf: Readonly<Record<Generation, string>> = {
  hscn: 'N3_SMARTCARD',
  internet: 'CIS2_SMARTCARD',
};

const methods = Object.values(methodOf);

export const smartcardStrengths: readonly AuthenticationStrength[] = methods.map((method) => ({
  level: 3,
  methods: [method],
}));

const isLoopback = (address: string): boolean => /^(::ffff:)?127\.|^::1$/.test(address);

/** Returns whether the browser loads a whole page: a frame or a script would never return from the agent. */
const isPage = ({ headers: { 'sec-fetch-dest': destination } }: HttpRequest): boolean =>
  destination === undefined || destination === 'document';

type Agents = PresenceAnswer['agents'];

interface SmartcardDependencies
  extends Pick<AuthenticatorDependencies, 'cis' | 'marks' | 'log' | 'afterSignOut'> {
  handOffs: HandOffs;
}

/** The smartcard, through the Identity Agent on the browser's computer. */
export function smartcard({ cis, handOffs, marks, log, afterSignOut }: SmartcardDependencies): Authenticator {
  /** Returns the agents that have served this browser before. */
  const metAgents = (request: HttpRequest, agents: Agents): Agents => {
    const met = marks.metAgents(request);
    return agents.filter(({ agentId }) => met.includes(agentId));
  };

  return {
    id: 'smartcard',
    label: text.label,
    hint: text.hint,
    offers: smartcardStrengths,
    inWindow: true,
    routes: [],
    // Only the agent knows the owner of the card in the reader.
    usableBy: async () => true,

    begin(context, inWindow) {
      const { interaction, request } = context;
      const pinAfterSignOut = afterSignOut === 'pin' && marks.signedOut(request);
      const promptLogin = interaction.personSince !== null || pinAfterSignOut;
      return handOffs.begin(context, promptLogin && !isSilent(interaction.authorization), inWindow);
    },

    async goesStraight(request, { registration }, authorization) {
      // Behind a proxy that does not forward client addresses, every browser seems near every agent.
      if (!isPage(request) || request.clientUnknown) return false;
      const agents = await cis.agentsAt(request.address);
      if (agents.length === 0) return false;
      const met = metAgents(request, agents);
      // `prompt=none` in a browser that has met no agent: no user is signed in (OpenID Connect Core section 3.1.2.1).
      if (isSilent(authorization)) return met.length > 0;
      // On loopback, the browser runs on the agent's computer.
      const near = isLoopback(request.address) ? agents : met;
      if (near.some(({ sessionId }) => sessionId !== null)) return true;
      return registration.firstAuthenticator === 'smartcard' || asksOnlyFor(authorization.acr, methods);
    },

    async checkSession(session, request) {
      if (session.cisSessionId === null) return { valid: false };
      try {
        const [state, agents] = await Promise.all([
          cis.session(session.cisSessionId),
          cis.agentsAt(request.address),
        ]);
        if (!state) return { valid: false, ended: 'expired' };
        if (!state.active && endsWithCis(state.generation, state.endCause))
          return { valid: false, ended: state.endCause ?? 'expired' };
        // If the workstation is locked or has another session now, only the agent can confirm this one.
        const workstation = agents.find(({ agentId }) => agentId === session.agentId);
        return { valid: workstation === undefined || workstation.sessionId === session.cisSessionId };
      } catch (error) {
        log.warn({ reason: reasonOf(error) }, 'a session is not used silently because CIS did not respond');
        return { valid: false, unknown: reasonOf(error) };
      }
    },
  };
}

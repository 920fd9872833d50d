import { type Answer, redirect } from '@alongside/kernel/answer';
import { type Clock, seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken, uuid } from '@alongside/kernel/ids';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import {
  cardMessage,
  type HandOffError,
  type HandOffRequest,
  handOffLifetime,
  handOffPath,
  requestType,
} from '../../../../identity-agent/protocol.ts';
import type { PresenceAnswer, SessionState } from '../../../cis/protocol.ts';
import type { Statement } from '../../../storage/database.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import { type AuthenticationStrength, asksOnlyFor } from '../../model/acr.ts';
import type { Authentication } from '../../model/authentication.ts';
import { type AuthorizationRequest, isSilent } from '../../model/authorization-request.ts';
import type { BrowserMarks } from '../../model/browser-marks.ts';
import type { CisClient } from '../../model/cis-client.ts';
import type { LimitRows } from '../../model/limit-rows.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import type { AfterSignOut, Session } from '../../model/session.ts';
import { endsWithCis } from '../../sessions/session-ended.ts';
import type { AuthenticationContext, Authenticator, SessionValidity } from '../../sign-in/authenticator.ts';
import { words } from '../../text/words.ts';

/** What CIS2 keeps of a hand-off request until its exchange. */
export interface HandOff {
  interactionId: string;
  nonce: string;
  txnHash: string;
  inWindow: boolean;
}

/** What the agent brought, as the browser's code fetches it. */
export interface HandOffResult {
  interactionId: string;
  jti: string;
  inWindow: boolean;
  outcome: { authentication: Authentication } | { error: HandOffError };
}

const requestKind = 'cis2-hand-off';
const resultKind = 'cis2-exchange-code';
/** A person at the agent's pages has five minutes after the request was taken up. */
const patience = handOffLifetime + 330;
const codeLifetime = 30;

interface HandOffDependencies {
  issuer: string;
  agentUrl: string;
  keys: SigningKeys;
  singleUse: SingleUse;
  clock: Clock;
  recorder: Recorder;
  limitRows: LimitRows;
}

/** Hand-off requests to the Identity Agent, and the one-time codes that answer them. */
export class HandOffs {
  readonly #parts: HandOffDependencies;
  /** Where the agent sends the browser back to. */
  readonly #responseUri: string;

  constructor(parts: HandOffDependencies) {
    this.#parts = parts;
    this.#responseUri = `${new URL(parts.issuer).origin}/agent/return`;
  }

  /** Sends the browser to the agent with a signed request. Nothing in it is a secret. Throws `tooManyRows`. */
  async begin(
    { request: { address }, interaction, client }: AuthenticationContext,
    promptLogin: boolean,
    inWindow: boolean,
  ): Promise<Answer> {
    const { issuer, agentUrl, keys, singleUse, clock, recorder, limitRows } = this.#parts;
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
    // Where a proof is fresh enough, the agent need not know of the age.
    if (authorization.maxAge !== null && client.registration.maxAge === 'pin')
      request.max_age = authorization.maxAge;
    const handOff: HandOff = { interactionId: interaction.id, nonce: request.nonce, txnHash, inWindow };
    const [jws] = await Promise.all([
      keys.sign({ ...request }, { algorithm: 'ES256', typ: requestType }),
      singleUse.keep(requestKind, request.jti, handOff, patience * 1000),
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
    return this.#parts.singleUse.find<HandOff>(requestKind, jti);
  }

  /** The writes that exchange a request for a code: one exchange only. */
  exchange(
    jti: string,
    handOff: HandOff,
    outcome: HandOffResult['outcome'],
  ): { code: string; statements: Statement[] } {
    const { singleUse } = this.#parts;
    const code = randomToken();
    const result: HandOffResult = {
      interactionId: handOff.interactionId,
      jti,
      inWindow: handOff.inWindow,
      outcome,
    };
    return {
      code,
      statements: [
        singleUse.spendStatement(requestKind, jti),
        singleUse.keepStatement(resultKind, code, result, codeLifetime * 1000),
      ],
    };
  }

  result(code: string): Promise<HandOffResult | undefined> {
    return this.#parts.singleUse.peek<HandOffResult>(resultKind, code);
  }

  /** The conditional write that uses a code up. */
  returnStatement(code: string): Statement {
    return this.#parts.singleUse.spendStatement(resultKind, code);
  }
}

interface Parts {
  cis: CisClient;
  handOffs: HandOffs;
  marks: BrowserMarks;
  log: Log;
  afterSignOut: AfterSignOut;
}

/** `amr` of a smartcard, by the generation of the agent. */
export const methodOf: Readonly<Record<SessionState['generation'], string>> = {
  hscn: 'N3_SMARTCARD',
  internet: 'CIS2_SMARTCARD',
};

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

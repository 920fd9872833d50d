import { activity } from '@alongside/kernel/activity';
import { type Answer, redirect } from '@alongside/kernel/answer';
import { seconds } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { orderedToken, randomToken } from '@alongside/kernel/ids';
import { stateKey } from '@alongside/kernel/journeys';
import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import {
  cardMessage,
  type HandOffError,
  type HandOffRequest,
  handOffLifetime,
  handOffPath,
  presencePath,
  requestType,
} from '../../../../identity-agent/protocol.ts';
import type { Generation, PresenceAnswer, SessionState } from '../../../cis/protocol.ts';
import type { RemoteKeys } from '../../../oauth/remote-keys.ts';
import type { Statement } from '../../../storage/database.ts';
import type { SpentValue } from '../../../storage/single-use.ts';
import { type Interaction, isSilent } from '../../model/interactions.ts';
import { applicationKey, nameOnPages } from '../../model/relying-party.ts';
import {
  type Authentication,
  type AuthenticationStrength,
  asksOnlyFor,
  type Session,
} from '../../model/session.ts';
import { endsWithCis } from '../../sessions/session-ended.ts';
import type {
  AuthenticationContext,
  Authenticator,
  PreparedSignIn,
  SessionValidity,
} from '../../sign-in/authenticator.ts';
import type { AuthenticatorDependencies } from '../kind.ts';
import { smartcardText as text } from './text.ts';

/** The answer of the agent to a hand-off. */
export type HandOffOutcome =
  /** @member ownListener whether a program of the same user waits for the code */
  { authentication: Authentication; ownListener?: boolean } | { error: HandOffError };

/** A hand-off. It is stored under the jti of its request until the browser has returned with the code of the exchange. */
export interface HandOff {
  interactionId: string;
  /** The interaction, if it has no separate row. */
  interaction?: Interaction;
  nonce: string;
  txnHash: string;
  inWindow: boolean;
  /** The `traceparent` of the request that began it, where traces are sent. */
  trace?: string | undefined;
  /** Undefined until the exchange. `codeUntil` is in milliseconds. */
  answer?: { outcome: HandOffOutcome; codeHash: string; codeUntil: number };
}

/** A hand-off that the agent has answered. */
export interface AnsweredHandOff extends Pick<HandOff, 'interactionId' | 'interaction' | 'inWindow'> {
  jti: string;
  outcome: HandOffOutcome;
}

const kind = 'cis2-hand-off';
/** Seconds. The user has five minutes at the agent's pages after the agent has read the request. */
const lifetime = handOffLifetime + 330;
const codeLifetime = 30;

/** Hand-off requests to the Identity Agent, and the one-time codes that answer them. */
export class HandOffs {
  readonly #dependencies: AuthenticatorDependencies;
  /** The address to which the agent sends the browser back. */
  readonly #responseUri: string;

  constructor(dependencies: AuthenticatorDependencies) {
    this.#dependencies = dependencies;
    this.#responseUri = `${new URL(dependencies.issuer).origin}/agent/return`;
  }

  /** Redirects the browser of a stored interaction to the agent. Throws `tooManyRows`. */
  async begin(context: AuthenticationContext, promptLogin: boolean, inWindow: boolean): Promise<Answer> {
    const { statement, begin } = this.prepare(context, promptLogin, { inWindow });
    await this.#dependencies.limitRows(context.request, [statement]);
    return begin();
  }

  /**
   * Prepares a redirect of the browser to the agent with a signed request, which contains no secret.
   * @param stored what the row contains besides the id of the interaction
   */
  prepare(
    { interaction, client }: Omit<AuthenticationContext, 'request'>,
    promptLogin: boolean,
    stored: Pick<HandOff, 'interaction' | 'inWindow'>,
  ): PreparedSignIn {
    const { issuer, agentUrl, keys, singleUse, clock, recorder } = this.#dependencies;
    const { authorization, txnHash } = interaction;
    const now = seconds(clock);
    const request: HandOffRequest = {
      iss: issuer,
      aud: 'identity-agent',
      jti: orderedToken(),
      iat: now,
      exp: now + handOffLifetime,
      nonce: randomToken(),
      txn_h: txnHash,
      response_uri: this.#responseUri,
      client_name: nameOnPages(client, interaction),
      client_id: applicationKey(interaction),
      interactive: !isSilent(authorization),
      prompt_login: promptLogin,
    };
    // If a new proof meets `max_age`, the agent does not need it.
    if (authorization.maxAge !== null && client.registration.maxAge === 'pin')
      request.max_age = authorization.maxAge;
    if (authorization.listenerPort) request.listener_port = authorization.listenerPort;
    const { jti, nonce, interactive } = request;
    const trace = activity()?.trace?.context;
    const handOff: HandOff = {
      interactionId: interaction.id,
      nonce,
      txnHash,
      ...stored,
      ...(trace === undefined ? {} : { trace }),
    };
    return {
      statement: singleUse.keepStatement(kind, jti, handOff, lifetime * 1000),
      async begin() {
        const jws = await keys.sign({ ...request }, { algorithm: 'ES256', typ: requestType });
        const message = Buffer.from(cardMessage(issuer, nonce)).toString('base64');
        recorder.record({
          keys: [stateKey(authorization), interaction.id, jti, message],
          from: 'cis2',
          to: 'identity-agent',
          name: 'cis2.hand-off',
          detail: { interactive, promptLogin },
        });
        return redirect(`${agentUrl}${handOffPath}?request=${jws}`);
      },
    };
  }

  /** Returns a hand-off, including a completed or expired one. */
  find(jti: string): Promise<SpentValue<HandOff> | undefined> {
    return this.#dependencies.singleUse.find<HandOff>(kind, jti);
  }

  /** Returns a new code, and the conditional write that exchanges a request for it once. */
  prepareExchange(
    jti: string,
    handOff: HandOff,
    outcome: HandOffOutcome,
  ): { code: string; statement: Statement } {
    const { singleUse, clock } = this.#dependencies;
    const code = `${jti}.${randomToken()}`;
    const answer = { outcome, codeHash: sha256(code), codeUntil: clock.now() + codeLifetime * 1000 };
    return { code, statement: singleUse.replaceStatement(kind, jti, { ...handOff, answer }, handOff) };
  }

  /** Returns the hand-off of a code; undefined if the code is unknown, used, or too old. */
  async answered(code: string): Promise<AnsweredHandOff | undefined> {
    const { singleUse, clock } = this.#dependencies;
    const jti = jtiOf(code);
    const found = await singleUse.peek<HandOff>(kind, jti);
    if (!found?.answer) return undefined;
    const { outcome, codeHash, codeUntil } = found.answer;
    return equalSecrets(sha256(code), codeHash) && codeUntil > clock.now()
      ? { jti, outcome, ...found }
      : undefined;
  }

  /** Returns the conditional write that spends an answered hand-off with its code. */
  spendStatement({ jti }: AnsweredHandOff): Statement {
    return this.#dependencies.singleUse.spendStatement(kind, jti);
  }
}

/** Returns the jti in a code, which contains no full stop itself. */
export const jtiOf = (code: string): string => code.slice(0, Math.max(0, code.indexOf('.')));

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

/** Returns whether a session of CIS2 may be used silently, by its session at CIS and the agents at the browser's address. */
function validityOf(session: Session, state: SessionState | undefined, agents: Agents): SessionValidity {
  if (!state) return { valid: false, ended: 'expired' };
  if (!state.active && endsWithCis(state.generation, state.endCause))
    return { valid: false, ended: state.endCause ?? 'expired' };
  // If the workstation is locked or has another session now, only the agent can confirm this one.
  const workstation = agents.find(({ agentId }) => agentId === session.agentId);
  return { valid: workstation === undefined || workstation.sessionId === session.cisSessionId };
}

/** The services of the smartcard. */
export interface SmartcardDependencies extends AuthenticatorDependencies {
  handOffs: HandOffs;
  /** The keys that CIS publishes, at this address. */
  cisKeys: RemoteKeys;
  cisKeysUrl: string;
}

/** The smartcard, through the Identity Agent on the browser's computer. */
export function smartcard({
  cis,
  handOffs,
  marks,
  log,
  afterSignOut,
  agentUrl,
}: Pick<
  SmartcardDependencies,
  'cis' | 'handOffs' | 'marks' | 'log' | 'afterSignOut' | 'agentUrl'
>): Authenticator {
  /** Returns the agents that have served this browser before. */
  const metAgents = (request: HttpRequest, agents: Agents): Agents => {
    const met = marks.metAgents(request);
    return agents.filter(({ agentId }) => met.includes(agentId));
  };

  const mustEnterPin = ({ interaction, request }: AuthenticationContext): boolean => {
    if (isSilent(interaction.authorization)) return false;
    return interaction.personSince !== null || (afterSignOut === 'pin' && marks.signedOut(request));
  };

  return {
    id: 'smartcard',
    label: text.label,
    hint: text.hint,
    offers: smartcardStrengths,
    inWindow: true,
    seesListeners: true,
    routes: [],
    // Only the agent knows the owner of the card in the reader.
    usableBy: async () => true,

    async presence(request) {
      const agents = request.clientUnknown ? [] : await cis.agentsAt(request.address);
      return { url: `${agentUrl}${presencePath}`, heard: request.clientUnknown || agents.length > 0 };
    },

    begin: (context, inWindow) => handOffs.begin(context, mustEnterPin(context), inWindow),
    prepare: (context) =>
      handOffs.prepare(context, mustEnterPin(context), {
        interaction: { ...context.interaction, inHandOff: true },
        inWindow: false,
      }),

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

    async checkSession(session, { address }) {
      if (session.cisSessionId === null) return { valid: false };
      try {
        return validityOf(
          session,
          ...(await Promise.all([cis.session(session.cisSessionId), cis.agentsAt(address)])),
        );
      } catch (error) {
        log.warn({ reason: reasonOf(error) }, 'a session is not used silently because CIS did not respond');
        return { valid: false, unknown: reasonOf(error) };
      }
    },
  };
}

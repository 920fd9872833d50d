import { type Answer, redirect } from '@alongside/kernel/answer';
import { type Clock, seconds } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import { randomToken, uuid } from '@alongside/kernel/ids';
import type { SigningKeys } from '@alongside/kernel/keys';
import {
  cardMessage,
  type HandOffError,
  type HandOffRequest,
  handOffLifetime,
  handOffPath,
  requestType,
} from '../../../../identity-agent/protocol.ts';
import type { Statement } from '../../../storage/database.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import type { Authentication } from '../../model/authentication.ts';
import { isSilent } from '../../model/authorization-request.ts';
import type { LimitRows } from '../../model/limit-rows.ts';
import type { AuthenticationContext } from '../../sign-in/authenticator.ts';

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

interface Parts {
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
  readonly #parts: Parts;
  /** Where the agent sends the browser back to. */
  readonly #responseUri: string;

  constructor(parts: Parts) {
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

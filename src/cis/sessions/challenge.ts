import { json } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { Route } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import type { SingleUse } from '../../storage/single-use.ts';
import { type Call, handler } from '../endpoint.ts';
import { errors } from '../errors.ts';
import { type CisNetworkLimits, limitNetwork } from '../limits.ts';
import type { ChallengeAnswer } from '../protocol.ts';

/** Seconds. */
const lifetime = 60;
const kind = 'cis-challenge';

/** Random challenges, stored as hashes and valid once. */
export class Challenges {
  readonly #singleUse: SingleUse;

  constructor(singleUse: SingleUse) {
    this.#singleUse = singleUse;
  }

  async make(): Promise<ChallengeAnswer> {
    const challenge = randomToken();
    await this.#singleUse.keep(kind, challenge, null, lifetime * 1_000);
    return { challenge, expiresIn: lifetime };
  }

  /** Spends a challenge, for one caller only. @throws Refusal `challenge_invalid` */
  async spend(challenge: string): Promise<void> {
    const payload = await this.#singleUse.spend(kind, challenge);
    if (payload === undefined) throw errors.challengeInvalid('the challenge is unknown, used or expired');
  }
}

interface ChallengeDependencies {
  challenges: Challenges;
  recorder: Recorder;
  networks: CisNetworkLimits;
}

type ChallengeCall = Call<ChallengeDependencies>;

async function answerChallenge({ cis, request }: ChallengeCall & Passed<'rate-limit'>) {
  const made = await cis.challenges.make();
  const { 'x-correlation-id': correlation } = request.headers;
  const linked = typeof correlation === 'string' && correlation.length <= 200 ? [correlation] : [];
  cis.recorder.record({
    keys: [...linked, made.challenge],
    from: 'identity-agent',
    to: 'cis',
    name: 'cis.challenge',
  });
  return json(200, made);
}

const list = steps<ChallengeCall>('cis.challenge').step(limitNetwork('challenges')).step(answerChallenge);

/** `POST /sessions/challenge`. */
export const challengeRoutes = (cis: ChallengeDependencies): Route[] =>
  route('/sessions/challenge', { POST: handler(list, cis) });

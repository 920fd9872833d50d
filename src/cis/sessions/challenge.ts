import { json } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import { steps } from '@alongside/kernel/steps';
import type { SingleUse } from '../../storage/single-use.ts';
import { errors } from '../errors.ts';
import type { CisNetworkLimits } from '../limits.ts';
import type { ChallengeAnswer } from '../protocol.ts';

/** Seconds that a challenge is good for. */
const lifetime = 60;
const kind = 'cis-challenge';

/** Challenges: random, kept hashed, good once. */
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

  /** Uses a challenge up: for one caller only. Throws `challenge_invalid` for everybody else. */
  async spend(challenge: string): Promise<void> {
    const payload = await this.#singleUse.spend(kind, challenge);
    if (payload === undefined) throw errors.challengeInvalid('the challenge is unknown, used or too old');
  }
}

export interface ChallengeDeps {
  challenges: Challenges;
  recorder: Recorder;
  networks: CisNetworkLimits;
}

/** `POST /sessions/challenge`. */
export function challengeRoutes({ challenges, recorder, networks }: ChallengeDeps): Route[] {
  async function limitRate({ request }: { request: HttpRequest }): Promise<void> {
    if (!(await networks.challenges.admits(request.address))) throw errors.tooManyRequests('challenges');
  }

  async function makeChallenge() {
    return { made: await challenges.make() };
  }

  function recordChallenge({ made }: { made: ChallengeAnswer }) {
    recorder.record({ keys: [made.challenge], from: 'identity-agent', to: 'cis', name: 'cis.challenge' });
  }

  const answerChallenge = ({ made }: { made: ChallengeAnswer }) => json(200, made);

  const list = steps<{ request: HttpRequest }>()
    .step(limitRate)
    .step(makeChallenge)
    .step(recordChallenge)
    .step(answerChallenge);
  return [{ methods: ['POST'], path: '/sessions/challenge', endpoint: (request) => list.run({ request }) }];
}

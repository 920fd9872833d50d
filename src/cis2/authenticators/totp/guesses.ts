import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Database, Statement } from '../../../storage/database.ts';
import { Allowance } from '../shared/allowance.ts';
import { guesses, type Tries } from '../shared/tries.ts';
import type { KnownBrowsers } from './known-browsers.ts';
import type { TotpStep } from './step.ts';

/** Guesses in a day at the codes of one app: as many in browsers that are known, and as many in all others. */
export const guessesInDay = 100;
const day = 86_400_000;

/** What may be done with a guess. `lost`: it is counted, and wrong whatever it is. */
export type Taken = 'locked' | 'lost' | 'good';

/**
 * How often codes may be guessed (NIST SP 800-63B-4 section 3.2.2 allows 100 in a row; docs/adr/0020).
 *
 * Five wrong ones in a row lock for 15 minutes: the account in one browser that is known to be the person's, or in
 * all unknown browsers of one network. So nobody elsewhere keeps the person out.
 *
 * Many networks make up for that lock, so each app has 100 guesses in 24 hours from unknown browsers, and 100 from known ones,
 * which strangers do not use up. They count for the app, and only the right password leads to one: without it they cannot be
 * used up at all. One guess is right with 3 in 1,000,000 (three steps count). So who has the password and
 * no browser of the person's finds a code with less than 0.0003 in such a period, 1 in 3,333; with a known browser as well, 1 in 1,667.
 */
export class TotpGuesses {
  readonly #inRow: Tries;
  readonly #inDay: Allowance;
  readonly #known: KnownBrowsers;

  constructor(database: Database, clock: Clock, kind: string, known: KnownBrowsers) {
    this.#inRow = guesses(database, clock, kind);
    this.#inDay = new Allowance(database, clock, `cis2-day-${kind}`, guessesInDay, day);
    this.#known = known;
  }

  /**
   * Takes one, before the code is looked at, so that many at once are no more than one after the other.
   * @param alarm writes that go with the first guess that is lost
   */
  async take(request: HttpRequest, step: TotpStep, alarm: () => Promise<Statement[]>): Promise<Taken> {
    if ((await this.#inRow.take(this.#place(request, step))) === undefined) return 'locked';
    return (await this.#inDay.take(this.#pool(request, step), alarm)) ? 'good' : 'lost';
  }

  /** The writes after a right one: what was wrong before it here is forgotten, and it is no guess of the day. */
  forgetStatements(request: HttpRequest, step: TotpStep): Statement[] {
    return [
      this.#inRow.forgetStatement(this.#place(request, step)),
      this.#inDay.giveBackStatement(this.#pool(request, step)),
    ];
  }

  #place(request: HttpRequest, { name }: TotpStep): string {
    return `${this.#known.placeOf(request, name)} ${name}`;
  }

  #pool(request: HttpRequest, { name, credentialId }: TotpStep): string {
    return `${this.#known.browserOf(request, name) === undefined ? 'unknown' : 'known'} ${credentialId}`;
  }
}
